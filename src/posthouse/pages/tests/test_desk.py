"""The desk's first pages: today, one customer, the log."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.pages.sentences import SENTENCES, WORDS, sentence
from posthouse.timeline import events

pytestmark = pytest.mark.django_db


def text_of(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_today_counts_what_happened_since_midnight(team_as, happen):
    happen("call.first")
    happen("call.first", at=now() - timedelta(days=2))
    _, browser = team_as("support")
    page = text_of(browser.get(reverse("desk-home")))
    assert re.search(r"First calls 1 ", page)
    assert "First call" in page


def test_the_timeline_calls_journeys_and_automations_by_their_names(team_as, customer, happen):
    _, browser = team_as("support")
    happen("journey.stuck", journey="onboarding", step="access", run_id="run_1", kind="limit")
    happen("automation.acted", automation="no_key_yet", run_id="r", effect_id="e", kind="notice")
    happen("bread.baked", intake={"name": "Bread Baked"})
    page = text_of(browser.get(reverse("desk-customer", args=[customer.pk])))
    for words in ("Stuck in journey “Onboarding” at step “First key”", "acted: Show a notice", "Bread Baked"):
        assert words in page


@pytest.mark.mission("J4.1")
def test_the_desks_home_names_those_that_went_live(team_as, happen):
    happen("golive.completed")
    page = text_of(team_as("support")[1].get(reverse("desk-home")))
    assert "Went live lately" in page
    assert "Orrery" in page


def test_one_customers_page_has_its_people_keys_and_timeline(team_as, customer, make_key, happen):
    key, _ = make_key()
    happen("call.first", call_id="call_1", route="/v1/sun")
    _, browser = team_as("support")
    page = text_of(browser.get(reverse("desk-customer", args=[customer.pk])))
    for words in ("Orrery", "owner@orrery.example", key.secrets.get().hint, "First call", "/v1/sun", "Account created"):
        assert words in page


def test_the_timeline_is_paged_and_filtered_without_losing_or_repeating_anything(team_as, customer, happen):
    same_moment = now()
    for number in range(120):
        happen("lamp.lit", at=same_moment, number=f"n{number:03}")
    _, browser = team_as("support")
    address, seen = reverse("desk-customer", args=[customer.pk]) + "?type=lamp.lit", []
    while address:
        page = browser.get(address)
        seen += re.findall(r"\bn\d\d\d\b", text_of(page))
        older = re.search(r'href="(\?[^"]*before=[^"]*)"', page.content.decode())
        address = older and reverse("desk-customer", args=[customer.pk]) + html.unescape(older[1])
    assert seen == [f"n{number:03}" for number in reversed(range(120))]


@pytest.mark.parametrize(
    "place", ["x", "%00", "MjAyNi0wMS0wMSAx", "é", "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCA5OTk5OTk5OTk5OTk5OTk5OTk5OTk="]
)
def test_a_place_that_is_not_ours_is_404(team_as, customer, place):
    _, browser = team_as("support")
    assert browser.get(reverse("desk-customer", args=[customer.pk]), {"before": place}).status_code == 404


def test_the_log_is_filtered_by_type_customer_and_source(team_as, customer, happen):
    happen("lamp.lit", number="ours")
    happen("lamp.lit", customer_id="cus_other", number="theirs")
    _, browser = team_as("support")

    def shown(**asked):
        return text_of(browser.get(reverse("desk-events"), asked))

    assert "ours" in shown(type="lamp.lit")
    assert "theirs" not in shown(customer=customer.pk)
    assert "ours" not in shown(type="key.created")
    assert "Nothing fits" in shown(source="elsewhere")
    assert "Nothing fits" in shown(type="\x00", customer="\x00 or 1=1")
    assert browser.get(reverse("desk-events"), {"before": "nonsense"}).status_code == 200
    assert browser.get(reverse("desk-events"), {"before": "9" * 30}).status_code == 200


def test_the_log_is_paged_by_position(team_as, happen):
    for number in range(60):
        happen("lamp.lit", number=f"n{number:03}")
    _, browser = team_as("support")
    first = browser.get(reverse("desk-events"), {"type": "lamp.lit"})
    older = html.unescape(re.search(r'href="(\?[^"]*before=[^"]*)"', first.content.decode())[1])
    asked = {name: values[0] for name, values in parse_qs(urlsplit(older).query).items()}
    second = browser.get(reverse("desk-events"), asked)
    seen = re.findall(r"\bn\d\d\d\b", text_of(first) + text_of(second))
    assert seen == [f"n{number:03}" for number in reversed(range(60))]


def test_there_is_no_such_customer(team_as):
    _, browser = team_as("admin")
    assert browser.get(reverse("desk-customer", args=["cus_nobody"])).status_code == 404


def test_the_desk_is_not_there_for_customers(owner, customer):
    for address in (reverse("desk-home"), reverse("desk-events"), reverse("desk-customer", args=[customer.pk])):
        assert owner.browser.get(address).status_code == 404


def test_the_pages_take_the_same_few_queries_however_much_there_is(team_as, customer, make_key, happen):
    _, browser = team_as("support")
    addresses = [reverse("desk-home"), reverse("desk-events"), reverse("desk-customer", args=[customer.pk])]

    def queries() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                browser.get(address)
            counts.append(len(asked))
        return counts

    make_key()
    queries()
    few = queries()
    for number in range(15):
        make_key(name=f"Key {number}")
        happen("lamp.lit", number=number)
    assert all(later <= earlier for later, earlier in zip(queries(), few, strict=True))
    assert max(few) <= 26


OF_THE_HOUSE = sorted(name for name, kind in events.catalogue.items() if "tests" not in kind.__module__.split("."))


@pytest.mark.parametrize("type_", OF_THE_HOUSE)
def test_every_event_of_the_house_has_a_sentence_that_its_data_fills(type_):
    named = set(re.findall(r"%\((\w+)\)s", SENTENCES[type_]))
    assert named <= set(events.catalogue[type_].data_fields())


def test_code_words_are_said_in_words():
    assert sentence("member.joined", {"role": "owner"}) == "Member joined as Owner"
    assert sentence("key.created", {"name": "Shop", "environment": "live"}) == "Key “Shop” made (Live)"
    assert sentence("key.created", {}) == "Key “–” made (–)"
    assert sentence("lamp.lit", {"watts": 3}) == "lamp.lit"
    assert all(word("nonsense") == "nonsense" for word in WORDS.values())
