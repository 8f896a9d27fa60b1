"""Where the clients of other tools knock, and how they are answered."""

from typing import Any

from posthouse.edge import problems
from posthouse.edge.asgi import Request
from posthouse.edge.compat import answers, parcels
from posthouse.edge.compat.intake import Delivery, deliver, is_strict, strict_refusal
from posthouse.edge.engine import Engine
from posthouse.edge.writer import Outcome

PREFIX = "/compat/"
BEYOND = "/compat/delighted/"
"""Answered by `surveys`, behind the edge."""
SEGMENT = frozenset({"segment", "rudderstack"})
POSTHOG = frozenset({"posthog"})


async def segment_batch(engine: Engine, request: Request) -> None:
    """Segment's and RudderStack's `/v1/batch` and `/v1/import`."""
    await _answer(request, await deliver(engine, request, SEGMENT, parcels.read_segment))


async def segment_one(engine: Engine, request: Request) -> None:
    """Segment's `/v1/track` and the like."""
    await _answer(request, await deliver(engine, request, SEGMENT, parcels.read_segment_one))


async def posthog_batch(engine: Engine, request: Request) -> None:
    """PostHog's `/batch/`."""
    await _answer(request, await deliver(engine, request, POSTHOG, parcels.read_posthog))


async def posthog_one(engine: Engine, request: Request) -> None:
    """PostHog's `/e/` and `/capture/`."""
    await _answer(request, await deliver(engine, request, POSTHOG, parcels.read_posthog_one))


async def posthog_v1(engine: Engine, request: Request) -> None:
    """PostHog's `/i/v1/analytics/events`: its client wants to hear of each event by itself."""
    delivery = await deliver(engine, request, POSTHOG, parcels.read_posthog_v1)
    results: dict[str, dict[str, str]] = {row[1]: {"result": "ok"} for row in delivery.rows}
    for one in delivery.rejected:
        if one.event_id:
            results[one.event_id[:200]] = {"result": "drop", "details": one.detail or one.reason}
    await answers.send(request, 200, {"results": results})


async def nothing_here(engine: Engine, request: Request) -> None:
    """Flags, surveys, session recordings and whatever else: a quick 404 in JSON."""
    raise problems.not_found()


async def _answer(request: Request, delivery: Delivery) -> None:
    """200 also when items were rejected, for these clients would lose a whole batch over one item."""
    if delivery.rejected and is_strict(request):
        await answers.refuse(request, strict_refusal(delivery))
        return
    counted = {
        "accepted": delivery.outcomes.count(Outcome.ACCEPTED),
        "duplicates": delivery.outcomes.count(Outcome.DUPLICATE),
        "rejected": len(delivery.rejected),
    }
    await answers.send(request, 200, {"success": True, "status": "Ok"} | counted)


def _addresses() -> dict[str, Any]:
    found: dict[str, Any] = {f"{PREFIX}segment/v1/{name}": segment_batch for name in ("batch", "import", "b")}
    names = [*parcels.ONE_BY_ONE, *parcels.ONE_BY_ONE.values()]
    found |= {f"{PREFIX}segment/v1/{name}": segment_one for name in names}
    found |= {f"{PREFIX}posthog/{name}": posthog_batch for name in ("batch", "track")}
    found |= {f"{PREFIX}posthog/{name}": posthog_one for name in ("e", "capture", "i/v0/e")}
    found[f"{PREFIX}posthog/i/v1/analytics/events"] = posthog_v1
    return found | {f"{address}/": answer for address, answer in found.items()}


ADDRESSES = _addresses()
"""With and without a slash at the end: a redirect would lose the body."""
