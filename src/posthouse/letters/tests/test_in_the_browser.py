"""The pages of mail in a real browser: wide and light in English, narrow and dark in Spanish."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.messages import actions
from posthouse.messages.tests.corpus import dsn
from posthouse.people import actions as people
from posthouse.people.models import TeamRole, User

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = [("light", DESKTOP, "en"), ("dark", PHONE, "es")]


@pytest.fixture
def house(transactional_db):
    owner = people.open_account(user=User.objects.create_user("owner@one.example.org", "x"), name="Ada")
    customer = people.found_customer(name="One", owner=owner)
    admin = User.objects.create_user("admin@vendor.example.org", "x")
    people.add_team_member(user=admin, role=TeamRole.ADMIN)
    context = {"name": "Ada", "link": "https://x.example"}
    letter = actions.send_letter(
        template_key="messages/test_mail", contact_id=owner.pk, category="surveys", context=context, why_url="/desk/"
    ).message
    actions.notify(customer_id=customer.pk, text={"en": "Limits change", "es": "Cambian los límites"}, link="/docs/")
    actions.notify(customer_id=customer.pk, text="Only to be read")
    raw = dsn("failed", "5.1.1", "550 5.1.1 " + "very-long-word" * 20).replace("{id}", letter.mail_id)
    actions.take_in_report(raw=raw.encode())
    actions.take_in_report(raw=b"Subject: what is this\n\nNobody knows.")
    return {"owner": owner.user, "admin": admin, "letter": letter, "customer": customer.pk, "email": owner.email}


PAGES = {
    "log": ("admin", "/desk/mail/"),
    "one mail": ("admin", "/desk/mail/{letter.pk}/"),
    "words": ("admin", "/desk/mail/words/"),
    "new words": ("admin", "/desk/mail/words/new/"),
    "editor": ("admin", "/desk/mail/words/en/people/invitation/"),
    "suppressed": ("admin", "/desk/mail/suppressed/"),
    "address": ("admin", "/desk/mail/address/?email={email}"),
    "reports": ("admin", "/desk/mail/reports/"),
    "shown notices": ("admin", "/desk/mail/notices/"),
    "notices": ("owner", "/c/{customer}/notices/"),
    "choices": ("owner", "/profile/mail/"),
    "unsubscribe": (None, "/letters/{letter.token}/unsubscribe/"),
    "preferences": (None, "/letters/{letter.token}/preferences/"),
    "why": (None, "/letters/{letter.token}/why/"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page(browse, house, name):
    who, address = PAGES[name]
    for theme, width, language in LOOKS:
        if who:
            User.objects.filter(pk=house[who].pk).update(language=language)
        user = house[who] if who else None
        page = browse(address.format(**house), user=user, theme=theme, width=width, language=language)
        shot(page, f"letters-{name.replace(' ', '-')}-{theme}-{width}")
        check_page(page)
        page.context.close()


@pytest.mark.mission("S5")
def test_words_are_written_looked_at_and_saved_without_a_script(browse, house):
    browse.expect("Blocked script execution", "status of 422")
    page = browse("/desk/mail/words/en/people/invitation/", user=house["admin"], javascript=False)
    page.fill("#id_subject", "Come to {{ customer }}")
    page.fill("#id_html", "<style>p{color:#a00}</style><p>Come, {{ inviter }} waits</p>")
    page.click("button[value=preview]")
    assert "Come to Analytical Engines" in page.content()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_text("Come, Charles Babbage waits")).to_have_attribute("style", "color: #a00;")
    page.fill("#id_text", "{% load x %}")
    page.click("button[value=save]")
    expect(page.locator(".form-errors")).to_contain_text("line 1")
    expect(page.locator("#id_text")).to_have_value("{% load x %}")
    page.fill("#id_text", "Come: {{ url }}")
    page.click("button[value=save]")
    assert "These words are in force now." in page.content()


def test_the_bell_tells_and_falls_silent(browse, house):
    page = browse(f"/c/{house['customer']}/", user=house["owner"])
    page.click("a.bell")
    page.get_by_role("button", name="Mark as read").click()
    page.wait_for_selector("text=Only to be read")
    page.get_by_role("button", name="Open").click()
    page.goto(f"/c/{house['customer']}/notices/")
    expect(page.locator("a.bell .count")).to_have_count(0)


@pytest.mark.mission("S5")
def test_somebody_without_a_login_leaves_and_comes_back(browse, house):
    page = browse(f"/letters/{house['letter'].token}/unsubscribe/", javascript=False)
    page.click("main button.primary")
    page.wait_for_selector("h1:has-text('Unsubscribed')")
    page.click("main a:has-text('Choose what you get')")
    expect(page.locator("#kind-surveys")).not_to_be_checked()
    page.check("#kind-surveys")
    page.click("button[value=save]")
    expect(page.locator("#kind-product_news")).to_be_visible()
