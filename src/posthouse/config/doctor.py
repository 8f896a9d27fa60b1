"""Finds what is wrong with an installation and says how to mend it."""

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from posthouse.messages.queries import is_address, kinds
from posthouse.people.queries import team_size
from posthouse.timeline import queries as timeline

LITTLE_DISK = 500 * 1024 * 1024
MUCH_LAG = 10_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `ok`, `warn` (works, but not well) or `fail` (does not work), and how to mend it."""

    level: Literal["ok", "warn", "fail"]
    text: str
    mend: str = ""


def report(out: TextIO) -> int:
    """Write every finding; 1 when something is broken."""
    broken = 0
    for examine in EXAMINATIONS:
        for finding in _examined(examine):
            broken += finding.level == "fail"
            out.write(f"{finding.level:<5}{finding.text}\n")
            if finding.mend:
                out.write(f"     → {finding.mend}\n")
    return 1 if broken else 0


def _examined(examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from examine()
    except (DatabaseError, OSError) as error:
        yield Finding("fail", f"{(examine.__doc__ or '').rstrip('.')}: {error}", "Mend what is named above first.")


def database() -> Iterator[Finding]:
    """The database answers and its tables are up to date."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    waiting = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    yield Finding("ok", f"database answers ({connection.vendor})")
    if waiting:
        yield Finding("fail", f"{len(waiting)} migrations are not applied", "Run: posthouse migrate")


def transaction_ids() -> Iterator[Finding]:
    """PostgreSQL counts transactions on from where the log stands."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(tx), 0), pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM timeline_event"
        )
        highest, current = cursor.fetchone()
    if highest > current:
        yield Finding(
            "fail",
            "the log holds transaction ids of another PostgreSQL server, so its events would wait for ever",
            "After a restore, once: UPDATE timeline_event SET tx = 0; the same for usage_call and keys_change.",
        )


def data_folder() -> Iterator[Finding]:
    """The data folder can be written, has room, and its secrets are private."""
    folder = Path(settings.DATA)
    probe = folder / ".doctor"
    probe.write_text("")
    probe.unlink()
    free = shutil.disk_usage(folder).free
    level: Literal["ok", "warn"] = "ok" if free > LITTLE_DISK else "warn"
    yield Finding(level, f"{free // 1024**2:,} MB free in the data folder", "" if level == "ok" else "Make room soon.")
    for name in ("secret_key", "peppers.json"):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("fail", f"{name} can be read by others", f"Run: chmod 600 {path}")


def peppers() -> Iterator[Finding]:
    """There is a pepper for the keys, outside the database."""
    yield Finding("ok", f"{len(settings.PEPPERS)} pepper(s), kept outside the database")


def address() -> Iterator[Finding]:
    """The public address fits the other settings."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if host not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        yield Finding("fail", f"{host} is not in ALLOWED_HOSTS", f"Set POSTHOUSE_ALLOWED_HOSTS to include {host}.")
    local = host in {"localhost", "127.0.0.1", "::1"}
    if not local and not settings.SECURE_COOKIES:
        yield Finding("warn", f"{settings.PUBLIC_URL} is not https", "Put a proxy with a certificate in front of it.")
    if settings.DEBUG and not local:
        yield Finding("fail", "DEBUG is on at a public address", "Unset POSTHOUSE_DEBUG.")
    if settings.MAIL_VIEWER and not local:
        yield Finding("fail", "everybody can read all mail at /mail/", "Unset POSTHOUSE_MAIL_VIEWER.")
    yield Finding("ok", f"public address {settings.PUBLIC_URL}")


def mail() -> Iterator[Finding]:
    """Mail leaves the house."""
    if settings.EMAIL_BACKEND.endswith("FolderBackend"):
        yield Finding(
            "warn",
            f"mail is written to {settings.MAIL_FOLDER}, not sent",
            "Set POSTHOUSE_MAIL_URL=smtp://user:pass@host",
        )
        return
    outgoing = get_connection()
    outgoing.open()
    outgoing.close()
    yield Finding("ok", f"mail is accepted by {settings.EMAIL_BACKEND}")


def mail_that_comes_back() -> Iterator[Finding]:
    """Bounces find their way in."""
    if settings.EMAIL_BACKEND.endswith("FolderBackend"):
        return
    if settings.EMAIL_BACKEND.startswith("anymail."):
        if dict(settings.ANYMAIL).get("WEBHOOK_SECRET"):
            yield Finding("ok", "the mail provider may report bounces")
        else:
            mend = 'Put "WEBHOOK_SECRET": "name:password" into POSTHOUSE_ANYMAIL and give it to the provider.'
            yield Finding("warn", "the mail provider cannot report bounces and complaints", mend)
    elif not settings.MAIL_RETURN_PATH:
        mend = "Set POSTHOUSE_MAIL_RETURN_PATH=bounces@…, delivered to: posthouse mail bounce"
        yield Finding("warn", "bounces are not taken in", mend)
    elif is_address(settings.MAIL_RETURN_PATH):
        yield Finding("ok", f"bounces come back to {settings.MAIL_RETURN_PATH}")
    else:
        yield Finding("fail", f"{settings.MAIL_RETURN_PATH!r} is no address", "Mend POSTHOUSE_MAIL_RETURN_PATH.")


def kinds_of_mail() -> Iterator[Finding]:
    """The kinds of mail that need asking for exist."""
    known = {kind.key for kind in kinds() if not kind.transactional}
    for name in sorted(set(settings.MAIL_OPT_IN) - known):
        yield Finding(
            "fail", f"there is no kind of mail {name!r}", f"POSTHOUSE_MAIL_OPT_IN knows {', '.join(sorted(known))}."
        )


def log() -> Iterator[Finding]:
    """Consumers keep up with the timeline and nothing is parked."""
    for name, events in timeline.lag().items():
        if events > MUCH_LAG:
            yield Finding("warn", f"{name} is {events:,} events behind", "Is `posthouse worker` running?")
    parked = timeline.parked().count()
    if parked:
        yield Finding("warn", f"{parked} events could not be taken in", "See the desk, Events, Parked.")
    else:
        yield Finding("ok", "no event is parked")


def team() -> Iterator[Finding]:
    """Somebody can open the desk."""
    if team_size() == 0:
        yield Finding("warn", "nobody may use the desk yet", "Run: posthouse team you@example.com --role admin")


EXAMINATIONS = (
    database,
    transaction_ids,
    data_folder,
    peppers,
    address,
    mail,
    mail_that_comes_back,
    kinds_of_mail,
    log,
    team,
)
