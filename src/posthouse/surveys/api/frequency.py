"""The rules of a campaign about how often and when it asks, as the routes take and give them."""

from typing import Literal

from ninja import Schema

from posthouse.surveys.api.common import In

DayName = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class FrequencyIn(In):
    """How often and when people are asked. Quiet hours (`21:00`) and days are those where the person lives.

    `daily_cap` 0: any number of mails a day. The numbers of days are for how long somebody is left alone after an
    answer, or after saying "not now", to this campaign or (`_any`) to any. Members left out stay as they are.
    """

    quiet_from: str = ""
    quiet_to: str = ""
    days: list[DayName] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    daily_cap: int = 0
    answer_days: int = 0
    answer_days_any: int = 0
    decline_days: int = 180
    decline_days_any: int = 90


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
