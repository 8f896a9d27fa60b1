"""What may be asked of figures, read from the words of callers and addresses: filters, days, break-down."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _

from posthouse.surveys.figures.metrics import FACTS, Wish, is_trait
from posthouse.surveys.statistics.trends import Grain, periods

FIRST_DAY, LAST_DAY = date(1975, 1, 1), date(2199, 12, 31)
MOST_DAYS = 3660
MOST_PERIODS = 400
MOST_FILTERS = 10
MOST_WINDOW = 92
LONGEST = 300
USUAL_DAYS = 90


class Unreadable(ValueError):
    """A wish that cannot be granted; `place` names the parameter, the text is for people."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def filters(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Filters such as `attributes.plan=pro`; with nothing after the sign: those of whom it is not known.

    Raises Unreadable.
    """
    found = tuple(_filter(word) for word in words)
    if len(found) > MOST_FILTERS:
        raise Unreadable("where", _("At most %(count)d filters.") % {"count": MOST_FILTERS})
    return found


def _filter(words: str) -> tuple[str, str]:
    name, sign, value = words.partition("=")
    if not sign or len(words) > LONGEST:
        raise Unreadable("where", _("A filter is written like attributes.plan=pro."))
    return trait(name, "where"), value


def trait(name: str, place: str = "by") -> str:
    """What answers are told apart by. Raises Unreadable."""
    if not is_trait(name) or len(name) > LONGEST:
        known = ", ".join(FACTS)
        raise Unreadable(place, _("This is one of: %(names)s, or attributes. and a name.") % {"names": known})
    return name


def days(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The first and the last day; without them, the ninety days until today. Raises Unreadable."""
    last = last or max(today, first or today)
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    for place, day in (("since", first), ("until", last)):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise Unreadable(place, _("This day is too far away."))
    if last < first:
        raise Unreadable("until", _("The last day is not before the first."))
    if (last - first).days >= MOST_DAYS:
        raise Unreadable("since", _("At most %(count)d days at once.") % {"count": MOST_DAYS})
    return first, last


def check(wish: Wish) -> Wish:
    """The same wish. Raises Unreadable where its chart would have too many points."""
    if wish.grain and len(periods(wish.grain, wish.first, wish.last)) > MOST_PERIODS:
        raise Unreadable("grain", _("These are too many points; ask for weeks or months."))
    if wish.window and (wish.last - wish.first).days >= MOST_PERIODS:
        raise Unreadable("window", _("A moving window is for at most %(count)d days.") % {"count": MOST_PERIODS})
    return wish


def usual_grain(first: date, last: date) -> Grain:
    """What gives a chart that can be read."""
    number = (last - first).days + 1
    return Grain.DAY if number <= 31 else Grain.WEEK if number <= 200 else Grain.MONTH
