"""Import and publish the vendor's OpenAPI document from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from posthouse.guides import actions
from posthouse.guides.openapi.findings import Finding, ImportRefused


class Command(BaseCommand):
    """posthouse manage import_openapi FILE"""

    help = "Import an OpenAPI 3.0 or 3.1 document (JSON or YAML) and show it in the portal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and whether it is shown at once."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--draft", action="store_true", help="do not show it yet; publish it in the desk")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what was found."""
        path: Path = options["file"]
        try:
            document = actions.import_document(
                source=path.read_bytes(), name=path.name, actor="", publish=not options["draft"]
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except ImportRefused as error:
            raise CommandError(f"{path}: {error}") from error
        for note in document.notes:
            found = Finding(**note)
            self.stderr.write(f"{found.where}: {found.reason}")
        self.stdout.write(f"{document}: {document.operation_count} operations, {document.schema_count} schemas")
