"""HTTP routes about people."""

from ninja import Router

from posthouse.people.api import contacts, customers, members

router = Router(tags=["people"])
router.add_router("", customers.router)
router.add_router("", contacts.router)
router.add_router("", members.router)

__all__ = ["router"]
