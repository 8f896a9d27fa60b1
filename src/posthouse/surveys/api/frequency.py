"""The rules of a campaign about how often and when it asks, as the routes take and give them."""

from typing import Any, Literal

from ninja import Schema

from posthouse.surveys.api.common import In

UnitName = Literal["day", "week", "month"]
DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class FrequencyIn(In):
    """How often and when people are asked. Quiet hours (`21:00`) and days are those where the person lives.

    `daily_cap` 0: any number of mails a day. The numbers of days are for how long somebody is left alone after an
    answer, or after saying "not now", to this campaign or (`_any`) to any. Members left out stay as they are.

    Who has not answered is reminded `reminders` times (three at most), each `remind_after_days` behind the last mail;
    reminders count for no clock and no cap.

    With `every` above 0 the campaign comes round by itself: every so many of `unit` everybody for whom `audience`
    holds (a condition on `contact.…` and `customer.…`) is asked, each on a day of its own within the first
    `spread_days` of the cycle (0: all of it), `at` that time where the person lives. Cycles are counted from
    `starts_on`, or from the day behind the start.
    """

    quiet_from: str = ""
    quiet_to: str = ""
    days: list[DayName] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    daily_cap: int = 0
    answer_days: int = 0
    answer_days_any: int = 0
    decline_days: int = 180
    decline_days_any: int = 90
    reminders: int = 0
    remind_after_days: int = 7
    every: int = 0
    unit: UnitName = "month"
    starts_on: str = ""
    spread_days: int = 0
    at: str = "10:00"
    audience: dict[str, Any] = {}


class FrequencyOut(Schema):
    """The rules in full."""

    quiet_from: str
    quiet_to: str
    days: list[DayName]
    daily_cap: int
    answer_days: int
    answer_days_any: int
    decline_days: int
    decline_days_any: int
    reminders: int
    remind_after_days: int
    every: int
    unit: UnitName
    starts_on: str
    spread_days: int
    at: str
    audience: dict[str, Any]
