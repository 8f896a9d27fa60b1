"""Desk pages about the key of a campaign, with which clients of Delighted come in."""

import json
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from posthouse.people import access
from posthouse.people.access import TeamRole
from posthouse.people.actions import as_team
from posthouse.surveys import actions, queries
from posthouse.surveys.forms.keys import OverlapForm
from posthouse.surveys.models import Campaign
from posthouse.surveys.rules import members_of

Request = access.TeamRequest
PATH = "/compat/delighted/v1"
SECRET = "KEY"  # noqa: S105  stands where the key goes
PYTHON = """import delighted

delighted.api_key = "%(key)s"
delighted.api_base_url = "%(base)s/"

delighted.Person.create(email="ada@example.org", properties={"plan": "pro"})"""
NODE = """const delighted = require("delighted")("%(key)s", {
  scheme: "%(scheme)s", host: "%(host)s", port: %(port)d, base: "%(path)s"
});

delighted.person.create({ email: "ada@example.org", properties: { plan: "pro" } });"""
RUBY = """Delighted.shared_client = Delighted::Client.new(
  api_key: "%(key)s", api_base_url: "%(base)s"
)
Delighted::Person.create(email: "ada@example.org", properties: { plan: "pro" })"""
PHP = """\\Delighted\\Client::setApiKey("%(key)s");
\\Delighted\\Client::getInstance(["baseUrl" => "%(base)s/"]);
\\Delighted\\Person::create(["email" => "ada@example.org", "properties" => ["plan" => "pro"]]);"""
SAMPLES = [("Python", "python", PYTHON), ("Node", "javascript", NODE), ("Ruby", "ruby", RUBY), ("PHP", "php", PHP)]


@access.team()
@require_GET
def key(request: Request, campaign_id: str) -> HttpResponse:
    """Where clients of Delighted find this campaign, and which key opens it to them."""
    campaign = _campaign(campaign_id)
    working = list(queries.keys_of(campaign))
    context = {
        "campaign": campaign,
        "base": f"{settings.PUBLIC_URL}{PATH}/",
        "current": next((one for one in working if one.ends_at is None), None),
        "ending": [one for one in working if one.ends_at is not None],
        "samples": _samples(SECRET),
        "members": json.dumps(members_of(campaign.pk), indent=2),
        "may_manage": request.member.role == TeamRole.ADMIN,
    }
    return render(request, "surveys/key.html", context)


@access.team(TeamRole.ADMIN)
@never_cache
def new(request: Request, campaign_id: str) -> HttpResponse:
    """A new key; it is in the answer to the form and nowhere else."""
    campaign = _campaign(campaign_id)
    is_first = not queries.keys_of(campaign).filter(ends_at=None).exists()
    given = {"hours": "0"} if is_first else request.POST
    form = OverlapForm(given if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        _made, secret = actions.make_key(campaign=campaign, overlap=form.overlap(), actor=as_team(request.member))
        base = f"{settings.PUBLIC_URL}{PATH}/"
        shown = {"campaign": campaign, "secret": secret, "base": base, "samples": _samples(secret)}
        return render(request, "surveys/key_made.html", shown)
    context = {"campaign": campaign, "form": form, "is_first": is_first}
    return render(request, "surveys/key_new.html", context, status=422 if form.errors else 200)


@access.team(TeamRole.ADMIN)
def revoke(request: Request, campaign_id: str) -> HttpResponse:
    """Let no key open the campaign any more; asked once more before."""
    campaign = _campaign(campaign_id)
    if request.method != "POST":
        return render(request, "surveys/key_revoke.html", {"campaign": campaign, "keys": queries.keys_of(campaign)})
    if actions.revoke_keys(campaign=campaign, actor=as_team(request.member)):
        flash.success(request, _("No key opens this campaign any more."))
    return redirect("desk-survey-key", campaign.pk)


def _samples(secret: str) -> list[tuple[str, str, str]]:
    """Lines for each client: its name, the language of the lines, the lines."""
    parts = urlsplit(settings.PUBLIC_URL)
    facts = {
        "key": secret,
        "base": f"{settings.PUBLIC_URL}{PATH}",
        "scheme": parts.scheme,
        "host": parts.hostname or "",
        "port": parts.port or (443 if parts.scheme == "https" else 80),
        "path": f"{parts.path.rstrip('/')}{PATH}",
    }
    return [(name, language, text % facts) for name, language, text in SAMPLES]


def _campaign(campaign_id: str) -> Campaign:
    found = queries.campaign(campaign_id)
    if found is None:
        raise Http404
    return found
