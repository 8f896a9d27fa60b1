"""The rules of a campaign as sentences, in the active language."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from posthouse.design.wording import number
from posthouse.foundation import conditions
from posthouse.foundation.timing import EVERY_DAY
from posthouse.surveys.models import Campaign
from posthouse.surveys.rules import Rules


def sentences(campaign: Campaign) -> list[str]:
    """How often, when and whom it asks, one rule each; what holds nobody back is left out."""
    rules = campaign.rules
    return [*_round(rules), *_clocks(campaign, rules), *_hours(rules), *_limits(campaign, rules)]


def _round(rules: Rules) -> list[str]:
    if not rules.every:
        return []
    cycle = {"day": _every_days, "week": _every_weeks, "month": _every_months}[rules.unit](rules.every)
    whom = conditions.words(rules.audience) if rules.audience else ""
    named = {"cycle": cycle, "time": f"{rules.at:%H:%M}", "condition": whom}
    if whom:
        found = [_("%(cycle)s, at %(time)s where they live, everybody is asked of whom holds: %(condition)s.") % named]
    else:
        found = [_("%(cycle)s, at %(time)s where they live, everybody is asked.") % named]
    spread = _("Each person has a day of its own in the cycle, so that about as many are asked on each day.")
    if rules.spread_days:
        spread = _("Each person has a day of its own among the first %(n)s of the cycle.") % {
            "n": days(rules.spread_days)
        }
    return [*found, spread]


def _every_days(count: int) -> str:
    return ngettext("Every day", "Every %(n)s days", count) % {"n": count}


def _every_weeks(count: int) -> str:
    return ngettext("Every week", "Every %(n)s weeks", count) % {"n": count}


def _every_months(count: int) -> str:
    return ngettext("Every month", "Every %(n)s months", count) % {"n": count}


def _clocks(campaign: Campaign, rules: Rules) -> list[str]:
    found = []
    if campaign.rest_days:
        found.append(
            ngettext(
                "A person is asked at most once every %(n)s day by this campaign.",
                "A person is asked at most once every %(n)s days by this campaign.",
                campaign.rest_days,
            )
            % {"n": campaign.rest_days}
        )
    if campaign.rest_days_any:
        found.append(
            ngettext(
                "Nobody is asked within %(n)s day of a mail of any campaign.",
                "Nobody is asked within %(n)s days of a mail of any campaign.",
                campaign.rest_days_any,
            )
            % {"n": campaign.rest_days_any}
        )
    found += _after(
        rules.answer_days,
        rules.answer_days_any,
        _("Who answered this campaign is left alone for %(n)s."),
        _("Who answered any campaign is left alone for %(n)s."),
    )
    found += _after(
        rules.decline_days,
        rules.decline_days_any,
        _("Who said “not now” to this campaign is left alone for %(n)s."),
        _("Who said “not now” to any campaign is left alone for %(n)s."),
    )
    return found


def _after(own: int, any_days: int, of_this: str, of_any: str) -> list[str]:
    return [text % {"n": days(count)} for count, text in ((own, of_this), (any_days, of_any)) if count]


def _hours(rules: Rules) -> list[str]:
    found = []
    if rules.quiet_from is not None and rules.quiet_to is not None and rules.quiet_from != rules.quiet_to:
        found.append(
            _("Nothing is sent from %(begin)s to %(end)s by the clocks where the person lives.")
            % {"begin": f"{rules.quiet_from:%H:%M}", "end": f"{rules.quiet_to:%H:%M}"}
        )
    if rules.days != EVERY_DAY:
        named = ", ".join(str(WEEKDAYS[day]) for day in rules.days)
        found.append(_("Mails go out only on: %(days)s.") % {"days": named})
    return found


def _limits(campaign: Campaign, rules: Rules) -> list[str]:
    found = []
    if rules.daily_cap:
        found.append(
            ngettext(
                "At most %(n)s mail a day; the others go on the days after.",
                "At most %(n)s mails a day; the others go on the days after.",
                rules.daily_cap,
            )
            % {"n": number(rules.daily_cap)}
        )
    if rules.reminders:
        found.append(
            ngettext(
                "Who has not answered is reminded %(n)s time, after %(days)s.",
                "Who has not answered is reminded up to %(n)s times, each after %(days)s.",
                rules.reminders,
            )
            % {"n": rules.reminders, "days": days(rules.remind_after_days)}
        )
    if campaign.sample_percent < 100:
        found.append(_("%(n)s %% of the people are asked, drawn anew each time.") % {"n": campaign.sample_percent})
    return found


def days(count: int) -> str:
    """A number of days in words."""
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count}
