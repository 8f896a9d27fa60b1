"""`posthouse surveys import-delighted`: people, refusals and answers from Delighted's exports, or by its calls."""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import CommandError
from tqdm import tqdm

if TYPE_CHECKING:
    from posthouse.surveys.models import Campaign
    from posthouse.timeline.importing import Counts, Record, Rejects

KINDS = ("people", "unsubscribes", "bounces", "responses")
"""In this order: those who must not be written to are known before anybody could be."""
BATCH = 100
"""Records in one transaction: SQLite's one writer is held for as long."""
KEY = "DELIGHTED_API_KEY"
HEAD = 64 * 1024
EXPLAINED = f"""
Give the exports as files, or --from with the address of a server that answers Delighted's calls, such as
https://api.delighted.com/v1/, and its key in the environment variable {KEY} (or in a file, by --key-file).
Bringing in the same again adds nothing; an import that was stopped goes on where it was. Columns are found under the
names they have in the calls (email, name, score, comment, created_at, last_sent_at …), in any case; every other column
becomes a property. What was sent elsewhere holds further mails back as the rules of the campaign
say, and counts in no response rate.
"""


@dataclass
class Given:
    """What was said to the command, understood."""

    campaign: "Campaign"
    columns: dict[str, str]
    zone: ZoneInfo
    delimiter: str
    dry_run: bool
    rejected: Path | None


def declare(command: argparse.ArgumentParser) -> None:
    """What can be said to the command."""
    command.description, command.epilog = "Bring in what Delighted knew.", EXPLAINED
    command.add_argument("campaign", help="the id of the campaign (cmp_…) to bring it into")
    for kind in KINDS:
        command.add_argument(f"--{kind}", type=Path, metavar="FILE", help=f"CSV export of {kind}, or .gz")
    command.add_argument("--from", dest="source", metavar="ADDRESS", help="read it all from there instead")
    command.add_argument("--key-file", type=Path, metavar="FILE", help=f"holds the key (default: ${KEY})")
    command.add_argument("--only", choices=KINDS, action="append", help="with --from: of that alone")
    command.add_argument("--map", action="append", default=[], metavar="NAME=COLUMN,…", help="which column is what")
    command.add_argument("--zone", default="UTC", help="of moments that name none (default: %(default)s)")
    command.add_argument("--delimiter", default=",", help="between the columns of CSV (default: a comma)")
    command.add_argument(
        "--rejected", type=Path, metavar="FOLDER", help="for what is refused (default: beside, or here)"
    )
    command.add_argument("--dry-run", action="store_true", help="change nothing, say what would become of it")
    command.set_defaults(run=import_delighted)


def import_delighted(given: argparse.Namespace) -> int:
    """Import, and say what became of the records; 1 when some were refused."""
    from posthouse.surveys.delighted.source import Unreachable  # noqa: PLC0415  needs Django set up
    from posthouse.timeline.importing import UnreadableFile  # noqa: PLC0415  needs Django set up

    try:
        understood = _understood(given)
        found = list(_all(given, understood))
    except (ZoneInfoNotFoundError, OSError, ValueError, UnreadableFile, Unreachable) as error:
        raise CommandError(str(error)) from error
    return 1 if any(counts.rejected for counts in found) else 0


def _understood(given: argparse.Namespace) -> Given:
    from posthouse.surveys import queries  # noqa: PLC0415  needs Django set up
    from posthouse.surveys.delighted.bringing import NAMES  # noqa: PLC0415  needs Django set up

    campaign = queries.campaign(given.campaign)
    if campaign is None:
        raise CommandError(f"there is no campaign {given.campaign}; its id stands in the address of its page")
    columns = {}
    for pair in filter(None, (part.strip() for part in ",".join(given.map).split(","))):
        name, sign, column = pair.partition("=")
        if not sign or not column or name not in NAMES:
            raise CommandError(f"{pair!r} is not NAME=COLUMN with a name of: {', '.join(NAMES)}")
        columns[name] = column
    return Given(campaign, columns, ZoneInfo(given.zone), given.delimiter, given.dry_run, given.rejected)


def _all(given: argparse.Namespace, understood: Given) -> "Iterator[Counts]":
    files = {kind: getattr(given, kind) for kind in KINDS if getattr(given, kind)}
    if bool(files) == bool(given.source):
        raise CommandError(f"give files (--{', --'.join(KINDS)}) or --from ADDRESS")
    if given.source:
        for kind in given.only or KINDS:
            yield _from_source(understood, kind, given.source, _key(given))
        return
    for kind, path in files.items():
        yield _from_file(understood, kind, path)


def _key(given: argparse.Namespace) -> str:
    key = given.key_file.read_text("utf-8").strip() if given.key_file else os.environ.get(KEY, "")
    if not key or not key.isascii() or not key.isprintable():
        raise CommandError(f"the key of the source is missing: put it into the environment variable {KEY}")
    return str(key)


def _from_file(given: Given, kind: str, path: Path) -> "Counts":
    from posthouse.timeline.importing import opened  # noqa: PLC0415  needs Django set up

    with path.open("rb") as file:
        head = file.read(HEAD)
    state = path.stat()
    counts = _begun(given, kind, path.name, [state.st_size, state.st_mtime_ns], head)
    rejected = (given.rejected or path.parent) / f"{path.name}.rejected.jsonl"
    with opened(path, "csv", given.delimiter) as reading:
        records = reading.records()
        for _record in islice(records, counts.records):
            pass
        with tqdm(total=state.st_size, unit="B", unit_scale=True, desc=kind) as bar:
            for _batch in _taken_in(given, kind, counts, records, rejected):
                bar.set_postfix(records=counts.records, rejected=counts.rejected, refresh=False)
                bar.update(reading.bytes_taken - bar.n)
    return _told(given, kind, counts, rejected)


def _from_source(given: Given, kind: str, address: str, key: str) -> "Counts":
    from posthouse.surveys.delighted.source import Source  # noqa: PLC0415  needs Django set up
    from posthouse.timeline.importing import Record  # noqa: PLC0415  needs Django set up

    source = Source(address, key)
    counts = _begun(given, kind, address, [], b"")
    rejected = (given.rejected or Path()) / f"delighted-{kind}.rejected.jsonl"
    rows = source.rows(kind, counts.records)
    records = (Record(number, row) for number, row in enumerate(rows, counts.records + 1))
    with tqdm(unit=" records", desc=kind, initial=counts.records) as bar:
        for batch in _taken_in(given, kind, counts, records, rejected):
            bar.set_postfix(rejected=counts.rejected, refresh=False)
            bar.update(batch)
    return _told(given, kind, counts, rejected)


def _begun(given: Given, kind: str, name: str, state: list[int], head: bytes) -> "Counts":
    """What was reached before with the same; anew when it came to its end, never began, or is only tried."""
    from posthouse.timeline.importing import Counts  # noqa: PLC0415  needs Django set up

    said = ["delighted", given.campaign.pk, kind, name, state, given.columns, str(given.zone)]
    key = blake2b(json.dumps(said, sort_keys=True).encode() + head, digest_size=16).hexdigest()
    if given.dry_run:
        return Counts(key=key, source=f"delighted:{kind}", name=name[:200])
    counts = Counts.objects.filter(key=key, finished_at=None).first()
    return counts or Counts.objects.create(key=key, source=f"delighted:{kind}", name=name[:200])


def _taken_in(given: Given, kind: str, counts: "Counts", records: "Iterator[Record]", rejected: Path) -> Iterator[int]:
    """Batch by batch, each kept with the place that was reached; how many records were in it."""
    from posthouse.foundation.clock import now  # noqa: PLC0415  needs Django set up
    from posthouse.timeline.importing import Rejects  # noqa: PLC0415  needs Django set up

    with Rejects(rejected, counts.rejected_bytes) as lines:
        while batch := list(islice(records, BATCH)):
            _take_in(given, kind, counts, batch, lines)
            yield len(batch)
    if not given.dry_run:
        counts.finished_at = now()
        counts.save()


def _take_in(given: Given, kind: str, counts: "Counts", batch: "list[Record]", lines: "Rejects") -> None:
    from django.db import transaction  # noqa: PLC0415  needs Django set up

    from posthouse.foundation.clock import now  # noqa: PLC0415  needs Django set up

    with transaction.atomic():
        if not given.dry_run:
            _hold(counts)
        refused = []
        for record in batch:
            try:
                became = _bring(given, kind, record)
            except ValueError as unfit:
                refused.append((record, str(unfit)))
            else:
                counts.new += became == "new"
                counts.known += became == "known"
        counts.records += len(batch)
        counts.rejected += len(refused)
        counts.rejected_bytes = lines.write(refused)
        counts.moved_at = now()
        if given.dry_run:
            transaction.set_rollback(True)
        else:
            counts.save()


def _bring(given: Given, kind: str, record: "Record") -> str:
    """What became of a record. Raises ValueError with the reason why nothing could."""
    from posthouse.surveys.delighted import bringing  # noqa: PLC0415  needs Django set up

    if record.wrong:
        raise bringing.Unfit(record.wrong)
    read = bringing.Record(record.fields, given.columns, given.zone)
    return bringing.bring(given.campaign, bringing.Kind(kind), read)


def _hold(counts: "Counts") -> None:
    """Raises CommandError when another process is at this import."""
    there = type(counts).objects.select_for_update().get(pk=counts.pk)
    if there.records != counts.records:
        raise CommandError("another process is importing this")


def _told(given: Given, kind: str, counts: "Counts", rejected: Path) -> "Counts":
    would = " (nothing was changed)" if given.dry_run else ""
    print(
        f"{kind}: {counts.records} records: {counts.new} new, {counts.known} there already, {counts.rejected} rejected"
        + (f" (see {rejected})" if counts.rejected else "")
        + would
    )
    return counts


def commands(parser: Any) -> None:
    """`surveys` and what it can do."""
    declare(parser.add_parser("import-delighted", help="bring in people, refusals and answers from Delighted"))
