"""The bell of the portal."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from posthouse.messages import actions, queries
from posthouse.messages.models import Notice


def page(browser, customer):
    return browser.get(f"/c/{customer.pk}/notices/").content.decode()


def test_the_bell_counts_what_this_member_has_not_read(member_as, customer):
    ann, bob = member_as("developer"), member_as("auditor")
    actions.notify(customer_id=customer.pk, text={"en": "Limits change", "es": "Cambian los límites"}, link="/docs/")
    assert "1 new notice" in page(ann, customer)
    notice = Notice.objects.get()
    answer = ann.post(f"/c/{customer.pk}/notices/{notice.pk}/open/")
    assert answer.headers["Location"] == "/docs/"
    assert "1 new notice" not in page(ann, customer)
    assert "1 new notice" in page(bob, customer)
    bob.post(f"/c/{customer.pk}/notices/read/")
    assert "1 new notice" not in page(bob, customer)


def test_notices_of_others_are_not_found(member_as, customer, outsider):
    notice = actions.notify(contact_id="con_other", text="Private")
    browser = member_as("developer")
    assert "Private" not in page(browser, customer)
    assert browser.post(f"/c/{customer.pk}/notices/{notice.pk}/open/").status_code == 404
    assert outsider.browser.get(f"/c/{customer.pk}/notices/").status_code == 404


def test_the_number_of_queries_does_not_grow(member_as, customer, django_assert_num_queries):
    browser = member_as("developer")
    page(browser, customer)
    actions.notify(customer_id=customer.pk, text="One")
    with CaptureQueriesContext(connection) as few:
        page(browser, customer)
    for number in range(25):
        actions.notify(customer_id=customer.pk, text=f"Notice {number}")
    with django_assert_num_queries(len(few)):
        page(browser, customer)
    assert queries.all_notices().count() == 26
