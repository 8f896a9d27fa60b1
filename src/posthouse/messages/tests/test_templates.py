"""Edited words: the safe subset, refusals with their place, revisions, and never losing a mail."""

from datetime import timedelta

import pytest

from posthouse.foundation.clock import now
from posthouse.messages import actions, queries, rendering, safe, shipped
from posthouse.messages.actions import Draft
from posthouse.messages.models import MailTemplate, Message, State, TemplateRevision
from posthouse.timeline.models import Event

LANGUAGES = ("en", "es")


def draft(**more):
    fields = {"key": "hello", "language": "en", "subject": "Hello {{ contact.name }}", "text": "Hello", "html": ""}
    return Draft(**fields | more)


def save(**more):
    return actions.save_template(draft=draft(**more), actor="team:1")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", sorted(rendering.shipped_keys()))
def test_every_shipped_mail_can_be_edited_and_says_the_same_when_saved_unchanged(db, key, language):
    words = shipped.source(key, language)
    unchanged = Draft(key, language, words.subject, words.text, words.html)
    assert actions.flaws_of(unchanged) == []
    values = safe.plain(actions.templates.sample_values(unchanged))
    original = rendering.render(key, language, values)
    actions.save_template(draft=unchanged, actor="")
    edited = rendering.render(key, language, values)
    assert edited.subject == original.subject
    if words.html:
        assert edited.text == original.text
        assert "".join(edited.html.split()) == "".join(original.html.split())


@pytest.mark.parametrize(
    ("field", "source", "line"),
    [
        ("text", "one\n{% load i18n %}", 2),
        ("text", "{% include 'x' %}", 1),
        ("text", "{% extends 'x' %}", 1),
        ("text", "a\nb\n{% now 'Y' %}", 3),
        ("text", "{% debug %}", 1),
        ("text", "{% csrf_token %}", 1),
        ("html", "<p>\n{% autoescape off %}x{% endautoescape %}", 2),
        ("html", "<p>{{ name|safe }}</p>", 1),
        ("html", "<p>{{ name|safeseq }}</p>", 1),
        ("text", "{{ name|ljust:1000000000 }}", 1),
        ("text", "{{ name|add:name }}", 1),
        ("text", "{% lorem 100000 %}", 1),
        ("text", "{% url 'home' %}", 1),
        ("text", "{{ name|join:name }}", 1),
        ("text", "{{ 1|floatformat:1000000 }}", 1),
        ("text", "{% filter upper %}x{% endfilter %}", 1),
        ("text", "{% if a %}\nx", 1),
        ("text", "x\n{% endif %}", 2),
        ("text", "{{ a.__class__ }}", 1),
        ("text", "{{ a b }}", 1),
        ("text", "{% for x in a %}" * 20 + "{% endfor %}" * 20, 1),
        ("text", "{% if " + "not " * 3000 + "a %}x{% endif %}", 1),
        ("text", "{% for a in big %}" * 4 + "x" + "{% endfor %}" * 4 + "{% verbatim %}", 1),
        ("subject", "{% load x %}", 1),
        ("subject", "", 1),
        ("subject", "a\nb", 1),
        ("text", " ", 1),
        ("text", "x" * 50_001, 1),
        ("text", "{{" * 24_000, 1),
        ("html", "{%" * 24_000, 1),
        ("html", "<p>\n<script>alert(1)</script>", 2),
        ("html", "<iframe src='https://x.example'></iframe>", 1),
        ("html", "<form action='https://x.example'></form>", 1),
        ("html", "<meta http-equiv='refresh' content='0'>", 1),
        ("html", "<link rel=stylesheet href='https://x.example/a.css'>", 1),
        ("html", "<svg onload=alert(1)>", 1),
        ("html", "<p>\n\n<img src='https://x.example/a.png' onerror='alert(1)'>", 3),
        ("html", "<a href='javascript:alert(1)'>x</a>", 1),
        ("html", "<a href=' java\nscript:alert(1)'>x</a>", 1),
        ("html", "<a href='data:text/html,x'>x</a>", 1),
        ("html", "<a href={{ url }}>x</a>", 1),
        ("html", "<a {{ url }}>x</a>", 1),
        ("html", "<{{ url }}>", 1),
        ("html", "<p style='background:{{ url }}'>x</p>", 1),
        ("html", "<p style='background:url(http://x.example)'>x</p>", 1),
        ("html", "<style>@import 'https://x.example/a.css';</style>", 1),
        ("html", "<style>p{color:{{ name }}}</style>", 1),
    ],
)
def test_hostile_and_broken_words_are_refused_with_place_and_reason(db, field, source, line):
    with pytest.raises(actions.WordsRefused) as refused:
        save(**{field: source})
    flaw = refused.value.flaws[0]
    assert (flaw.place, flaw.line) == (field, line)
    assert len(flaw.reason) > 10
    assert not MailTemplate.objects.exists()


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in many %}{% for b in many %}{{ a }}{% endfor %}{% endfor %}",
        "{% for a in many %}{% for b in many %}{% if a %}{% endif %}{% endfor %}{% endfor %}",
        "{% for a in long %}{% endfor %}",
        "{% for a in huge %}x{% endfor %}",
        "{{ long }}" * 40,
        "{% with a=long|urlencode %}{% with b=a|linebreaks %}{{ b }}{{ b }}{% endwith %}{% endwith %}" * 20,
    ],
)
def test_words_that_would_not_end_are_stopped(db, source):
    values = {"many": list(range(900)), "huge": list(range(5000)), "long": "x y\n\n" * 10_000}
    with pytest.raises(rendering.Unusable):
        rendering.fill_words("s", source, "", "en", values)


def test_a_template_reaches_nothing_but_plain_data(db):
    class Secretive:
        password = "hunter2"

        def __str__(self):
            return "somebody"

    words = rendering.fill_words("{{ who.password }}", "{{ who }} {{ who.password }}", "", "en", {"who": Secretive()})
    assert words.text.startswith("somebody")
    assert "hunter2" not in words.text + words.subject


def test_values_are_escaped_in_html_alone(db):
    words = rendering.fill_words("{{ a }}", "{{ a }}", "<p>{{ a }}</p>", "en", {"a": "<b>&"})
    assert "<b>&" in words.text
    assert "<p>&lt;b&gt;&amp;</p>" in words.html
    assert words.subject == "<b>&"


def test_html_is_made_from_the_text_where_there_is_none(db):
    words = rendering.fill_words("s", "One <b>\n\nsee https://x.example/a?b=1&c=2.", "", "en", {})
    assert "<p>One &lt;b&gt;</p>" in words.html
    assert '<a href="https://x.example/a?b=1&amp;c=2">' in words.html


def test_a_style_sheet_is_written_into_the_elements_and_media_rules_stay(db):
    html = "<style>.x{color:#123456}@media (max-width:600px){.x{color:#654321}}</style><p class='x'>Hi</p>"
    words = rendering.fill_words("s", "t", html, "en", {})
    assert "color: #123456" in words.html.split("<p")[1] or "color:#123456" in words.html.split("<p")[1]
    assert "@media" in words.html


def test_a_button_leads_to_web_addresses_only(db):
    source = "{% button url 'Go' %}"
    assert 'href="https://x.example"' in rendering.fill_words("s", "t", source, "en", {"url": "https://x.example"}).html
    assert "javascript" not in rendering.fill_words("s", "t", source, "en", {"url": "javascript:alert(1)"}).html
    assert "Go:\nhttps://x.example" in rendering.fill_words("s", source, "", "en", {"url": "https://x.example"}).text


def test_edited_words_are_in_force_at_once_and_can_be_taken_back(db, write):
    save(key="messages/test_mail", subject="Ours for {{ name }}")
    assert write().subject == "Ours for Ada"
    assert write(language="es").subject == "Un correo de prueba de Posthouse"
    assert actions.restore_shipped(key="messages/test_mail", language="en", actor="team:1")
    assert write().subject == "A test mail from Posthouse"
    assert not actions.restore_shipped(key="messages/test_mail", language="en", actor="team:1")
    rows = queries.revisions("messages/test_mail", "en")
    assert [(row.number, row.is_shipped) for row in rows] == [(2, True), (1, False)]
    assert Event.objects.filter(type="template.changed").count() == 2


def test_two_people_cannot_overwrite_each_other(db):
    save()
    with pytest.raises(actions.EditedMeanwhile):
        actions.save_template(draft=draft(text="older"), actor="", based_on=0)
    actions.save_template(draft=draft(text="newer"), actor="", based_on=1)
    assert TemplateRevision.objects.count() == 2


def test_a_mail_of_ones_own_in_one_language_is_sent_in_it_to_everybody(db):
    save(language="es", subject="Hola", text="Hola {{ contact.name }}")
    letter = actions.send_letter(template_key="hello", email="ada@example.org", language="en")
    assert (letter.message.subject, letter.message.language) == ("Hola", "es")


def test_edited_words_that_fail_are_replaced_by_the_shipped_ones_and_the_fault_is_shown(db, write):
    save(key="messages/test_mail")
    MailTemplate.objects.update(text="{% for a in name %}{% for b in name %}{{ name }}{% endfor %}{% endfor %}")
    message = actions.send_mail(
        template="messages/test_mail", to="a@example.org", language="en", context={"name": "x" * 900, "link": ""}
    )
    assert (message.state, message.subject) == (State.WAITING, "A test mail from Posthouse")
    [broken] = [one for one in queries.editions(LANGUAGES) if one.trouble]
    assert broken.key == "messages/test_mail"


def test_a_mail_of_ones_own_that_fails_waits_in_the_log_until_its_words_are_mended(db):
    save(text="fine")
    MailTemplate.objects.update(text="{% load x %}")
    letter = actions.send_letter(template_key="hello", email="ada@example.org", contact_id="con_1", context={"n": 3})
    message = letter.message
    assert message.state == State.FAILED
    assert "text" in message.last_error
    assert Event.objects.get(type="message.failed").contact_id == "con_1"
    assert not actions.retry_message(message=message)
    save(text="Mended {{ n }}")
    assert actions.retry_message(message=message)
    message.refresh_from_db()
    assert (message.state, message.values) == (State.WAITING, None)
    assert message.text.startswith("Mended 3")
    assert Message.objects.count() == 1


def test_what_a_failed_mail_was_to_say_is_forgotten_like_words(db):
    save(text="fine")
    MailTemplate.objects.update(text="{% load x %}")
    actions.send_letter(template_key="hello", email="ada@example.org", context={"secret": "s3cret"})
    Message.objects.update(created_at=now() - timedelta(days=31))
    assert (actions.forget_words(), actions.forget_words()) == (1, 0)
    message = Message.objects.get()
    assert message.values is None
    assert not actions.retry_message(message=message)


def test_a_test_goes_to_oneself_without_being_saved(db):
    message = actions.send_test(draft=draft(), to="me@vendor.example")
    assert (message.to, message.subject) == ("me@vendor.example", "Hello Ada Lovelace")
    with pytest.raises(actions.WordsRefused):
        actions.send_test(draft=draft(text="{% load x %}"), to="me@vendor.example")
    assert not MailTemplate.objects.exists()


def test_the_values_a_mail_may_name_are_listed(db):
    words, number = queries.words_in_force("people/invitation", "en")
    assert number == 0
    names = set(queries.names_in("people/invitation", words))
    assert {"customer", "inviter", "url", "vendor.name", "unsubscribe_url"} <= names
    assert queries.words_in_force("nobody/wrote", "en") is None
