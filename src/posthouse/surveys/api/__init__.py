"""HTTP routes about surveys."""

from ninja import Router

from posthouse.surveys.api.campaigns import router as campaigns_router
from posthouse.surveys.api.export import router as export_router
from posthouse.surveys.api.handling import router as handling_router
from posthouse.surveys.api.hooks import router as hooks_router
from posthouse.surveys.api.links import router as links_router
from posthouse.surveys.api.metrics import router as metrics_router
from posthouse.surveys.api.responses import router as responses_router
from posthouse.surveys.api.schedule import router as schedule_router
from posthouse.surveys.api.sends import router as sends_router
from posthouse.surveys.api.themes import router as themes_router
from posthouse.surveys.api.trials import router as trials_router
from posthouse.surveys.api.widget import router as widget_router

router = Router(tags=["surveys"])
router.add_router("", export_router)
router.add_router("", themes_router)
router.add_router("", handling_router)  # before campaigns: its addresses begin with words that could be ids
router.add_router("", campaigns_router)
router.add_router("", sends_router)
router.add_router("", responses_router)
router.add_router("", metrics_router)
router.add_router("", links_router)
router.add_router("", hooks_router)
router.add_router("", schedule_router)
router.add_router("", trials_router)
router.add_router("", widget_router)
