"""`posthouse events import`: history from elsewhere."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import CommandError
from tqdm import tqdm

if TYPE_CHECKING:
    from posthouse.timeline.importing import Counts

EXPLAINED = """
An event needs a type and the moment at which it occurred. Columns are found under the names id, type, occurred_at,
customer_id, contact_id, email and data, or where --map says (in JSON, a.b.c looks inside); every other column becomes
part of the event's data. An event is known by its source and id, without an id by a hash of its record: importing a
file again adds nothing, and an import that was stopped goes on where it was.
"""


def declare(command: argparse.ArgumentParser) -> None:
    """What can be said to the command."""
    command.description, command.epilog = "Put a file of events into the log.", EXPLAINED
    command.add_argument("file", type=Path, help="CSV (with a first line that names the columns) or JSON Lines, or .gz")
    command.add_argument("--map", action="append", default=[], metavar="NAME=COLUMN,…", help="which column is what")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE,…", help="what is the same for all")
    command.add_argument("--source", default="import", help="whose ids these are (default: %(default)s)")
    command.add_argument("--rejected", type=Path, metavar="FILE", help="for refused records (FILE.rejected.jsonl)")
    command.add_argument("--zone", default="UTC", help="of moments that name none (default: %(default)s)")
    command.add_argument("--format", choices=["csv", "jsonl"], help="if the name of the file does not tell")
    command.add_argument("--delimiter", default=",", help="between the columns of CSV (default: a comma)")
    command.set_defaults(run=import_events)


def import_events(given: argparse.Namespace) -> int:
    """Import, and say what became of the records; 1 when some were refused."""
    from posthouse.people import queries as people  # noqa: PLC0415  needs Django set up
    from posthouse.timeline import importing  # noqa: PLC0415  needs Django set up

    rejected = given.rejected or given.file.with_name(f"{given.file.name}.rejected.jsonl")
    try:
        mapped = importing.Mapping.parsed(given.map, given.set, ZoneInfo(given.zone))
        with tqdm(total=given.file.stat().st_size, unit="B", unit_scale=True, desc=given.file.name) as bar:
            counts = importing.run(
                given.file,
                source=given.source,
                mapped=mapped,
                rejected=rejected,
                contacts_of=people.contact_ids,
                form=given.format,
                delimiter=given.delimiter,
                tell=lambda counts, taken: _tell(bar, counts, taken),
            )
    except (ZoneInfoNotFoundError, OSError, ValueError, importing.UnreadableFile) as error:
        raise CommandError(str(error)) from error
    print(
        f"{counts.records} records: {counts.new} new, {counts.known} there already, {counts.rejected} rejected"
        + (f" (see {rejected})" if counts.rejected else "")
    )
    return 1 if counts.rejected else 0


def _tell(bar: "tqdm[NoReturn]", counts: "Counts", taken: int) -> None:
    bar.set_postfix(records=counts.records, rejected=counts.rejected, refresh=False)
    bar.update(taken - bar.n)
