"""The desk's pages of mail: log, words, suppression list, one address, what came back, notices."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from posthouse.messages import actions, queries, rendering
from posthouse.messages.models import MailTemplate, Message, State, Suppression
from posthouse.messages.tests.corpus import CASES, dsn

ADA = "ada@example.org"
WORDS = "/desk/mail/words/en/people/invitation/"


def shown(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_the_log_is_narrowed_by_everything(team_as, letter):
    browser = team_as("auditor")
    letter()
    other = letter(email="bob@example.org", category="product_news")
    Message.objects.filter(pk=other.pk).update(feedback="hard", state="sent", created_at="2026-01-05T00:00:00Z")
    for query, found in (
        ("category=surveys", True),
        ("feedback=hard", False),
        ("state=waiting", True),
        ("template=messages/test_mail", True),
        ("until=2026-01-06", False),
        ("since=2026-02-01", True),
        ("q=ada@", True),
        ("q=%00", True),
        ("state=nonsense&since=never", True),
    ):
        assert (ADA in shown(browser, f"/desk/mail/?{query}")) == found, query
    assert "bob@example.org" not in shown(browser, "/desk/mail/?until=2025-01-01")


def test_one_mail_tells_why_what_came_back_and_that_the_address_is_dead(team_as, letter):
    message = letter(why_url="/desk/why/7/")
    actions.take_in_report(raw=CASES["no such user"][1].replace("{id}", message.mail_id).encode())
    page = shown(team_as("auditor"), f"/desk/mail/{message.pk}/")
    assert "/desk/why/7/" in page
    assert "5.1.1" in page
    assert "Mail came back" in page


def test_a_sent_mail_is_sent_once_more_but_not_to_who_unsubscribed(team_as, letter):
    browser = team_as("support")
    message = letter()
    actions.send_due()
    answer = browser.post(reverse("desk-mail-resend", args=[message.pk]))
    again = Message.objects.exclude(pk=message.pk).get()
    assert answer.headers["Location"] == f"/desk/mail/{again.pk}/"
    assert again.mail_id != message.mail_id
    actions.unsubscribe(addressee=queries.addressee(ADA), how="page")
    browser.post(reverse("desk-mail-resend", args=[message.pk]))
    assert Message.objects.count() == 2
    assert team_as("auditor").post(reverse("desk-mail-resend", args=[message.pk])).status_code == 403


@pytest.mark.mission("S1")
def test_words_are_edited_previewed_tested_saved_and_taken_back(team_as):
    browser = team_as("support")
    page = shown(browser, WORDS)
    assert "{{ customer }}" in page
    assert "vendor.name" in page
    typed = {"subject": "Come to {{ customer }}", "text": "Hello\n{{ url }}", "html": "<p>Hello</p>", "based_on": 0}
    looked = browser.post(WORDS, {**typed, "act": "preview"})
    assert "Come to Analytical Engines" in looked.content.decode()
    assert "frame-src 'self'" in looked.headers["Content-Security-Policy"]
    framed = browser.get("/desk/mail/preview/en/people/invitation/")
    assert "<p>Hello</p>" in framed.content.decode()
    assert framed.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not MailTemplate.objects.exists()

    browser.post(WORDS, {**typed, "act": "test"})
    assert Message.objects.get().subject == "Come to Analytical Engines"
    assert browser.post(WORDS, {**typed, "act": "save", "note": "shorter"}).status_code == 302
    assert "Edited" in shown(browser, "/desk/mail/words/?q=invitation")
    assert browser.post(WORDS, {**typed, "act": "save"}).status_code == 409
    assert "shorter" in shown(browser, WORDS)
    browser.post("/desk/mail/restore/en/people/invitation/")
    assert not MailTemplate.objects.exists()
    assert "Come to" in shown(browser, WORDS + "?revision=1")


def test_refused_words_name_field_line_and_reason_and_lose_nothing(team_as):
    browser = team_as("support")
    typed = {"subject": "s", "text": "one\n{% load x %}", "html": "<script>x</script>", "based_on": 0, "act": "save"}
    answer = browser.post(WORDS, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_text"' in page
    assert "line 2" in page
    assert "{% load x %}" in page
    assert "&lt;script&gt; has no place in a mail" in page
    assert not MailTemplate.objects.exists()


def test_a_mail_of_ones_own_is_named_written_and_listed(team_as):
    browser = team_as("admin")
    assert browser.post("/desk/mail/words/new/", {"key": "people/invitation"}).status_code == 200
    assert browser.post("/desk/mail/words/new/", {"key": "Bad Name"}).status_code == 200
    opened = browser.post("/desk/mail/words/new/", {"key": "first-steps"}).headers["Location"]
    assert opened == "/desk/mail/words/en/first-steps/"
    browser.post(opened, {"subject": "First steps", "text": "Go", "html": "", "based_on": 0, "act": "save"})
    assert "First steps" in shown(browser, "/desk/mail/words/")
    browser.post("/desk/mail/restore/en/first-steps/")
    assert "first-steps" not in shown(browser, "/desk/mail/words/")


@pytest.mark.parametrize("address", ["xx/people/invitation", "en/no/such", "en/A"])
def test_words_of_no_mail_are_not_found(team_as, address):
    assert team_as("admin").get(f"/desk/mail/words/{address}/").status_code == 404
    assert team_as("auditor").get(WORDS).status_code == 403


def test_an_address_is_added_with_a_reason_found_and_taken_off_with_a_reason(team_as):
    browser = team_as("support")
    assert browser.post(reverse("desk-mail-suppressed-add"), {"email": "nonsense", "note": "x"}).status_code == 422
    browser.post(reverse("desk-mail-suppressed-add"), {"email": "Ada@Example.org", "note": "asked by phone"})
    row = Suppression.objects.get()
    assert (row.email, row.reason, row.note) == (ADA, "manual", "asked by phone")
    assert ADA in shown(browser, "/desk/mail/suppressed/?q=ada")
    assert ADA not in shown(browser, "/desk/mail/suppressed/?q=bob&reason=bounce")
    address = f"/desk/mail/address/?id={row.pk}"
    assert "asked by phone" in shown(browser, address)
    remove = reverse("desk-mail-suppressed-remove", args=[row.pk])
    browser.post(remove, {"note": ""})
    assert queries.is_suppressed(ADA)
    browser.post(remove, {"note": "called again"})
    assert not queries.is_suppressed(ADA)
    assert "called again" in shown(browser, f"/desk/mail/address/?email={ADA}")
    assert browser.post(remove, {"note": "x"}).status_code == 404


def test_a_list_comes_in_and_goes_out(team_as):
    browser = team_as("support")
    actions.suppress(addressee=queries.addressee("known@example.org"), reason="complaint", how="report")

    def bring(content):
        file = SimpleUploadedFile("list.csv", content)
        return browser.post(reverse("desk-mail-suppressed-import"), {"file": file})

    lines = "Name;Email;Note\nAda;ada@example.org;=1+1\n;nobody;\nK;KNOWN@example.org;\n"

    page = bring(lines.encode("utf-8-sig")).content.decode()

    assert "2 added, 0 were on the list already, 1 lines hold no address" in page
    assert "line 3" in page
    assert "1 added" not in bring(b"ada@example.org\nada@example.org\n").content.decode()
    assert bring(b"\xff\xfe\x00").status_code == 422
    assert bring(b"a@example.org\n" * 20_001).status_code == 422
    out = browser.get(reverse("desk-mail-suppressed-export")).content.decode()
    assert "ada@example.org,manual,'=1+1" in out
    assert team_as("auditor").get(reverse("desk-mail-suppressed-export")).status_code == 403


def test_what_came_back_is_listed_also_what_fits_no_mail(team_as, letter):
    message = letter()
    actions.take_in_report(raw=CASES["spam button"][1].replace("{id}", message.mail_id).encode())
    actions.take_in_report(raw=dsn("failed", "5.1.1", "<b>550</b>", quoted="").encode())
    browser = team_as("auditor")
    assert message.pk in shown(browser, "/desk/mail/reports/?kind=complaint")
    page = shown(browser, "/desk/mail/reports/?unmatched=1")
    assert message.pk not in page
    assert "&lt;b&gt;550" in page


def test_notices_shown_are_listed_with_how_many_read_them(team_as, customer):
    notice = actions.notify(customer_id=customer.pk, text="Limits change", why_url="/desk/why/1/")
    actions.mark_read(notice=notice, contact_id="con_1")
    page = shown(team_as("auditor"), "/desk/mail/notices/?q=Limits")
    assert "Limits change" in page
    assert "/desk/why/1/" in page
    assert customer.name in page


def test_outsiders_find_nothing(client, owner, letter):
    message = letter()
    for address in ("/desk/mail/", f"/desk/mail/{message.pk}/", "/desk/mail/suppressed/", "/desk/mail/words/", WORDS):
        assert client.get(address).status_code == 302
    assert Message.objects.get().state == State.WAITING


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("key", sorted(key for key in rendering.shipped_keys() if key.startswith("automations/")))
def test_the_mails_of_automations_are_edited_in_one_language_and_looked_at(team_as, key, language):
    browser = team_as("admin")
    page = browser.get(f"/desk/mail/words/{language}/{key}/")
    draft = page.context["draft"]
    assert not page.context["flaws"]
    assert "language ==" not in draft.subject + draft.text + draft.html
    assert ("Hello" if language == "en" else "Hola") in draft.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    framed = browser.get(f"/desk/mail/preview/{language}/{key}/")
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Ada Lovelace" in framed.content.decode()
    assert "[" not in page.context["shown"].text


def test_one_mail_names_its_person_and_its_language(team_as, owner):
    message = actions.send_letter(
        template_key="messages/test_mail", contact_id=owner.contact.pk, category="surveys", context={}
    ).message
    page = shown(team_as("auditor"), f"/desk/mail/{message.pk}/")
    assert f">{owner.contact}</a>" in page
    assert "<dd>English</dd>" in page
