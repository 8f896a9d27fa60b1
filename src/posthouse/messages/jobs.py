"""Background work about mail."""

from posthouse.foundation import jobs
from posthouse.messages import actions


@jobs.every(0.25, lane=jobs.MAIL)
def send_due_mail() -> int:
    """Send what is due."""
    return actions.send_due()


@jobs.every(3600)
def forget_old_words() -> int:
    """Empty the words of mails finished a month ago."""
    return actions.forget_words()
