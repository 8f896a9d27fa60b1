"""The day of a moment: all that is kept of when somebody answered anonymously."""

from datetime import UTC, datetime, timedelta


def rounded(moment: datetime) -> datetime:
    """The beginning of its day, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def rounded_up(moment: datetime) -> datetime:
    """The end of its day, in UTC."""
    return rounded(moment) + timedelta(days=1)
