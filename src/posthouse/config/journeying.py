"""`posthouse journeys …`: definitions as files, and figures to compare with other tools."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from tqdm import tqdm

if TYPE_CHECKING:
    from posthouse.journeys.models import Journey, Replay

WHERE = '{"field": "customer.country", "op": "is", "value": "ES"}'


def declare(commands: Any) -> None:
    """What can be said to the commands."""
    command = commands.add_parser("check", help="say what is wrong with a definition, each fault with its place")
    command.add_argument("file", type=Path)
    command.set_defaults(run=check)
    command = commands.add_parser("import", help="publish a definition, and let all of history count for it")
    command.add_argument("file", type=Path)
    command.add_argument("--from-now", action="store_true", help="only what comes in from now on counts")
    command.set_defaults(run=bring_in)
    command = commands.add_parser("export", help="print a published definition as a file")
    command.add_argument("name")
    command.add_argument("--format", choices=["yaml", "json"], default="yaml")
    command.set_defaults(run=send_out)
    command = commands.add_parser("report", help="print the figures of a journey: exact, from the runs one by one")
    command.add_argument("name")
    command.add_argument("--format", choices=["text", "json"], default="text")
    command.add_argument("--since", metavar="DAY", help="only runs entered from then on")
    command.add_argument("--until", metavar="DAY", help="only runs entered before")
    command.add_argument("--as-of", metavar="MOMENT", help="as it stood then: for a log that ends in the past")
    command.add_argument("--where", metavar="CONDITION", help=f"only customers (or contacts) such as {WHERE}")
    command.add_argument("--points", type=int, default=200, help="of each curve at most; 0: all (default: %(default)s)")
    command.add_argument("--catch-up", action="store_true", help="take in waiting events first")
    command.set_defaults(run=report)
    command = commands.add_parser("backfill", help="make everybody's runs of a journey anew from all of history")
    command.add_argument("name")
    command.add_argument("--dry-run", action="store_true", help="change nothing, count what would change")
    command.set_defaults(run=backfill)
    _declare_mode(command)
    command = commands.add_parser("replay", help="make the runs of one customer or contact anew from its history")
    command.add_argument("id")
    command.add_argument("--kind", choices=["customer", "contact"], default="customer")
    command.set_defaults(run=replay)
    _declare_mode(command)


def _declare_mode(command: argparse.ArgumentParser) -> None:
    said = "announce nothing (state), all with what is older than --since marked as replayed (after), or all (full)"
    command.add_argument("--mode", choices=["state", "after", "full"], default="state", help=said)
    command.add_argument("--since", metavar="MOMENT", help="for --mode after")


def check(given: argparse.Namespace) -> int:
    """Say what is wrong with a definition; 0 when nothing is."""
    body = _read(given.file)
    print(f"{given.file}: a sound definition of {body['key']} with {len(body['steps'])} steps")
    return 0


def bring_in(given: argparse.Namespace) -> int:
    """Publish a definition, then make its runs from history, without acting on anything in it."""
    from posthouse.journeys import actions  # noqa: PLC0415  needs Django set up

    body = _read(given.file)
    revision = actions.add_revision(body, note=f"from {given.file.name}", actor="command")
    actions.publish_revision(journey=body["key"], number=revision.number, actor="command", history=not given.from_now)
    print(f"{body['key']} goes by revision {revision.number}.")
    if not given.from_now:
        _catch_up()
        _work_off(actions.backfill(journey=body["key"], mode="state", actor="command"))
    return 0


def _work_off(row: "Replay") -> None:
    from posthouse.journeys import actions  # noqa: PLC0415  needs Django set up

    with tqdm(unit=" subjects", desc=row.journey_id) as bar:
        for done in actions.pieces(row):
            bar.total = row.total or None
            bar.update(done)
    row.refresh_from_db()
    if row.state != row.State.DONE:
        print("The worker goes on with its history.")


def backfill(given: argparse.Namespace) -> int:
    """Make everybody's runs anew; the worker goes on where this is ended."""
    from posthouse.journeys import actions  # noqa: PLC0415  needs Django set up

    journey, since = _journey(given.name), _since(given)
    row = actions.backfill(journey=journey.pk, mode=given.mode, since=since, dry_run=given.dry_run, actor="command")
    _work_off(row)
    said = ", ".join(f"{name} {count}" for name, count in sorted(row.counts.items()) if count)
    print(f"{'Would change' if given.dry_run else 'Changed'}: {said or 'nothing'}")
    return 0


def replay(given: argparse.Namespace) -> int:
    """Make the runs of one subject anew."""
    from posthouse.journeys import actions  # noqa: PLC0415  needs Django set up

    changed = actions.replay_subject(kind=given.kind, subject=given.id, mode=given.mode, since=_since(given))
    print(f"Changed in {changed} journeys.")
    return 0


def _since(given: argparse.Namespace) -> datetime | None:
    since = _moment(given.since)
    if (given.mode == "after") != (since is not None):
        raise CommandError("--since belongs to --mode after, and that to --since")
    return since


def send_out(given: argparse.Namespace) -> int:
    """Print the published definition as a file that can be imported."""
    from posthouse.journeys import reading  # noqa: PLC0415  needs Django set up

    body = _journey(given.name).body
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n" if given.format == "json" else reading.write(body)
    print(text, end="")
    return 0


def report(given: argparse.Namespace) -> int:
    """Print the figures of a journey."""
    from posthouse.foundation import conditions  # noqa: PLC0415  needs Django set up
    from posthouse.journeys import reports  # noqa: PLC0415
    from posthouse.timeline import queries as timeline  # noqa: PLC0415

    journey = _journey(given.name)
    asked = {name: _moment(getattr(given, name)) for name in ("since", "until", "as_of")}
    where = _condition(given.where)
    if given.catch_up:
        _catch_up()
    if waiting := timeline.lag().get("journeys", 0):
        print(f"posthouse: {waiting} events are not taken in yet (--catch-up does that first)", file=sys.stderr)
    try:
        told = reports.report(journey.key, **asked, where=where, points=max(given.points, 0))
    except conditions.Invalid as error:
        raise CommandError(f"--where: {error.place or '/'}: {error.reason}") from error
    except conditions.Unqueryable as error:
        raise CommandError(f"--where: the database cannot be asked for {error}") from error
    print(json.dumps(told, ensure_ascii=False, indent=2) if given.format == "json" else reports.as_text(told))
    return 0


def _catch_up() -> None:
    from posthouse.timeline import actions as timeline  # noqa: PLC0415  needs Django set up

    while timeline.run_consumer("journeys"):
        pass


def _read(file: Path) -> Any:
    from posthouse.journeys import definition, reading  # noqa: PLC0415  needs Django set up

    try:
        body = reading.read(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except reading.Unreadable as error:
        raise CommandError(f"{file}: {error}") from error
    if found := definition.problems(body):
        lines = "\n".join(f"  {place or '/'}: {reason}" for place, reason in found)
        raise CommandError(f"{file} is not a sound definition:\n{lines}")
    return body


def _journey(name: str) -> "Journey":
    from posthouse.journeys import queries  # noqa: PLC0415  needs Django set up

    known = {row.key: row for row in queries.journeys(live=False) if row.number}
    if name not in known:
        raise CommandError(f"there is no journey {name}; there are: {', '.join(known) or 'none yet'}")
    return known[name]


def _moment(text: str | None) -> datetime | None:
    """A day or a moment; without a zone it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is neither a day (2026-01-31) nor a moment (2026-01-31T12:00:00Z)") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _condition(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"--where must be JSON such as {WHERE}: {error}") from error
