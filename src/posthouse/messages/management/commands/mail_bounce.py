"""Takes in a bounce or complaint from standard input: for a pipe or an alias of the mail server."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from posthouse.messages import bounces
from posthouse.messages.actions import take_in_report

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the report and comes again."""


class Command(BaseCommand):
    """See the module."""

    help = "Take in a bounce or complaint from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The address to which it came may be given, where the headers do not tell."""
        parser.add_argument("--recipient", default="", help="the address it came to, such as ${recipient} of Postfix")

    def handle(self, *args: Any, **options: Any) -> None:
        """Never fails because of what stands in the mail, or the server would bounce the bounce."""
        raw = sys.stdin.buffer.read(bounces.LONGEST)
        if not raw.strip():
            raise CommandError("there is no mail on standard input")
        try:
            report = take_in_report(raw=raw, recipient=options["recipient"])
        except DatabaseError as error:
            raise CommandError(f"the database says: {error}", returncode=TRY_AGAIN) from error
        about = f"about {report.message_id}" if report.message_id else "about no mail of ours"
        self.stdout.write(f"{report.get_kind_display()}, {about}")
