"""The mail log and the viewer in Chromium: a mail is shown in its frame, and its links can be followed."""

import pytest
from playwright.sync_api import expect
from tests.browser import DESKTOP, PHONE, check_page, shot

from posthouse.messages import actions
from posthouse.people import actions as people
from posthouse.people.models import User

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def written(transactional_db, settings, tmp_path):
    """A mail that was sent into the folder, and one that waits."""
    settings.MAIL_VIEWER = True
    settings.MAIL_FOLDER = tmp_path
    settings.EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
    context = {"name": "Ada", "link": f"{settings.PUBLIC_URL}/accounts/login/"}
    sent = actions.send_mail(template="messages/test_mail", to="ada@example.org", language="en", context=context)
    actions.send_due()
    actions.send_mail(template="messages/test_mail", to="bob@example.org", language="es", context=context)
    return sent


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_viewer(browse, written, width):
    page = browse("/mail/", width=width)
    check_page(page)
    shot(page, f"mail-viewer-{width}")
    page.get_by_role("link", name="A test mail from Posthouse").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("this mail shows that mail leaves the house.")).to_be_visible()
    check_page(page)
    shot(page, f"mail-viewer-one-{width}")
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open the mail log").click()
    expect(opened.value.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_log_of_the_desk(browse, written, width):
    user = User.objects.create_user("team@vendor.example", "password")
    people.add_team_member(user=user, role="support", name="Team")
    page = browse("/desk/mail/", user=user, width=width)
    check_page(page)
    shot(page, f"mail-log-{width}")
    page.get_by_role("link", name="Un correo de prueba").click()
    check_page(page)
    shot(page, f"mail-one-{width}")
    page.get_by_role("button", name="Cancel this mail").click()
    expect(page.get_by_text("The mail was cancelled.")).to_be_visible()
