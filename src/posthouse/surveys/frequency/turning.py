"""Gives those their turn whose day has come, in small transactions: killed anywhere, it goes on where it was.

For each day of the vendor a campaign first seeks whose place lies on it (`Turn` rows) and then deals with them in the
order in which they came. A send made for a turn has the cycle and the contact in its key, so the database refuses a
second one, whatever happens in between.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from posthouse.foundation.clock import now
from posthouse.surveys import events
from posthouse.surveys.frequency.cycles import key_of
from posthouse.surveys.frequency.deciding import Coming, Decision, Kind, Person, Today, day_for, due_places
from posthouse.surveys.frequency.gate import house_zone, sent_on
from posthouse.surveys.frequency.holding import bounds, day_of
from posthouse.surveys.frequency.reading import likely_ids, read_people
from posthouse.surveys.models import Campaign, CampaignState, Channel, Outcome, Round, Send, SendState, Turn
from posthouse.surveys.resting import Past, pasts, rests_until
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord

SEEK = 5000
"""Contacts whose places are worked out in one transaction."""
ASK = 100
"""Turns dealt with in one transaction."""
SOURCE = "recurring"


def take_turns() -> int:
    """One step for the first campaign that has not done its day; returns how much was done, 0 when all have."""
    campaigns = recurring()
    forgotten = _forget(campaigns)
    rounds = Round.objects.in_bulk([one.pk for one in campaigns])
    today = day_of(now(), house_zone())
    for campaign in campaigns:
        known = rounds.get(campaign.pk)
        if known and known.stage == Round.Stage.DONE and known.day >= today:
            continue
        if campaign.state == CampaignState.RUNNING and (done := _step(campaign, today)):
            return done + forgotten
    return forgotten


def recurring() -> list[Campaign]:
    """Campaigns that come round and have begun, in the order in which they take their turns; paused ones too."""
    begun = Campaign.objects.filter(state__in=(CampaignState.RUNNING, CampaignState.PAUSED))
    return [one for one in begun.order_by("started_at", "pk") if one.rules.every]


def _forget(campaigns: list[Campaign]) -> int:
    """Turns of campaigns that have ended or no longer come round are nobody's any more."""
    kept = [one.pk for one in campaigns]
    gone = list(Round.objects.exclude(pk__in=kept).values_list("pk", flat=True))
    if not gone:
        return 0
    with transaction.atomic():
        Turn.objects.filter(campaign_id__in=gone).delete()
        Round.objects.filter(pk__in=gone).delete()
    return len(gone)


@transaction.atomic
def _step(campaign: Campaign, today: date) -> int:
    tomorrow = today + timedelta(days=1)
    Round.objects.get_or_create(campaign=campaign, defaults={"anchor": tomorrow, "day": today, "since": today})
    turning = _locked(Round.objects.filter(pk=campaign.pk)).first()
    if turning is None:
        return 0
    if turning.stage == Round.Stage.DONE:
        if turning.day >= today:
            return 1
        turning.since, turning.day = turning.day + timedelta(days=1), today
        turning.stage, turning.reached = Round.Stage.SEEKING, ""
        turning.save()
    here = Today.of(campaign, turning.anchor, turning.day, now(), house_zone())
    return _seek(turning, here) if turning.stage == Round.Stage.SEEKING else _ask(turning, here)


def _locked(rows: QuerySet[Round]) -> QuerySet[Round]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows


def _seek(turning: Round, here: Today) -> int:
    """Note whose turn it is among the next contacts. One that still waits from an earlier cycle keeps that turn."""
    cycle = here.cycle
    places = due_places(cycle, turning.since, turning.day) if cycle else range(0)
    ids = likely_ids(here.rules.audience, after=turning.reached, most=SEEK) if places else []
    found = []
    for contact_id in ids:
        if cycle and (place := cycle.place(key_of(here.campaign.pk, contact_id))) in places:
            first = cycle.days[place]
            day = day_for(first, turning.since, cycle, turning.day)
            why = Turn.Why.MISSED if first < turning.day else ""
            known = {"cycle": cycle.start, "first_day": first, "day": day, "why": why}
            found.append(Turn(campaign=here.campaign, contact_id=contact_id, **known))
    Turn.objects.bulk_create(found, ignore_conflicts=True)
    turning.reached = ids[-1] if ids else ""
    if len(ids) < SEEK:
        turning.stage = Round.Stage.ASKING
    turning.save()
    return max(1, len(ids))


def _ask(turning: Round, here: Today) -> int:
    """Deal with the next turns; what the cap leaves no room for is put off in one stroke."""
    waiting = Turn.objects.filter(campaign=here.campaign, day__lte=here.day).order_by("first_day", "contact_id")
    left = room(here)
    if left <= 0:
        waiting.update(day=here.tomorrow, why=Turn.Why.CAP)
    turns = list(waiting[: min(ASK, left)]) if left > 0 else []
    if not turns:
        turning.stage = Round.Stage.DONE
        turning.save()
        return 1
    ids = [turn.contact_id for turn in turns]
    people, past = read_people(ids), pasts(ids)
    pending = set(Send.objects.filter(contact_id__in=ids, state=SendState.PENDING).values_list("contact_id", flat=True))
    decisions = []
    for turn in turns:
        coming = Coming(turn.contact_id, turn.cycle, turn.first_day)
        own = past.get(turn.contact_id, Past())
        decisions.append(here.decide(coming, people.get(turn.contact_id), own, pending=turn.contact_id in pending))
    _carry_out(here, decisions, people)
    return len(turns)


def room(here: Today) -> int:
    """How many more may be asked on this day by the cap: what is sent and what is due before its end count."""
    if not here.rules.daily_cap:
        return ASK
    _begin, end = bounds(here.day, here.house)
    due = Send.objects.filter(campaign=here.campaign, state=SendState.PENDING, channel=Channel.EMAIL, due_at__lt=end)
    return here.rules.daily_cap - sent_on(here.campaign.pk, here.at, here.house) - due.count()


def _carry_out(here: Today, decisions: list[Decision], people: dict[str, Person]) -> None:
    later = [one for one in decisions if one.kind == Kind.LATER]
    asked = {one.coming.contact_id: one for one in decisions if one.kind == Kind.ASK}
    sends = _insert([_send(here, one, people, state=SendState.PENDING) for one in asked.values()])
    stepped_back = _step_back(here, sends)
    later += [Decision(asked[id_].coming, Kind.LATER, day=here.tomorrow, why=Turn.Why.PENDING) for id_ in stepped_back]
    kept = [send for send in sends if send.contact_id not in stepped_back]
    refused = [one for one in decisions if one.kind == Kind.REFUSE]
    rows = _insert([_send(here, one, people, state=SendState.REFUSED) for one in refused])
    _announce(kept, rows)
    by_day: dict[tuple[date, str], list[str]] = {}
    for one in later:
        by_day.setdefault((one.day or here.tomorrow, one.why), []).append(one.coming.contact_id)
    mine = Turn.objects.filter(campaign=here.campaign)
    for (day, why), ids in by_day.items():
        mine.filter(contact_id__in=ids).update(day=day, why=why)
    done = {one.coming.contact_id for one in decisions} - {one.coming.contact_id for one in later}
    mine.filter(contact_id__in=done).delete()


def _send(here: Today, one: Decision, people: dict[str, Person], *, state: str) -> Send:
    person = people[one.coming.contact_id]
    asks = one.kind == Kind.ASK
    return Send(
        campaign=here.campaign,
        contact_id=person.contact_id,
        customer_id=person.customer_id,
        state=state,
        outcome=Outcome.SCHEDULED if asks else one.why,
        due_at=one.at if asks else here.at,
        throttled_until=one.until,
        attributes=person.facts["contact"]["attributes"],
        source=SOURCE,
        key=turn_key(one.coming),
        created_at=now(),
    )


def turn_key(coming: Coming) -> str:
    """The key of the send for a turn: one for each contact and cycle."""
    return f"turn:{coming.cycle}:{coming.contact_id}"


def _insert(sends: list[Send]) -> list[Send]:
    """Those that could be made: not where another is pending meanwhile, nor where this cycle has one already."""
    Send.objects.bulk_create(sends, ignore_conflicts=True)
    there = set(Send.objects.filter(pk__in=[send.pk for send in sends]).values_list("pk", flat=True))
    return [send for send in sends if send.pk in there]


def _step_back(here: Today, sends: list[Send]) -> set[str]:
    """Contacts whom somebody else asked between our look at the clocks and the rows; their rows are taken back.

    Only now, with the rows in place, nobody else can be granted one for them.
    """
    past = pasts([send.contact_id for send in sends])
    found = set()
    for send in sends:
        until = rests_until(past.get(send.contact_id, Past()), here.campaign, here.rules)
        if until and send.due_at and until > send.due_at:
            found.add(send.contact_id)
    Send.objects.filter(pk__in=[send.pk for send in sends if send.contact_id in found]).delete()
    return found


def _announce(scheduled: Iterable[Send], refused: Iterable[Send]) -> None:
    told = []
    for send in scheduled:
        about = {"customer_id": send.customer_id, "contact_id": send.contact_id, "campaign_id": send.campaign_id}
        due = send.due_at.isoformat() if send.due_at else ""
        event = events.SendScheduled(**about, send_id=send.pk, channel=send.channel, due_at=due, source=SOURCE)
        told.append(ToRecord(event, f"{send.pk}:scheduled"))
    for send in refused:
        about = {"customer_id": send.customer_id, "contact_id": send.contact_id, "campaign_id": send.campaign_id}
        until = send.throttled_until.isoformat() if send.throttled_until else ""
        no = events.SendRefused(**about, send_id=send.pk, outcome=send.outcome, throttled_until=until)
        told.append(ToRecord(no, f"{send.pk}:refused"))
    record_many(told)
