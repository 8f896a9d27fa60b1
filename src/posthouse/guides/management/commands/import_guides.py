"""Import the vendor's guides from a folder of Markdown files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from posthouse.guides import actions
from posthouse.guides.openapi.findings import ImportRefused


class Command(BaseCommand):
    """posthouse manage import_guides FOLDER"""

    help = "Replace the guides by the Markdown files of a folder: en/getting-started.md, es/getting-started.md …"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say how many pages there are."""
        try:
            pages = actions.import_pages(folder=options["folder"])
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(pages)} pages")
