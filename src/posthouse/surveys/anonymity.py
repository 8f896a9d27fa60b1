"""What makes an anonymous campaign anonymous; why it is done like this stands in docs/decisions/.

Each mail holds a one-time link: random, signed, and stored nowhere when it is made. When it is used, a digest of it
goes into a heap of used ones (`SpentTokens`), apart from the answer. So the house knows who was asked, how many
answered, and that no link is used twice, and not who answered, nor what.
"""

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Count, F, QuerySet

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id
from posthouse.surveys.models import Campaign, Response, SpentTokens
from posthouse.surveys.rounding import rounded

_SALT = "posthouse.surveys.anonymity"
SHARDS = 64
DIGEST = 16
"""Bytes."""


def are_few(campaign: Campaign) -> bool:
    """Whether single answers are not to be shown yet."""
    return Response.objects.filter(campaign=campaign)[: campaign.smallest_group].count() < campaign.smallest_group


def with_few() -> QuerySet[Campaign]:
    """The anonymous campaigns of which no single answers are shown yet."""
    counted = Campaign.objects.filter(anonymous=True).order_by().annotate(number=Count("responses"))
    return counted.filter(number__lt=F("smallest_group"))


def response_id() -> str:
    """The id of an anonymous answer: it tells the day, not the moment; within a day ids are in no order."""
    return new_id("rsp", rounded(now()))


def new_token(campaign: Campaign) -> str:
    """What stands in the link of one mail: the day, and 128 random bits under a signature that binds the campaign."""
    return _signer(campaign).sign(f"{rounded(now()):%Y%m%d}.{secrets.token_urlsafe(16)}").replace(":", "~")


def address(campaign: Campaign, token: str) -> str:
    """Where the link of one mail leads."""
    return f"{settings.PUBLIC_URL}/survey/once/{campaign.pk}/{token}/"


def day_of(campaign: Campaign, token: str) -> date | None:
    """The day on which a token of this campaign was made; None for what is none."""
    try:
        said = _signer(campaign).unsign(token.replace("~", ":"))
        return datetime.strptime(said.partition(".")[0], "%Y%m%d").replace(tzinfo=UTC).date()
    except (BadSignature, ValueError):
        return None


def is_over(campaign: Campaign, day: date) -> bool:
    """Whether the link of that day works no more."""
    return rounded(now()).date() > day + timedelta(days=campaign.link_days)


def is_spent(campaign: Campaign, token: str) -> bool:
    """Whether a link was used."""
    digest = _digest(campaign, token)
    heap = SpentTokens.objects.filter(campaign=campaign, shard=digest[0] % SHARDS).first()
    return heap is not None and digest in _digests(heap)


def spend(campaign: Campaign, token: str) -> bool:
    """Use a link, in the transaction of the caller; False if it was used before. Others of its shard wait meanwhile."""
    digest = _digest(campaign, token)
    if not SpentTokens.objects.filter(campaign=campaign).exists():
        shards = (SpentTokens(campaign=campaign, shard=number) for number in range(SHARDS))
        SpentTokens.objects.bulk_create(shards, ignore_conflicts=True)
    heap = SpentTokens.objects.select_for_update().get(campaign=campaign, shard=digest[0] % SHARDS)
    known = _digests(heap)
    if digest in known:
        return False
    heap.digests = b"".join(sorted([*known, digest]))
    heap.save(update_fields=["digests"])
    return True


def _digests(heap: SpentTokens) -> list[bytes]:
    body = bytes(heap.digests)
    return [body[at : at + DIGEST] for at in range(0, len(body), DIGEST)]


def _digest(campaign: Campaign, token: str) -> bytes:
    return hashlib.blake2b(
        f"{campaign.pk} {token}".encode(), digest_size=DIGEST, key=settings.SECRET_KEY.encode()[:64]
    ).digest()


def _signer(campaign: Campaign) -> Signer:
    return Signer(salt=f"{_SALT}.{campaign.pk}")
