"""What happens to surveys without anybody asking."""

from posthouse.foundation.jobs import every
from posthouse.surveys import actions
from posthouse.surveys.figures import summing
from posthouse.surveys.frequency import turning
from posthouse.surveys.planning import acting as planning


@every(5)
def give_turns() -> int:
    """Ask those whose turn it is, in campaigns that come round."""
    return turning.take_turns()


@every(5)
def send_survey_reminders() -> int:
    """Write the mails of the reminders that have fallen due."""
    return actions.send_reminders()


@every(1)
def send_due_surveys() -> int:
    """Write the mails of the sends that have fallen due."""
    return actions.send_due()


@every(600)
def trim_hook_deliveries() -> int:
    """Keep the latest deliveries of each incoming webhook."""
    return actions.trim_deliveries()


@every(600)
def announce_anonymous_answers() -> int:
    """Tell how many answers anonymous campaigns got on days that are over."""
    return actions.announce_anonymous_answers()


@every(3600)
def forget_deleted_plans() -> int:
    """Delete plans that were deleted a month ago."""
    return planning.forget_deleted()


@every(1)
def sum_up() -> int:
    """Make the columns of survey figures anew for days that have changed."""
    return summing.sum_up()
