"""Making a campaign, changing it, and taking it from draft to its end."""

from copy import copy
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.messages.queries import is_address
from posthouse.surveys import events, questions, scales, texts
from posthouse.surveys.models import Campaign, CampaignState, Response
from posthouse.surveys.rules import check_rules
from posthouse.surveys.texts import Invalid
from posthouse.timeline.actions import record

FIXED_ONCE_ANSWERED = ("metric", "scale")
"""Scores already given would mean something else."""

MOVES = {
    CampaignState.RUNNING: (CampaignState.DRAFT, CampaignState.PAUSED),
    CampaignState.PAUSED: (CampaignState.RUNNING,),
    CampaignState.ENDED: (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED),
}
"""Into which state a campaign may come from which."""

NUMBERS = {
    "rest_days": (0, 3650),
    "rest_days_any": (0, 3650),
    "sample_percent": (0, 100),
    "change_hours": (0, 24 * 365),
    "link_days": (1, 3650),
    "smallest_group": (2, 1000),
}
FIELDS = (
    "name", "metric", "scale", "formula", "texts", "questions", "links", "sender_name", "reply_to", "accent",
    "logo_url", "frequency", "anonymous", *NUMBERS,
)  # fmt: skip
"""What may be said of a campaign."""


class Refused(Exception):
    """The wish was understood and cannot be granted now; `code` is stable, the text is for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@transaction.atomic
def make_campaign(*, name: str, metric: str, actor: str = "", **settings: Any) -> Campaign:
    """A draft. Scale and formula are the usual ones of the metric when left out. Announces CampaignMade.

    Raises Invalid, with the place, for what cannot be.
    """
    scale = settings.pop("scale", "") or scales.SCALES.get(metric, ("",))[0]
    formula = settings.pop("formula", "") or scales.FORMULAS.get((metric, scale), ("",))[0]
    campaign = Campaign(metric=metric, scale=scale, formula=formula, created_at=now(), created_by=actor)
    for field, value in _checked({"name": name, "texts": {}, **settings}).items():
        setattr(campaign, field, value)
    _check_fit(campaign)
    campaign.save(force_insert=True)
    record(events.CampaignMade(campaign_id=campaign.pk, name=campaign.name, metric=metric), actor=actor)
    return campaign


@transaction.atomic
def change_campaign(*, campaign: Campaign, actor: str = "", **changes: Any) -> Campaign:
    """Change the named fields. Announces CampaignChanged if any did. What was sent before stays as it was.

    Raises Invalid for what cannot be, and Refused where answers or the end forbid it.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    checked = _checked(_whole(campaign, changes))
    changed = sorted(name for name, value in checked.items() if getattr(campaign, name) != value)
    if not changed:
        return campaign
    if campaign.state == CampaignState.ENDED:
        raise Refused("campaign-ended", _("This campaign has ended; make a new one."))
    fixed = set(changed) & set(FIXED_ONCE_ANSWERED)
    if fixed and Response.objects.filter(campaign=campaign).exists():
        raise Refused("campaign-answered", _("There are answers already: kind and scale can no longer change."))
    if "anonymous" in changed and campaign.state != CampaignState.DRAFT:
        raise Refused("campaign-started", _("Whether it is anonymous can be changed in a draft alone."))
    for name in changed:
        setattr(campaign, name, checked[name])
    _check_fit(campaign)
    campaign.save(update_fields=changed)
    record(events.CampaignChanged(campaign_id=campaign.pk, changed=changed), actor=actor)
    return campaign


def tried(*, campaign: Campaign, **changes: Any) -> Campaign:
    """The campaign as it would be with these changes, not saved: for previews. Raises Invalid."""
    found = copy(campaign)
    for name, value in _checked(_whole(campaign, changes)).items():
        setattr(found, name, value)
    _check_fit(found)
    return found


@transaction.atomic
def set_state(*, campaign: Campaign, state: str, actor: str = "") -> Campaign:
    """Start, pause, resume or end a campaign; asking for the state it has changes nothing.

    Announces CampaignStateChanged. Raises Refused for a way there is not: nothing comes back from its end.
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    was = campaign.state
    if state == was:
        return campaign
    if was not in MOVES.get(CampaignState(state), ()):
        raise Refused("campaign-state", _("A campaign in this state cannot be put into that one."))
    campaign.state = state
    if state == CampaignState.RUNNING and campaign.started_at is None:
        campaign.started_at = now()
    if state == CampaignState.ENDED:
        campaign.ended_at = now()
    campaign.save(update_fields=["state", "started_at", "ended_at"])
    record(events.CampaignStateChanged(campaign_id=campaign.pk, state=state, was=was), actor=actor)
    return campaign


def _whole(campaign: Campaign, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with the rules that are not spoken of: they stay as they are."""
    given = changes.get("frequency")
    return changes | {"frequency": {**campaign.frequency, **given}} if isinstance(given, dict) else changes


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    unknown = set(given) - set(FIELDS)
    if unknown:
        raise TypeError(f"a campaign has no {sorted(unknown)}")
    return {name: _check_field(name, value) for name, value in given.items()}


def _check_field(name: str, value: Any) -> Any:
    place = f"/{name}"
    if name in NUMBERS:
        return _number(value, *NUMBERS[name], place)
    if name == "texts":
        return texts.check_texts(value, place)
    if name == "questions":
        return questions.check_questions(value, place)
    if name == "frequency":
        return check_rules(value, place)
    if name == "links":
        return texts.check_links(value, place)
    if name in ("metric", "scale", "formula"):
        return value
    if name == "anonymous":
        if not isinstance(value, bool):
            raise Invalid(place, _("This is true or false."))
        return value
    return _check_text_field(name, value, place)


def _check_text_field(name: str, value: Any, place: str) -> str:
    text = texts.check_text(value, {"name": 120, "sender_name": 80, "accent": 7}.get(name, 254), place)
    if name in ("name", "sender_name") and not text.isprintable():
        raise Invalid(place, _("It holds characters that cannot be kept."))
    if name == "name" and not text:
        raise Invalid(place, _("A campaign needs a name."))
    if name == "accent" and text and not texts.ACCENT.fullmatch(text):
        raise Invalid(place, _("A colour is written like #0a6b5d."))
    if name == "logo_url" and text:
        texts.check_address(text, place)
    if name == "reply_to" and text and not is_address(text):
        raise Invalid(place, _("This is not an e-mail address."))
    return text


def _number(value: Any, lowest: int, highest: int, place: str) -> int:
    if not questions.is_whole(value) or not lowest <= value <= highest:
        raise Invalid(
            place, _("This is a whole number from %(lowest)d to %(highest)d.") % {"lowest": lowest, "highest": highest}
        )
    return int(value)


def _check_fit(campaign: Campaign) -> None:
    if campaign.anonymous and campaign.rules.reminders:
        raise Invalid(
            "/frequency/reminders", _("Who has answered an anonymous survey is not known: it reminds nobody.")
        )
    if campaign.metric not in scales.Metric.values:
        raise Invalid("/metric", _("This is one of: %(kinds)s.") % {"kinds": ", ".join(scales.Metric.values)})
    allowed = scales.SCALES[campaign.metric]
    if campaign.scale not in allowed:
        raise Invalid("/scale", _("This kind of survey has the scales: %(scales)s.") % {"scales": ", ".join(allowed)})
    if not scales.fits(campaign.metric, campaign.scale, campaign.formula):
        known = scales.FORMULAS[campaign.metric, campaign.scale]
        raise Invalid("/formula", _("This scale has the formulas: %(names)s.") % {"names": ", ".join(known)})
    for question in campaign.questions:
        asked = (question.get("when") or {}).get("scores", ())
        if not set(asked) <= set(campaign.scores):
            raise Invalid("/questions", _("A condition names scores that the scale does not have."))
