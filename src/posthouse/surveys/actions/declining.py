"""Taking in that somebody does not want to answer now."""

from django.db import transaction

from posthouse.foundation.clock import now
from posthouse.surveys import events
from posthouse.surveys.actions.answering import answerable
from posthouse.surveys.models import Response, Send
from posthouse.timeline.actions import record


@transaction.atomic
def decline(*, send: Send) -> Send:
    """Leave the person alone for as long as the campaigns say; answering stays possible. A second time changes nothing.

    Announces SurveyDeclined. Raises Refused where nothing can be answered any more. Whoever has answered already does
    not decline.
    """
    send = Send.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=send.pk)
    response = Response.objects.filter(send=send).first()
    answerable(send, response)
    if response is not None or send.declined_at is not None:
        return send
    send.declined_at = now()
    send.save(update_fields=["declined_at"])
    declined = events.SurveyDeclined(
        customer_id=send.customer_id, contact_id=send.contact_id, campaign_id=send.campaign_id, send_id=send.pk
    )
    record(declined, actor=f"contact:{send.contact_id}")
    return send
