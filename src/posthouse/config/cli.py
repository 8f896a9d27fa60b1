"""The `posthouse` command."""

import argparse
import getpass
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import django
import uvicorn
from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from posthouse.config import delighting, importing, journeying

CLOSING_SECONDS = 5
QUIET: Any = {"access_log": False, "server_header": False}
"""Of uvicorn: no line for each request, with the address that asked and what it asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the sub-commands; returns the exit code."""
    given = _parser().parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posthouse.config.settings")
    django.setup()
    command: Callable[[argparse.Namespace], int] = given.run
    try:
        return command(given)
    except CommandError as error:
        return _fail(str(error), error.returncode)
    except (OperationalError, ProgrammingError) as error:
        return _fail(f"the database says: {error}. If its tables are missing or old, run: posthouse migrate")


def _fail(text: str, code: int = 1) -> int:
    print(f"posthouse: {text}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="posthouse", description="The platform that looks after an API's developers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, run_it, text in (
        ("run", run, "everything in one: bring the tables up to date, then web, edge and worker"),
        ("web", web, "pages, API and edge"),
        ("edge", edge, "only what must be fast: verify keys, take in calls and events"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        command.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        command.set_defaults(run=run_it)
    command = commands.add_parser("worker", help="consumers of the timeline, mail, roll-ups and other timed work")
    command.add_argument(
        "--lane", choices=["main", "mail"], help="only this part of the work: what is sent, or the rest"
    )
    command.add_argument("--parent", type=int, default=0, help="stop when this process is gone")
    command.set_defaults(run=worker)
    commands.add_parser("migrate", help="bring the tables up to date").set_defaults(run=migrate)
    commands.add_parser("doctor", help="find what is wrong and say how to mend it").set_defaults(run=doctor)
    team = commands.add_parser("team", help="give somebody access to the desk: posthouse team EMAIL --role admin")
    team.add_argument("email")
    team.add_argument("--role", default="admin", choices=["admin", "support", "engineer", "analyst", "auditor"])
    team.add_argument("--name", default="")
    team.set_defaults(run=add_to_team)
    guides = commands.add_parser("guides", help="bring the API document and the guides in").add_subparsers(
        required=True, metavar="ACT"
    )
    document = guides.add_parser("import", help="show an OpenAPI 3.0 or 3.1 document (JSON or YAML) in the portal")
    document.add_argument("file")
    document.add_argument("--draft", action="store_true", help="do not show it yet; publish it in the desk")
    document.set_defaults(run=import_document)
    pages = guides.add_parser("import-pages", help="replace the guides by a folder: en/getting-started.md …")
    pages.add_argument("folder")
    pages.set_defaults(run=import_pages)
    mail = commands.add_parser("mail", help="what mail servers send back").add_subparsers(required=True, metavar="ACT")
    bounce = mail.add_parser("bounce", help="take in a bounce or complaint: posthouse mail bounce < FILE")
    bounce.add_argument("--recipient", default="", help="the address it came to, where its headers do not tell")
    bounce.set_defaults(run=take_in_bounce)
    log = commands.add_parser("events", help="bring history in").add_subparsers(required=True, metavar="ACT")
    importing.declare(log.add_parser("import", help="put a file of events into the log: CSV or JSON Lines, .gz too"))
    walks = commands.add_parser("journeys", help="definitions of journeys as files, and their figures")
    journeying.declare(walks.add_subparsers(required=True, metavar="ACT"))
    polls = commands.add_parser("surveys", help="bring in what another survey service knew")
    delighting.commands(polls.add_subparsers(required=True, metavar="ACT"))
    manage = commands.add_parser("manage", help="any management command of Django")
    manage.add_argument("rest", nargs=argparse.REMAINDER)
    manage.set_defaults(run=run_management_command)
    return parser


def run(given: argparse.Namespace) -> int:
    """Migrate, then serve with a worker for each lane beside, which is started again should it die."""
    from posthouse.config.supervisor import Supervisor  # noqa: PLC0415  needs Django set up
    from posthouse.foundation import jobs  # noqa: PLC0415

    migrate(given)
    worker = [sys.executable, "-m", "posthouse.config.cli", "worker"]
    with ExitStack() as beside:
        for lane in jobs.LANES:
            beside.enter_context(Supervisor([*worker, "--lane", lane, "--parent", str(os.getpid())]))
        return web(given)


def web(given: argparse.Namespace) -> int:
    """Serve pages, API and edge."""
    return _serve("posthouse.config.asgi:application", given)


def edge(given: argparse.Namespace) -> int:
    """Serve the edge alone."""
    return _serve("posthouse.edge.alone:application", given)


def _serve(application: str, given: argparse.Namespace) -> int:
    # uvicorn ends well on SIGTERM and then sends it again: as an exception it lets what runs beside end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        application,
        host=given.host,
        port=given.port,
        log_level=os.environ.get("POSTHOUSE_LOG_LEVEL", "warning").lower(),
        **QUIET,
        lifespan="on",
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    return 0


def worker(given: argparse.Namespace) -> int:
    """Run jobs until told to stop, or until the process that started this one is gone."""
    from posthouse.foundation import jobs  # noqa: PLC0415  needs Django set up

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if given.parent:
        threading.Thread(target=_stop_with_parent, args=(stop, given.parent), daemon=True).start()
    jobs.run_forever(stop, lanes=[given.lane] if given.lane else jobs.LANES)
    return 0


def _stop_with_parent(stop: threading.Event, parent: int) -> None:
    while not stop.wait(0.5):
        if os.getppid() != parent:
            stop.set()


def migrate(given: argparse.Namespace) -> int:
    """Bring the tables up to date."""
    return _call("migrate", interactive=False, verbosity=0 if given.command == "run" else 1)


def doctor(given: argparse.Namespace) -> int:
    """Print what was found; 1 when something is broken."""
    from posthouse.config import doctor as examination  # noqa: PLC0415  needs Django set up

    return examination.report(sys.stdout)


def add_to_team(given: argparse.Namespace) -> int:
    """Make a team member; the password is asked for, or read from POSTHOUSE_TEAM_PASSWORD."""
    from posthouse.people.actions import add_team_member_by_email  # noqa: PLC0415  needs Django set up

    password = os.environ.get("POSTHOUSE_TEAM_PASSWORD") or getpass.getpass("Password: ")
    member = add_team_member_by_email(email=given.email, role=given.role, name=given.name, password=password)
    print(f"{member.user.email} may use the desk as {member.role}.")
    return 0


def import_document(given: argparse.Namespace) -> int:
    """Bring in the vendor's OpenAPI document and say what was found in it."""
    return _call("import_openapi", given.file, draft=given.draft)


def import_pages(given: argparse.Namespace) -> int:
    """Bring in the vendor's guides."""
    return _call("import_guides", given.folder)


def take_in_bounce(given: argparse.Namespace) -> int:
    """A bounce or complaint on standard input, from a pipe or an alias of the mail server."""
    return _call("mail_bounce", recipient=given.recipient)


def run_management_command(given: argparse.Namespace) -> int:
    """Any management command of Django."""
    from django.core.management import execute_from_command_line  # noqa: PLC0415  needs Django set up

    execute_from_command_line(["posthouse manage", *given.rest])
    return 0


def _call(name: str, *args: str, **options: object) -> int:
    from django.core.management import call_command  # noqa: PLC0415  needs Django set up

    call_command(name, *args, **options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
