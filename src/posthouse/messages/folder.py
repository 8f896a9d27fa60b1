"""A mail backend that writes each message to a file: development, the demo, and tests of what was sent."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from posthouse.foundation.ids import new_id


class FolderBackend(BaseEmailBackend):
    """One `.eml` file per message in `MAIL_FOLDER`, named so that they sort by time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them all; a file appears whole or not at all."""
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = new_id("mail")
            draft = folder / f".{name}"
            draft.write_bytes(bytes(message.message()))
            draft.rename(folder / f"{name}.eml")
        return len(email_messages)
