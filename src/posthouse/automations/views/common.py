"""What several of these pages need."""

from django.http import Http404

from posthouse.automations.models import Automation, AutomationRun
from posthouse.foundation.ids import is_id
from posthouse.people import access
from posthouse.people import actions as people

Request = access.TeamRequest


def automation_or_404(key: str) -> Automation:
    """The automation of the address, with its published revision."""
    found = Automation.objects.select_related("published").filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def run_or_404(run_id: str) -> AutomationRun:
    """The run of the address, with its automation and revision."""
    found = AutomationRun.objects.select_related("automation", "revision").filter(pk=run_id).first()
    if not is_id(run_id) or found is None:
        raise Http404
    return found


def actor_of(request: Request) -> str:
    """Who does it, for the log."""
    return people.as_team(request.member)
