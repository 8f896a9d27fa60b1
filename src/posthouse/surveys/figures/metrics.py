"""All that is said of a campaign in a period: score with bounds, groups, rates, change, trend, window, break-down."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from posthouse.surveys.figures.asking import Answered, ask
from posthouse.surveys.figures.columns import COMMENTED
from posthouse.surveys.figures.counting import Counts, Question, Span
from posthouse.surveys.figures.touching import number_of
from posthouse.surveys.models import Campaign, DayColumn
from posthouse.surveys.statistics.formulas import Formula
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.scores import Difference, Score, difference, score_of, share_of
from posthouse.surveys.statistics.tallies import Tally
from posthouse.surveys.statistics.trends import Grain, Period, periods

FACTS = ("language", "channel", "device")
ONLY_OF_ANSWERS = frozenset({"device"})
ATTRIBUTE = "attributes."
MOST_GROUPS = 50
BY_MAIL = "email"
P = TypeVar("P", Period, date)


@dataclass(frozen=True)
class Wish:
    """What is asked for. `where` is pairs of trait and value (empty: not known); `by` a trait, or empty.

    A trait is one of FACTS, or `attributes.` and a name. `window` is a number of days, 0 for no moving window;
    `population` the number of people there are in all, where nearly all of them were asked.
    """

    first: date
    last: date
    where: tuple[tuple[str, str], ...] = ()
    counting: Counting = Counting.ALL
    grain: Grain | None = None
    window: int = 0
    by: str = ""
    population: int | None = None

    @property
    def period(self) -> Period:
        """The days asked for."""
        return Period(self.first, self.last)

    @property
    def before(self) -> Period:
        """As many days just before, to compare with."""
        return Period(self.first - (self.last - self.first) - timedelta(days=1), self.first - timedelta(days=1))


@dataclass(frozen=True)
class Asked:
    """How many were asked in the period, and how many of these answered, whenever that was."""

    sent: int
    answered: int

    @property
    def rate(self) -> float | None:
        """The response rate; None when nobody was asked."""
        return share_of(self.answered, self.sent)


@dataclass(frozen=True)
class Figure:
    """Answers of some people or days, and the score of them."""

    tally: Tally
    score: Score

    @property
    def comment_rate(self) -> float | None:
        """Of those who answered, how many wrote something; None when nobody answered."""
        return share_of(self.tally.commented, self.tally.answers)


@dataclass(frozen=True)
class Part:
    """One value of the trait broken down by (empty: not known), and how it differs from all others together."""

    value: str
    figure: Figure
    asked: Asked | None
    from_others: Difference


@dataclass(frozen=True)
class Metrics:
    """What was found. `asked` is None where sends cannot be told apart by what was filtered by.

    `others` counts the values of the break-down beyond the fifty with most answers. `behind_since`: since when
    answers have come in that are not counted yet; None where all are. Of an anonymous campaign `hidden` counts the
    parts that are too small to be shown; `withheld`: so is the whole, or what a filter leaves out of it.
    """

    wish: Wish
    formula: Formula
    figure: Figure
    before: Figure
    change: Difference
    asked: Asked | None
    trend: list[tuple[Period, Figure]]
    rolling: list[tuple[date, Figure]]
    parts: list[Part]
    others: int
    behind_since: datetime | None
    hidden: int = 0
    withheld: bool = False


def formula_of(campaign: Campaign) -> Formula:
    """How a campaign's answers become one figure."""
    return Formula(campaign.metric, campaign.scale, campaign.formula)


def is_trait(name: str) -> bool:
    """Whether answers can be told apart by it."""
    return name in FACTS or (name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE))


def metrics(campaign: Campaign, wish: Wish) -> Metrics:
    """The figures of a campaign.

    Raises TooManyValues for a filter by such as ids over very many answers, TooFewPeople for a population
    that is smaller than the number of answers.
    """
    formula = formula_of(campaign)
    trend = periods(wish.grain, wish.first, wish.last) if wish.grain else []
    answers = _answers(campaign, wish, trend)
    asked, asked_by = _asked(campaign, wish)
    now, before = (_figure(formula, counts) for counts in answers.counted.spans)
    now = Figure(now.tally, score_of(now.tally, population=wish.population))
    parts = _parts(formula, now.tally, answers, asked_by)
    return Metrics(
        wish=wish,
        formula=formula,
        figure=now,
        before=before,
        change=difference(now.tally, before.tally),
        asked=asked,
        trend=_with(trend, formula, answers.counted.trend),
        rolling=_with(_days(wish), formula, list(answers.counted.window)),
        parts=parts[:MOST_GROUPS],
        others=len(parts[MOST_GROUPS:]),
        behind_since=answers.behind_since,
    )


def _answers(campaign: Campaign, wish: Wish, trend: list[Period]) -> Answered:
    question = Question(
        spans=(_span(wish.period), _span(wish.before)),
        where=wish.where,
        latest=wish.counting is Counting.LATEST,
        trend=tuple(_span(period) for period in trend),
        window=wish.window,
        by=wish.by,
    )
    return ask(campaign.pk, DayColumn.Kind.ANSWERS, question)


def everybody(campaign: Campaign, wish: Wish, channel: str = "") -> Tally:
    """The answers of the days asked for, whatever they are filtered by; of one channel where it is named."""
    where = (("channel", channel),) if channel else ()
    question = Question(spans=(_span(wish.period),), where=where, latest=wish.counting is Counting.LATEST)
    counted = ask(campaign.pk, DayColumn.Kind.ANSWERS, question).counted
    return _figure(formula_of(campaign), counted.spans[0]).tally


def _asked(campaign: Campaign, wish: Wish) -> tuple[Asked | None, dict[str, Asked]]:
    """How many were asked, in all and by the trait; nothing where a send does not know what was filtered by.

    In an anonymous campaign no send knows whether it was answered: there it is the answers to mails in these days.
    """
    if campaign.anonymous:
        if wish.where:
            return None, {}
        sent = ask(campaign.pk, DayColumn.Kind.SENDS, Question(spans=(_span(wish.period),))).counted.spans[0]
        return Asked(int(sent.sum()), everybody(campaign, wish, BY_MAIL).answers), {}
    if ONLY_OF_ANSWERS & {name for name, _value in wish.where}:
        return None, {}
    by = "" if wish.by in ONLY_OF_ANSWERS else wish.by
    question = Question(spans=(_span(wish.period),), where=wish.where, by=by)
    counted = ask(campaign.pk, DayColumn.Kind.SENDS, question).counted
    return _sent(counted.spans[0]), {word: _sent(counts) for word, counts in counted.groups.items()}


def _sent(counts: Counts) -> Asked:
    return Asked(int(counts.sum()), int(counts[1]))


def _parts(formula: Formula, whole: Tally, answers: Answered, asked: dict[str, Asked]) -> list[Part]:
    """The values with most answers first."""
    found = {word: _figure(formula, counts) for word, counts in answers.counted.groups.items()}
    ordered = sorted(found, key=lambda word: (-found[word].tally.answers, word))
    return [
        Part(word, found[word], asked.get(word), difference(found[word].tally, whole - found[word].tally))
        for word in ordered
    ]


def _figure(formula: Formula, counts: Counts) -> Figure:
    tally = Tally(
        formula,
        tuple(int(counts[score] + counts[score + COMMENTED]) for score in formula.scores),
        sum(int(counts[score + COMMENTED]) for score in formula.scores),
    )
    return Figure(tally, score_of(tally))


def _with(places: list[P], formula: Formula, counts: list[Counts]) -> list[tuple[P, Figure]]:
    return [(place, _figure(formula, row)) for place, row in zip(places, counts, strict=True)]


def _days(wish: Wish) -> list[date]:
    number = (wish.last - wish.first).days + 1 if wish.window else 0
    return [wish.first + timedelta(days=day) for day in range(number)]


def _span(period: Period) -> Span:
    return Span(max(number_of(period.first), 0), max(number_of(period.last), 0))
