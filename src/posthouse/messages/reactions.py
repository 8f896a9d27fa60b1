"""Mail and notices go with the person or the customer they were for when they turn out to be others."""

from posthouse.messages.models import Change, Message, Notice, NoticeRead
from posthouse.timeline.events import Recorded, reacts_to


@reacts_to("contact.merged", consumer="messages")
def follow_contact(event: Recorded) -> None:
    """The log of mails, notices and the history of choices show all of them under the one who remains."""
    gone, keep = event.data["gone_id"], event.contact_id
    for model in (Message, Notice, Change):
        model.objects.filter(contact_id=gone).update(contact_id=keep)
    read = NoticeRead.objects.filter(contact_id=keep).values_list("notice_id", flat=True)
    NoticeRead.objects.filter(contact_id=gone).exclude(notice_id__in=list(read)).update(contact_id=keep)
    NoticeRead.objects.filter(contact_id=gone).delete()


@reacts_to("customer.merged", consumer="messages")
def follow_customer(event: Recorded) -> None:
    """Likewise."""
    for model in (Message, Notice):
        model.objects.filter(customer_id=event.data["gone_id"]).update(customer_id=event.customer_id)
