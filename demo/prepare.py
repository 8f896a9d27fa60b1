"""Makes the data of the demo or, where they are made already, fits them to the ports of this start.

python -m prepare DATA PORT API_PORT CUSTOMERS, with the environment of `Layout.posthouse_environment`. Writes what a
visitor needs to know to DATA/demo.json. A process of its own, so that its memory is given back.
"""

import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  needs Django set up
from django.db import connection  # noqa: E402

from asked import Asked, bring_in, make_campaigns, switch_on  # noqa: E402
from crowd import site  # noqa: E402
from crowd.personas import SHOWN  # noqa: E402
from crowd.world import Roster  # noqa: E402
from history import History, make_history  # noqa: E402
from layout import MADE, MONTHS, ROSTER, SEED, VOLUME, Layout  # noqa: E402
from opinions import former  # noqa: E402
from past import Past  # noqa: E402
from posthouse.automations import actions as automations  # noqa: E402
from posthouse.foundation import clock, jobs  # noqa: E402
from posthouse.guides import actions as guides  # noqa: E402
from posthouse.intake import actions as intake  # noqa: E402
from posthouse.intake import queries as sources  # noqa: E402
from posthouse.intake.models import Source  # noqa: E402
from posthouse.journeys import actions as journeys  # noqa: E402
from posthouse.people import actions as people  # noqa: E402
from posthouse.people.scopes import SCOPES  # noqa: E402
from posthouse.surveys import actions as surveys  # noqa: E402
from posthouse.surveys import queries as polls  # noqa: E402
from posthouse.surveys import texts  # noqa: E402
from posthouse.surveys.models import Campaign  # noqa: E402
from posthouse.usage import actions as usage  # noqa: E402
from posthouse.vendor.actions import describe_vendor  # noqa: E402
from sunline.docs import FOLDER  # noqa: E402
from sunline.openapi import document  # noqa: E402
from sunline.settings import Settings  # noqa: E402

TEAM = "team@sunline.example"
COLLEAGUES = (("support", "Support desk"), ("engineer", "API engineering"), ("analyst", "Developer relations"))
SURVEY_KEY = "survey_key"
SHOWN_CUSTOMER, SHOWN_CONTACT = f"c{SHOWN}", f"p{SHOWN}"


def main() -> None:
    """Prepare, and say on standard error what takes its time."""
    data, port, api_port, customers = sys.argv[1:]
    layout = Layout(Path(data), int(port), int(api_port))
    is_new = not layout.house.exists()
    call_command("migrate", interactive=False, verbosity=0)
    if is_new:
        _make(layout, int(customers))
    _describe(layout)
    reports = _reports(layout) | _survey_client(layout, layout.making if is_new else layout.house)
    connection.close()
    if is_new:
        layout.making.rename(layout.house)
    _write_facts(layout, reports)


def _make(layout: Layout, customers: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")  # what a power cut leaves half made is made anew anyway
    history = make_history(seed=SEED, now=clock.now(), months=MONTHS, customers=customers, volume=VOLUME)
    with clock.at(history.begins):
        _describe(layout)
        made = _team()
        website = _sources()["segment"]
        automations.install_ready()
    before = former(history)
    campaigns = make_campaigns(at=before[0].asked_at)
    bring_in(before, campaigns, history.seed)
    past = Past(history, SHOWN_CONTACT, website, Asked(campaigns))
    past.happen(_say)
    switch_on(campaigns)
    while usage.forget_old() + journeys.sum_up():
        continue
    jobs.run_until_idle()
    _write_roster(layout, history, past)
    made["developer"] = _developer(history, past)
    (layout.making / MADE).write_text(json.dumps(made), "utf-8")


def _say(day: datetime) -> None:
    if day.day == 1:
        print(f"demo: the past up to {day:%B %Y} is made", file=sys.stderr, flush=True)


def _describe(layout: Layout) -> None:
    """What depends on the ports."""
    describe_vendor(
        name="Sunline API",
        accent="#3f4db8",
        api_base_url=layout.api,
        support_email="support@sunline.example",
        time_zone="Europe/Madrid",
    )
    source = json.dumps(document(Settings(base_url=layout.api))).encode()
    guides.import_document(source=source, name="sunline.json", actor="")
    guides.import_pages(folder=FOLDER)


def _team() -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    admin = people.add_team_member_by_email(email=TEAM, role="admin", name="Sunline team", password=password)
    for role, name in COLLEAGUES:
        people.invite_team_member(
            email=f"{role}@sunline.example", role=role, name=name, actor=people.as_team(admin), language="en"
        )
    _, token = people.make_token(owner=admin, name="Everything, for trying out", scopes=list(SCOPES))
    _, middleware = people.make_token(owner=admin, name="Middleware of Sunline", scopes=["keys:sync", "calls:write"])
    return {"team": {"email": TEAM, "password": password, "token": token}, "middleware_token": middleware}


def _sources() -> dict[str, Source]:
    """The sources through which the vendor's own tools tell what happens elsewhere; made where there are none."""
    found = {source.dialect: source for source in sources.sources()}
    if "segment" not in found:
        website = intake.make_source(name="Website and back office", dialect="segment")
        found["segment"] = intake.change_source(source=website, names=site.DECLARED)
    if "posthog" not in found:
        found["posthog"] = intake.make_source(name="Product analytics", dialect="posthog")
    return found


def _reports(layout: Layout) -> dict[str, dict[str, str]]:
    """Where the clients of other tools may send."""
    return {
        dialect: {"host": f"{layout.portal}/compat/{dialect}", "write_key": source.write_key}
        for dialect, source in _sources().items()
        if dialect in ("segment", "posthog")
    }


def _survey_client(layout: Layout, folder: Path) -> dict[str, dict[str, str]]:
    """Where clients of Delighted find the NPS campaign, made where there is none, and its key, made once."""
    made = json.loads((folder / MADE).read_text("utf-8"))
    if SURVEY_KEY not in made:
        running = polls.campaigns(state="running").filter(metric="nps").order_by("pk").first()
        made[SURVEY_KEY] = surveys.make_key(campaign=running or _campaign())[1]
        (folder / MADE).write_text(json.dumps(made), "utf-8")
    return {"delighted": {"base_url": f"{layout.portal}/compat/delighted/v1/", "api_key": made[SURVEY_KEY]}}


def _campaign() -> Campaign:
    words = {code: texts.usual("nps", code) for code in ("en", "es")}
    campaign = surveys.make_campaign(name="Would you recommend us?", metric="nps", texts=words)
    return surveys.set_state(campaign=campaign, state="running")


def _developer(history: History, past: Past) -> dict[str, str]:
    contact = next(contact for contact in history.contacts if contact.ref == SHOWN_CONTACT)
    return {
        "email": contact.email,
        "password": contact.password,
        "customer_id": past.customers[SHOWN_CUSTOMER].pk,
        "test_key": past.secrets[f"k{SHOWN}-test"],
        "live_key": past.secrets[f"k{SHOWN}-live"],
    }


def _write_roster(layout: Layout, history: History, past: Past) -> None:
    roster = Roster(layout.making / ROSTER, history.next_number)
    for known in past.known():
        roster.keep(known)


def _write_facts(layout: Layout, reports: dict[str, dict[str, str]]) -> None:
    made = json.loads((layout.house / MADE).read_text("utf-8"))
    facts = {
        "portal": layout.portal,
        "desk": f"{layout.portal}/desk/",
        "api": layout.api,
        "posthouse_api": f"{layout.portal}/api/v1",
        "team": made["team"],
        "developer": made["developer"],
        "mail": f"{layout.portal}/mail/",
    } | reports
    draft = layout.facts.with_suffix(".part")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    draft.replace(layout.facts)


if __name__ == "__main__":
    main()
