"""Reminders to those who have not answered: how many, when, and what stops them."""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

import pytest
import time_machine

from posthouse.messages import actions as messages
from posthouse.messages.models import MailTemplate, Message
from posthouse.people.models import Contact, User
from posthouse.surveys import actions, links
from posthouse.surveys.models import Send
from posthouse.surveys.tests.conftest import WORDS
from posthouse.surveys.tests.passing import pass_days, work
from posthouse.timeline.models import Event

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TWICE = {"reminders": 2, "remind_after_days": 5}


@pytest.fixture
def clock(db):
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def reminders():
    return Message.objects.filter(template="surveys/reminder").order_by("created_at")


@pytest.mark.mission("S5")
def test_who_has_not_answered_is_reminded_in_the_same_thread_and_the_mail_says_so(clock, make, ask):
    send = ask(make(frequency=TWICE))
    work()
    pass_days(clock, 60)
    first = Message.objects.get(template="surveys/invitation")
    sent = list(reminders())
    assert [mail.created_at for mail in sent] == [NOON + timedelta(days=5), NOON + timedelta(days=10)]
    for mail in sent:
        assert mail.subject == "Reminder: One question"
        assert "This is a reminder" in mail.text
        assert "This is a reminder" in mail.html
        assert mail.headers["In-Reply-To"] == mail.headers["References"] == first.mail_id
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert links.address(send.pk, 10) in mail.html
    send.refresh_from_db()
    assert (send.reminders, send.remind_at, send.sent_at) == (2, None, NOON)
    numbers = (
        Event.objects.filter(type="survey.reminded").order_by("occurred_at").values_list("data__number", flat=True)
    )
    assert list(numbers) == [1, 2]


@pytest.mark.mission("S5")
def test_reminders_speak_spanish_and_say_what_the_campaign_or_the_desk_wrote(clock, make, ask):
    ask(make(frequency=TWICE | {"reminders": 1}), language="es")
    work()
    pass_days(clock, 5)
    assert reminders().last().subject == "Recordatorio: Una pregunta"
    assert "Esto es un recordatorio" in reminders().last().text
    own = WORDS | {"en": WORDS["en"] | {"reminder_subject": "Still there?", "reminder": "We would love to hear."}}
    ask(make(texts=own, frequency=TWICE), email="b@example.org")
    work()
    pass_days(clock, 5)
    assert reminders().last().subject == "Still there?"
    assert "We would love to hear." in reminders().last().html
    MailTemplate.objects.create(
        key="surveys/reminder", language="en", number=1, subject="Edited", text="{{ question }}"
    )
    pass_days(clock, 5)
    assert (reminders().last().subject, reminders().count()) == ("Edited", 3)


def answers(send):
    actions.answer(send=send, given=actions.Answer(score=9))


def unsubscribes(send):
    messages.unsubscribe(addressee=messages.addressee(send.contact.email), category="surveys", how="desk")


def bounces(send):
    messages.suppress(addressee=messages.addressee(send.contact.email), reason="bounce", how="report")


def declines(send):
    actions.decline(send=send)


def ends(send):
    actions.set_state(campaign=send.campaign, state="ended")


def no_longer(send):
    actions.change_campaign(campaign=send.campaign, frequency={"reminders": 0})


@pytest.mark.mission("S5")
@pytest.mark.parametrize("happens", [answers, unsubscribes, bounces, declines, ends, no_longer])
def test_what_stops_reminders(clock, make, ask, happens):
    send = ask(make(frequency=TWICE))
    work()
    pass_days(clock, 6)
    assert reminders().count() == 1
    happens(Send.objects.select_related("campaign", "contact").get(pk=send.pk))
    pass_days(clock, 30)
    assert reminders().count() == 1
    send.refresh_from_db()
    assert send.remind_at is None


@pytest.mark.mission("S5")
def test_a_pause_holds_reminders_and_a_long_one_ends_them(clock, make, ask):
    campaign = make(frequency=TWICE)
    short = ask(campaign)
    work()
    actions.set_state(campaign=campaign, state="paused")
    pass_days(clock, 7)
    assert not reminders().exists()
    actions.set_state(campaign=campaign, state="running")
    work()
    assert reminders().count() == 1
    actions.set_state(campaign=campaign, state="paused")
    pass_days(clock, 30)
    actions.set_state(campaign=campaign, state="running")
    pass_days(clock, 30)
    assert reminders().count() == 1
    short.refresh_from_db()
    assert short.remind_at is None


@pytest.mark.mission("S5")
def test_never_two_surveys_at_once_and_the_newer_one_counts(clock, make, ask):
    own, other = make(rest_days_any=0, frequency=TWICE), make(rest_days_any=0)
    ask(own)
    work()
    pending = ask(other, delay=timedelta(days=7))
    assert pending.outcome == "scheduled"
    pass_days(clock, 6)
    assert not reminders().exists(), "another survey is on its way"
    actions.cancel_send(send=pending)
    pass_days(clock, 2)
    assert reminders().count() == 1
    ask(other)
    pass_days(clock, 30)
    assert reminders().count() == 1, "another survey was sent since"


@pytest.mark.mission("S4")
def test_reminders_keep_quiet_hours_and_count_for_no_clock_and_no_cap(clock, make, ask):
    logins = [User.objects.create_user(f"{n}@example.org", "x", time_zone="Asia/Tokyo") for n in "ab"]
    contact, other = (Contact.objects.create(email=user.email, user=user) for user in logins)
    rules = TWICE | {"quiet_from": "22:00", "quiet_to": "07:00", "daily_cap": 1}
    campaign = make(rest_days=6, frequency=rules)
    send = ask(campaign, contact_id=contact.pk)  # 21:00 in Tokyo
    work()
    clock.shift(timedelta(days=5, hours=2))
    work()
    assert not reminders().exists()
    send.refresh_from_db()
    assert send.remind_at == datetime(2026, 5, 9, 22, tzinfo=UTC), "seven in the morning in Tokyo"
    clock.move_to(send.remind_at)
    assert ask(campaign, contact_id=other.pk).outcome == "scheduled"
    work()
    assert reminders().count() == 1
    assert Send.objects.filter(state="sent").count() == 2
    clock.move_to(NOON + timedelta(days=6, hours=1))
    assert ask(campaign, contact_id=contact.pk).outcome == "scheduled", "the reminder began no clock"


@pytest.mark.mission("S6")
def test_an_anonymous_campaign_reminds_nobody(make):
    with pytest.raises(actions.Invalid) as raised:
        make(state="draft", anonymous=True, frequency=TWICE)
    assert raised.value.place == "/frequency/reminders"


@pytest.mark.mission("S5")
def test_a_reminder_leaves_as_the_campaign_says(clock, make, ask):
    ask(make(sender_name="Ada of Sunline", reply_to="ada@sunline.example", frequency=TWICE))
    work()
    pass_days(clock, 5)
    headers = reminders().get().headers
    assert parseaddr(headers["From"])[0] == "Ada of Sunline"
    assert headers["Reply-To"] == "ada@sunline.example"
