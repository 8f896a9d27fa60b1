"""Questions about plans, and what of them has already been seen to happen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.people import queries as people
from posthouse.surveys.models import CampaignState, Plan, PlanVersion, Response, Send
from posthouse.webhooks import queries as webhooks

OWN = ("api", "desk", "import")
"""Sources of sends that no trigger of ours has made."""


@dataclass(frozen=True)
class Tick:
    """One thing to be done; `at` when it was seen (None: not yet), `where` the page on which it is done."""

    name: str
    text: str | Promise
    is_done: bool
    at: datetime | None = None
    where: str = ""


def plans(*, deleted: bool = False) -> QuerySet[Plan]:
    """Plans with their campaigns, latest first."""
    rows = Plan.objects.select_related("campaign").order_by("-updated_at", "-pk")
    return rows.exclude(deleted_at=None) if deleted else rows.filter(deleted_at=None)


def plan(plan_id: str, *, deleted: bool = False) -> Plan | None:
    """One plan."""
    return plans(deleted=deleted).filter(pk=plan_id).first() if is_id(plan_id) else None


def version(plan: Plan, number: int) -> PlanVersion | None:
    """A plan as it was."""
    return PlanVersion.objects.filter(plan=plan, number=number).first()


def ticks(plan: Plan) -> list[Tick]:
    """What there is to do, ticked off from what has really happened since the plan was made."""
    campaign = plan.campaign
    if campaign is None:
        return []
    source = plan.answers.get("source", {}).get("kind", "")
    sends = Send.objects.filter(campaign=campaign, created_at__gte=plan.created_at).order_by("created_at")
    first = sends.filter(source="api").first()
    triggered = sends.exclude(source__in=OWN).first()
    answered = (
        Response.objects.filter(campaign=campaign, created_at__gte=plan.created_at).order_by("created_at").first()
    )
    told = webhooks.first_delivered(campaign.pk)
    running = campaign.state == CampaignState.RUNNING
    found = [Tick("running", _("The campaign runs"), running, campaign.started_at if running else None, "desk-survey")]
    if source in ("code", "warehouse"):
        has_token = _has_token()
        found.append(Tick("token", _("There is a token that may send surveys"), has_token, None, "desk-tokens"))
        found.append(_seen("sent", _("The first survey was sent by API"), first))
    else:
        found.append(_seen("triggered", _("The first survey was sent by a trigger"), triggered))
    found.append(_seen("answered", _("Somebody has answered"), answered))
    at = told.delivered_at if told else None
    found.append(Tick("told", _("The first webhook about an answer arrived"), at is not None, at, "desk-webhooks"))
    return found


def _seen(name: str, text: str | Promise, row: Any) -> Tick:
    return Tick(name, text, row is not None, row.created_at if row else None)


def _has_token() -> bool:
    moment = now()
    return any(
        token.is_usable(moment) and ("surveys:send" in token.scopes or "*" in token.scopes) for token in people.tokens()
    )
