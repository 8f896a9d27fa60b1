"""HTTP routes about automations, their runs, and tasks."""

from ninja import Router

from posthouse.automations.api.automations import router as automations
from posthouse.automations.api.tasks import router as tasks
from posthouse.automations.api.work import router as work

router = Router(tags=["automations"])
router.add_router("", automations)
router.add_router("", work)
router.add_router("", tasks)
