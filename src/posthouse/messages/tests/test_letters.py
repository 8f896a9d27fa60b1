"""Letters of our own accord: who gets them, who does not, what stands in them."""

import pytest
from django.db import transaction

from posthouse.messages import actions, queries
from posthouse.messages.actions import Outcome
from posthouse.messages.models import Change, Message, Reason, State
from posthouse.people import actions as people
from posthouse.people.personal_data import erase
from posthouse.timeline.models import Event

ADA = "ada@example.org"


@pytest.fixture
def ada(db):
    return people.know_contact(email=ADA, name="Ada")


@pytest.fixture
def letter(db):
    def letter(**more):
        more = {"template_key": "messages/test_mail", "context": {"name": "Ada", "link": "https://x.example"}} | more
        return actions.send_letter(**({} if "contact_id" in more else {"email": ADA}) | more)

    return letter


def known(email=ADA):
    return actions.addressee(email)


def test_a_letter_goes_to_the_contact_with_a_way_out_in_text_html_and_headers(letter, ada, settings):
    sent = letter(contact_id=ada.pk, category="product_news", why_url="/desk/why/1", key="k1")
    message = sent.message
    assert sent.outcome == "sent-to-queue"
    assert (message.to, message.contact_id, message.category) == (ADA, ada.pk, "product_news")
    link = f"{settings.PUBLIC_URL}/letters/{message.token}/unsubscribe/"
    assert message.headers["List-Unsubscribe"] == f"<{link}>"
    assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.text
    assert link in message.html
    assert message.why_url == "/desk/why/1"
    assert letter(contact_id=ada.pk, key="k1").message_id == message.pk


def test_a_service_notice_has_no_unsubscribe_link_and_ignores_preferences(letter):
    actions.choose(addressee=known(), category="onboarding", wanted=False, how="page")
    actions.unsubscribe(addressee=known(), how="page")
    assert letter().outcome == Outcome.UNSUBSCRIBED
    sent = letter(transactional=True)
    assert sent.outcome == Outcome.QUEUED
    assert sent.message.category == "service"
    assert "List-Unsubscribe" not in sent.message.headers
    assert "/unsubscribe/" not in sent.message.text


@pytest.mark.parametrize("reason", [Reason.BOUNCE, Reason.MANUAL])
def test_a_dead_or_blocked_address_gets_not_even_service_notices(letter, reason):
    actions.suppress(addressee=known(), reason=reason, how="desk")
    assert letter(transactional=True).outcome == Outcome.SUPPRESSED
    assert queries.is_suppressed(ADA, transactional=True)


def test_who_complained_still_gets_service_notices(letter):
    actions.suppress(addressee=known(), reason=Reason.COMPLAINT, how="report")
    assert letter().outcome == Outcome.SUPPRESSED
    assert letter(transactional=True).outcome == Outcome.QUEUED
    assert queries.is_suppressed(ADA)
    assert not queries.is_suppressed(ADA, transactional=True)


def test_no_address_no_letter(letter, ada):
    assert letter(contact_id="con_none").outcome == Outcome.NO_ADDRESS
    assert letter(email="nonsense").outcome == Outcome.NO_ADDRESS
    erase(ada)
    assert letter(contact_id=ada.pk).outcome == Outcome.NO_ADDRESS


def test_an_unknown_template_or_category_is_an_error_at_once(letter):
    with pytest.raises(actions.UnknownTemplate):
        letter(template_key="nobody/wrote")
    with pytest.raises(LookupError):
        letter(category="nonsense")
    assert not Message.objects.exists()


def test_the_choice_is_per_kind_and_addresses_are_compared_without_case(letter):
    actions.choose(addressee=known("ADA@Example.org "), category="surveys", wanted=False, how="page")
    assert not queries.may_receive(ADA, "surveys")
    assert queries.may_receive(ADA, "product_news")
    assert letter(category="surveys").outcome == Outcome.UNSUBSCRIBED
    assert letter(category="product_news").outcome == Outcome.QUEUED
    with pytest.raises(ValueError, match="service"):
        actions.choose(addressee=known(), category="service", wanted=False, how="page")


def test_a_kind_may_be_for_those_only_who_asked(letter, settings):
    settings.MAIL_OPT_IN = ["product_news"]
    assert letter(category="product_news").outcome == Outcome.UNSUBSCRIBED
    assert actions.choose(addressee=known(), category="product_news", wanted=True, how="portal")
    assert letter(category="product_news").outcome == Outcome.QUEUED


def test_who_unsubscribes_while_the_letter_waits_does_not_get_it(letter, postman):
    message = letter(category="surveys").message
    actions.choose(addressee=known(), category="surveys", wanted=False, how="one_click")
    actions.send_due()
    message.refresh_from_db()
    assert (message.state, message.last_error) == (State.CANCELLED, "unsubscribed")
    assert not postman.mails


def test_every_change_is_in_the_history_and_on_the_timeline(ada):
    assert actions.choose(addressee=known(), category="surveys", wanted=False, how="page", message_id="msg_1")
    assert not actions.choose(addressee=known(), category="surveys", wanted=False, how="page")
    assert actions.choose(addressee=known(), category="surveys", wanted=True, how="portal")
    history = [(row.category, row.wanted, row.how, row.message_id) for row in queries.changes(known())]
    assert history == [("surveys", True, "portal", ""), ("surveys", False, "page", "msg_1")]
    told = list(Event.objects.filter(contact_id=ada.pk).order_by("position").values_list("type", flat=True))
    assert told[-2:] == ["message.unsubscribed", "message.subscribed"]


def test_a_repeated_add_never_resubscribes(letter, ada):
    actions.suppress(addressee=known(), reason=Reason.COMPLAINT, how="report")
    assert not actions.suppress(addressee=known(), reason=Reason.UNSUBSCRIBED, how="page")
    people.know_contact(email=ADA, name="Ada again")
    actions.import_suppressions(lines=[(2, ADA, "")], actor="")
    assert queries.suppression(known()).reason == Reason.MANUAL
    assert letter().outcome == Outcome.SUPPRESSED
    assert actions.resubscribe(addressee=known(), how="page") is False


def test_a_person_takes_back_its_own_no_but_not_a_bounce(letter):
    actions.unsubscribe(addressee=known(), how="page")
    assert actions.resubscribe(addressee=known(), how="page")
    assert letter().outcome == Outcome.QUEUED
    actions.suppress(addressee=known(), reason=Reason.BOUNCE, how="report")
    assert not actions.resubscribe(addressee=known(), how="page")


def test_after_an_erasure_only_a_keyed_hash_is_left_and_still_nothing_is_sent(letter, ada, settings):
    sent = letter(contact_id=ada.pk, category="surveys").message
    waiting = letter(contact_id=ada.pk).message
    actions.notify(contact_id=ada.pk, text="Hello")
    erase(ada)
    for message in (sent, waiting):
        message.refresh_from_db()
        assert (message.to, message.text, message.html, message.subject) == ("", "", "", "")
        assert message.state == State.CANCELLED
    assert ADA not in str([list(model.objects.values()) for model in (Message, Change)])
    assert letter(email=ADA).outcome == Outcome.SUPPRESSED
    assert queries.is_suppressed(ADA)
    people.know_contact(email=ADA)
    assert letter(email=ADA).outcome == Outcome.SUPPRESSED
    assert queries.suppression(queries.addressee_of(sent)).reason == Reason.ERASED


def test_a_new_pepper_loses_no_choice(letter, settings):
    actions.suppress(addressee=known(), reason=Reason.COMPLAINT, how="report")
    actions.choose(addressee=known(), category="surveys", wanted=False, how="page")
    settings.PEPPERS = {**settings.PEPPERS, "newer": "bmV3ZXIgbmV3ZXIgbmV3ZXIgbmV3ZXIgbmV3ZXIgISE="}
    assert queries.is_suppressed(ADA)
    assert not queries.may_receive(ADA, "surveys")
    assert actions.choose(addressee=known(), category="surveys", wanted=True, how="page")
    assert {kind.key: wanted for kind, wanted in queries.choices(known())}["surveys"]


@pytest.mark.django_db(transaction=True)
def test_a_letter_of_a_change_that_is_rolled_back_is_not_sent(letter):
    with transaction.atomic():
        letter()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.mission("S5")
def test_the_headers_arrive_whole_over_smtp(letter, postman, settings):
    settings.PUBLIC_URL = "https://developers.a-vendor-with-a-rather-long-name.example.org"
    message = letter(category="surveys").message
    actions.send_due()
    [arrived] = postman.mails
    assert arrived["List-Unsubscribe"].strip() == f"<{settings.PUBLIC_URL}/letters/{message.token}/unsubscribe/>"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
