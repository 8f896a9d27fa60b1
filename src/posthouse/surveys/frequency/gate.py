"""What is asked for a batch of due sends at once, before each of them goes: zones, clocks, the rest of the cap."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from posthouse.foundation.clock import now
from posthouse.foundation.timing import zone_named
from posthouse.people import queries as people
from posthouse.surveys import resting
from posthouse.surveys.frequency.holding import Hold, bounds, day_of, held
from posthouse.surveys.models import Campaign, Channel, Send, SendState
from posthouse.vendor.queries import vendor


def house_zone() -> ZoneInfo:
    """The vendor's zone: its day is the day of caps and turns."""
    return zone_named(vendor().time_zone) or ZoneInfo("UTC")


class Gate:
    """Made within the transaction that sends; nobody else counts mails of a capped campaign until it ends."""

    def __init__(self, sends: Sequence[Send]) -> None:
        self._sends = sends
        self._house = house_zone()
        self._sent: dict[str, int] = {}
        capped = {send.campaign_id for send in sends if send.campaign.rules.daily_cap}
        if capped:
            list(Campaign.objects.select_for_update(no_key=True).filter(pk__in=capped).order_by("pk").values("pk"))

    def rests_until(self, send: Send) -> datetime | None:
        """Until when the contact is left alone, if that is not over: it may have answered or declined meanwhile."""
        past = self._pasts.get(send.contact_id, resting.Past())
        until = resting.rests_until(past, send.campaign, send.campaign.rules)
        return until if until and until > now() else None

    def hold(self, send: Send) -> Hold | None:
        """Why it may not go this moment, and until when; None when it may."""
        rules = send.campaign.rules
        sent = self._count(send.campaign_id) if rules.daily_cap else 0
        due_at, zone = send.due_at or now(), self._zone(send)
        return held(rules=rules, due_at=due_at, at=now(), zone=zone, house=self._house, sent=sent)

    def note(self, send: Send) -> None:
        """This one has gone."""
        if send.campaign_id in self._sent:
            self._sent[send.campaign_id] += 1

    def _count(self, campaign_id: str) -> int:
        if campaign_id not in self._sent:
            self._sent[campaign_id] = sent_on(campaign_id, now(), self._house)
        return self._sent[campaign_id]

    def _zone(self, send: Send) -> ZoneInfo:
        return zone_for(send, self._customers.get(send.customer_id))

    @cached_property
    def _customers(self) -> dict[str, object]:
        return dict(people.customers({send.customer_id for send in self._sends} - {""}))

    @cached_property
    def _pasts(self) -> dict[str, resting.Past]:
        return resting.pasts([send.contact_id for send in self._sends])


def zone_for(send: Send, customer: Any) -> ZoneInfo:
    """Where the person of a send lives, by its login, its customer, or the vendor."""
    theirs = people.customer_values(customer) if customer else {}
    return people.zone_of(people.contact_values(send.contact), theirs, vendor().time_zone)


def sent_on(campaign_id: str, moment: datetime, house: ZoneInfo) -> int:
    """How many mails of a campaign were sent on the vendor's day around a moment."""
    begin, end = bounds(day_of(moment, house), house)
    rows = Send.objects.filter(campaign_id=campaign_id, state=SendState.SENT, channel=Channel.EMAIL)
    return rows.filter(sent_at__gte=begin, sent_at__lt=end).exclude(message_id="").count()
