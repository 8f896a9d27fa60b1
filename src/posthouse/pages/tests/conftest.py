"""The people of the keys' tests, and events as the features below announce them."""

from datetime import datetime
from types import SimpleNamespace

import pytest
from django.db import transaction

from posthouse.guides.actions import import_document
from posthouse.keys.tests.conftest import api, customer, make_key, member_as, outsider, owner, sign_up, team_as
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event

__all__ = ["api", "customer", "make_key", "member_as", "outsider", "owner", "sign_up", "team_as"]


DOCUMENT = b"""{
 "openapi": "3.1.0", "info": {"title": "Sunline", "version": "1"},
 "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}, "security": [{"key": []}],
 "paths": {"/v1/sun": {"get": {"operationId": "getSun", "summary": "Sun times", "responses": {
   "200": {"description": "Times"},
   "400": {"description": "Not a date", "x-error-codes": {"date-invalid": {
      "title": "That is not a date", "description": "The date cannot be read.", "fix": "Write it like 2026-11-22.",
      "translations": {"es": {"title": "Eso no es una fecha", "description": "No se lee.", "fix": "Como 2026-11-22."}}
   }}}}}}}
}"""


@pytest.fixture
def published(db):
    """The vendor's API document is out: one operation, one error code, in English and Spanish."""
    return import_document(source=DOCUMENT, name="sunline.json", actor="")


@pytest.fixture
def happen(customer):
    """Record an event of the customer as if a feature had announced it."""

    def record(type_: str, *, at: datetime | None = None, customer_id: str | None = None, **data: object) -> Event:
        event = SimpleNamespace(
            type=type_,
            version=1,
            customer_id=customer.pk if customer_id is None else customer_id,
            contact_id=str(data.pop("contact_id", "")),
            data=data,
        )
        with transaction.atomic():
            return timeline.record(event, occurred_at=at)

    return record
