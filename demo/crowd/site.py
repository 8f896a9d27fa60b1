"""What Sunline's own website and back office tell of its visitors, in the dialect of Segment's clients.

The features that will announce most of these are not built yet; until then the house hears of them as it would from a
vendor's own tools, and the journeys move all the same.
"""

import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import urllib3

logger = logging.getLogger(__name__)

Item = dict[str, Any]

DECLARED = {
    "First Visit": "visit.first",
    "Sandbox Call Made": "console.tried",
    "page:Features": "page.read",
    "page:Use cases": "page.read",
    "page:Comparison": "comparison.read",
    "page:Pricing": "plans.compared",
}
"""What the source declares; all other names become types by themselves: `Webinar Registered` is webinar.registered."""


def _nothing_more(_dice: random.Random, _number: int) -> Item:
    return {}


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that a share of the visitors does, so many days after sign-up (before it: negative)."""

    name: str
    chance: float
    days: tuple[float, float]
    properties: Callable[[random.Random, int], Item] = field(default=_nothing_more)
    needs: str = ""
    """Another habit, without which this one does not come."""


def _response(dice: random.Random, _number: int) -> Item:
    score = dice.choice((3, 6, 7, 8, 8, 9, 9, 10, 10))
    group = "promoter" if score > 8 else "passive" if score > 6 else "detractor"
    return {"campaign": "after-90-days", "score": score, "score_group": group}


RIVALS, LANGUAGES = ("Heliodata", "SkyTimes"), ("python", "curl", "go")
BEFORE = (
    Habit("First Visit", 1.0, (-6, -1), lambda dice, number: {"page": "/"}),
    Habit("page:Features", 0.7, (-1, -0.5)),
    Habit("page:Use cases", 0.4, (-0.5, -0.3)),
    Habit(
        "page:Comparison",
        0.45,
        (-0.3, -0.2),
        lambda dice, number: {"competitor": dice.choice(RIVALS)},
    ),
    Habit("page:Pricing", 0.6, (-0.2, -0.1)),
    Habit("Sandbox Call Made", 0.35, (-0.1, -0.01), lambda dice, number: {"route": "/v1/sun", "status": 200}),
)
AFTER = (
    Habit(
        "Quickstart Followed",
        0.6,
        (0.02, 0.4),
        lambda dice, number: {"language": dice.choice(LANGUAGES)},
    ),
    Habit("SDK Downloaded", 0.45, (0.1, 2), lambda dice, number: {"language": "python", "version": "1.4.0"}),
    Habit("Webhook Endpoint Created", 0.2, (3, 12)),
    Habit("Trust Viewed", 0.25, (5, 30), lambda dice, number: {"page": "/trust"}),
    Habit("Agreement Accepted", 0.15, (31, 40), lambda dice, number: {"agreement": "dpa", "version": "2"}),
    Habit("Usage Viewed", 0.5, (8, 25)),
    Habit("Advice Read", 0.3, (25, 40), lambda dice, number: {"advice": "bursts"}),
    Habit("Ticket Opened", 0.25, (4, 30), lambda dice, number: {"ticket": f"T-{number}", "subject": "401"}),
    Habit("Ticket Resolved", 0.8, (30, 34), lambda dice, number: {"ticket": f"T-{number}"}, "Ticket Opened"),
    Habit("Feedback Given", 0.3, (10, 50), lambda dice, number: {"page": "guides/limits"}),
    Habit("Idea Voted", 0.25, (20, 60), lambda dice, number: {"idea": "tides"}),
    Habit("Webinar Registered", 0.3, (15, 70), lambda dice, number: {"event": "Almanacs at scale"}),
    Habit("Plan Evaluated", 0.35, (30, 60), lambda dice, number: {"plan": "pro"}),
    Habit("Plan Upgraded", 0.4, (61, 80), lambda dice, number: {"from": "free", "to": "pro"}, "Plan Evaluated"),
    Habit("Beta Joined", 0.15, (40, 70), lambda dice, number: {"programme": "tides"}),
    Habit("Deprecation Noticed", 0.4, (45, 60), lambda dice, number: {"deprecation": "2026-01"}),
    Habit("Migration Planned", 0.5, (61, 75), lambda dice, number: {"deprecation": "2026-01"}, "Deprecation Noticed"),
    Habit("Response Received", 0.4, (60, 95), _response),
    Habit("Referral Shared", 0.12, (80, 110), lambda dice, number: {"link": "https://sunline.example/r/7"}),
)


def before_sign_up(seed: int, number: int, signed_up_at: datetime) -> list[Item]:
    """What somebody looked at before the house knew who that is, in order of time."""
    return _told(f"before:{seed}", number, BEFORE, signed_up_at, 1.0, {"anonymousId": _browser(number)})


def afterwards(seed: int, number: int, signed_up_at: datetime, keenness: float) -> list[Item]:
    """What somebody does on the site in the months after, in order of time. `keenness` multiplies the chances."""
    return _told(f"after:{seed}", number, AFTER, signed_up_at, keenness, {"userId": user_id(number)})


def identify(number: int, email: str) -> Item:
    """Who it was that looked around."""
    return {
        "type": "identify",
        "messageId": f"site-{number}-identify",
        "userId": user_id(number),
        "anonymousId": _browser(number),
        "traits": {"email": email},
    }


def user_id(number: int) -> str:
    """What the site calls a person."""
    return f"dev-{number}"


def now_and_then(dice: random.Random, number: int) -> Item:
    """Something that somebody who is there already does today."""
    habit = dice.choice([habit for habit in AFTER if not habit.needs])
    return _item(habit, dice, number, f"{dice.getrandbits(48):x}") | {"userId": user_id(number)}


def first_look(dice: random.Random, number: int) -> list[Item]:
    """What a newcomer looks at before signing up, just now."""
    chosen = [habit for habit in BEFORE if dice.random() < habit.chance]
    who = {"anonymousId": _browser(number)}
    return [_item(habit, dice, number, f"before-{index}") | who for index, habit in enumerate(chosen)]


def _told(
    what: str, number: int, habits: tuple[Habit, ...], signed_up_at: datetime, keenness: float, who: Item
) -> list[Item]:
    dice = random.Random(f"site:{what}:{number}")
    items: list[Item] = []
    done = {""}
    for index, habit in enumerate(habits):
        at = signed_up_at + timedelta(days=dice.uniform(*habit.days))
        item = _item(habit, dice, number, f"{what.partition(':')[0]}-{index}")
        if dice.random() < habit.chance * keenness and habit.needs in done:
            done.add(habit.name)
            items.append(item | who | {"timestamp": at.isoformat()})
    return sorted(items, key=lambda item: item["timestamp"])


def _item(habit: Habit, dice: random.Random, number: int, mark: str) -> Item:
    page, is_page, name = habit.name.partition(":")
    call = {"type": "page", "name": name} if is_page else {"type": "track", "event": page}
    return call | {"messageId": f"site-{number}-{mark}", "properties": habit.properties(dice, number)}


def _browser(number: int) -> str:
    return f"browser-{number}"


class Site:
    """Tells the house over HTTP, as a client of Segment's would."""

    def __init__(self, host: str, write_key: str, pool: urllib3.PoolManager) -> None:
        self._address = f"{host}/v1/batch"
        self._pool = pool
        self._headers = urllib3.make_headers(basic_auth=f"{write_key}:") | {"Content-Type": "application/json"}

    def tell(self, items: list[Item]) -> None:
        """Send what happened; the site goes on when that fails."""
        if not items:
            return
        try:
            answer = self._pool.request("POST", self._address, body=json.dumps({"batch": items}), headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            logger.warning("the site could not tell: %s", error)
            return
        if answer.status != 200:
            logger.warning("the site was refused: %s %s", answer.status, answer.data[:200])
