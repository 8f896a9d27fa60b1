"""The kinds of effects that come with automations, done inside the house."""

from typing import Any

from django.conf import settings

from posthouse.automations.events import TaskOpened
from posthouse.automations.facts import Situation, event_values
from posthouse.automations.judging import one_at_a_time
from posthouse.automations.kinds import Asked, LeftOut, Refused, effect_actor, effect_kind
from posthouse.automations.models import Effect, Task
from posthouse.foundation.clock import now
from posthouse.foundation.durations import duration
from posthouse.foundation.ids import new_id
from posthouse.messages import actions as messages
from posthouse.people import actions as people
from posthouse.people import queries
from posthouse.timeline.actions import record_many
from posthouse.timeline.events import ToRecord


def send_mails(asked: Asked) -> list[dict[str, Any] | Exception]:
    """Writes letters to the contacts; each leaves with its own Message-ID, made here, in this transaction."""
    letters = messages.send_letters([_letter(effect, facts) for effect, facts in asked])
    return [_answer(effect, letter) for (effect, _facts), letter in zip(asked, letters, strict=True)]


@effect_kind("send_mail", many=send_mails)
def send_mail(effect: Effect, facts: Situation) -> dict[str, Any]:
    """Writes one letter."""
    answer = send_mails([(effect, facts)])[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


def _letter(effect: Effect, facts: Situation) -> messages.Wanted:
    return messages.Wanted(
        template_key=effect.payload["template"],
        contact_id=effect.contact_id,
        customer_id=effect.customer_id,
        context=mail_context(facts),
        key=effect.key,
        transactional=bool(effect.payload.get("transactional")),
        why_url=f"{settings.PUBLIC_URL}{why_path(effect)}",
        recipient=_recipient(effect, facts.contact),
    )


def _recipient(effect: Effect, contact: Any) -> messages.Recipient | None:
    """The contact as mail sees it; None where it is another one by now, for mail to find out."""
    if contact is None or contact.pk != effect.contact_id:
        return None
    language = contact.user.language if contact.user else ""
    return messages.Recipient(contact.pk, contact.email, language, contact.name)


def _answer(effect: Effect, letter: messages.Letter) -> dict[str, Any] | Exception:
    if letter.outcome == messages.Outcome.NO_TEMPLATE:
        return Refused(f"there is no template {effect.payload['template']}")
    if letter.message is None:
        return LeftOut(str(letter.outcome))
    return {"message_id": letter.message_id, "mail_id": letter.message.mail_id}


def why_path(effect: Effect) -> str:
    """Where the team reads why this was done."""
    return f"/desk/automations/why/{effect.pk}/"


@effect_kind("notice")
def show_notice(effect: Effect, facts: Situation) -> dict[str, Any]:
    """A notice behind the bell of the portal, for the contact, or for the customer where there is none."""
    notice = messages.notify(
        text=effect.payload["text"],
        contact_id=effect.contact_id,
        customer_id=effect.customer_id,
        link=effect.payload.get("link", ""),
        key=effect.key,
        why_url=why_path(effect),
    )
    return {"notice_id": notice.pk}


def mail_context(facts: Situation) -> dict[str, Any]:
    """What a template may say: contact, customer, and the event that began it all. Plain values, no objects."""
    return {
        "contact": queries.contact_values(facts.contact) if facts.contact else {},
        "customer": queries.customer_values(facts.customer) if facts.customer else {},
        "event": event_values(facts.event) if facts.event else {},
    }


def open_tasks(asked: Asked) -> list[dict[str, Any] | Exception]:
    """Things for persons of the team. Announces TaskOpened for each."""
    tasks = Task.objects.bulk_create(_task(effect) for effect, _facts in asked)
    record_many(
        ToRecord(
            event=TaskOpened(customer_id=task.customer_id, contact_id=task.contact_id, task_id=task.pk),
            actor=effect_actor(effect),
            event_id=new_id("evt"),
        )
        for task, (effect, _facts) in zip(tasks, asked, strict=True)
    )
    return [{"task_id": task.pk} for task in tasks]


@effect_kind("task", many=open_tasks)
def open_task(effect: Effect, facts: Situation) -> dict[str, Any]:
    """One of them."""
    answer = open_tasks([(effect, facts)])[0]
    return answer if isinstance(answer, dict) else {}


def _task(effect: Effect) -> Task:
    due = effect.payload.get("due")
    return Task(
        effect=effect,
        title=effect.payload["title"],
        assignee=effect.payload.get("assignee"),
        contact_id=effect.contact_id,
        customer_id=effect.customer_id,
        due_at=now() + duration(due) if due else None,
        created_at=now(),
    )


@effect_kind("set_attribute")
def set_attribute(effect: Effect, facts: Situation) -> dict[str, Any]:
    """Notes something about the contact or the customer, or takes it away."""
    name, value = effect.payload["name"], effect.payload.get("value")

    def change(attributes: dict[str, Any]) -> dict[str, Any]:
        rest = {key: kept for key, kept in attributes.items() if key != name}
        return rest if value is None else {**rest, name: value}

    return _change(effect, facts, change)


@effect_kind("tag")
def put_tag(effect: Effect, facts: Situation) -> dict[str, Any]:
    """Puts a tag into the attribute `tags`, a list, or takes it off."""
    tag, adds = effect.payload["tag"], effect.payload.get("act", "add") == "add"

    def change(attributes: dict[str, Any]) -> dict[str, Any]:
        known = attributes.get("tags")
        others = [other for other in known if other != tag] if isinstance(known, list) else []
        return {**attributes, "tags": [*others, tag] if adds else others}

    return _change(effect, facts, change)


def _change(effect: Effect, facts: Situation, change: Any) -> dict[str, Any]:
    """Reads the attributes anew under a lock, so that two automations at once lose nothing of each other."""
    of, actor = effect.payload.get("of", "contact"), effect_actor(effect)
    one_at_a_time(facts.contact_id if of == "contact" else facts.customer_id)
    if of == "contact" and (contact := queries.contact(facts.contact_id)):
        people.update_contact(contact=contact, attributes=change(contact.attributes), actor=actor)
    elif of == "customer" and (customer := queries.customer(facts.customer_id)):
        people.update_customer(customer=customer, attributes=change(customer.attributes), actor=actor)
    else:
        raise LeftOut(f"no_{of}")
    return {"of": of}
