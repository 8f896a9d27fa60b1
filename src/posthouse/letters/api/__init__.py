"""HTTP routes about mail: whom we do not write to, who wants what, and the words of mails."""

from ninja import Router

from posthouse.letters.api.preferences import router as preferences
from posthouse.letters.api.suppressions import router as suppressions
from posthouse.letters.api.words import router as words

router = Router(tags=["mail"])
router.add_router("", suppressions)
router.add_router("", preferences)
router.add_router("", words)
