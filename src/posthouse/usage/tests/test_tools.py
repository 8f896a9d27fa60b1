"""What customers call with is told by how their programs introduce themselves."""

import pytest

from posthouse.people import actions as people
from posthouse.people.models import Customer
from posthouse.timeline import actions as timeline
from posthouse.timeline.models import Event
from posthouse.usage.models import Call
from posthouse.usage.tools import tool_of


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("curl/8.9.1", "curl"),
        ("PostmanRuntime/7.42.0", "postman"),
        ("python-requests/2.32.3", "python"),
        ("Python/3.12 aiohttp/3.9.1", "python"),
        ("node", "javascript"),
        ("axios/1.7.7", "javascript"),
        ("Go-http-client/2.0", "go"),
        ("okhttp/4.12.0", "java"),
        ("Java-http-client/21.0.1", "java"),
        ("GuzzleHttp/7", "php"),
        ("Faraday v2.12.0", "ruby"),
        ("sunline-js/1.1.0 (node 22)", "javascript"),
        ("Mozilla/5.0 (Windows NT; Windows NT 10.0) WindowsPowerShell/5.1", "powershell"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "browser"),
        ("lighthouse-keeper/1.0", "other"),
        ("", ""),
    ],
)
def test_programs_are_known_by_their_names(user_agent, tool):
    assert tool_of(sdk="", user_agent=user_agent) == tool


@pytest.mark.parametrize(
    ("sdk", "tool"), [("sunline-python/1.2.0", "python"), ("@sunline/js@2.0", "javascript"), ("sunline-go/v1.0", "go")]
)
def test_the_library_counts_more_than_the_program(sdk, tool):
    assert tool_of(sdk=sdk, user_agent="curl/8.9.1") == tool


@pytest.mark.mission("J3.2")
def test_a_customer_is_known_by_what_its_first_call_that_succeeded_was_made_with(called, ada):
    mine = {"customer_id": ada.customer_id}
    called(mine | {"status": 401, "user_agent": "curl/8.9.1"}, mine | {"user_agent": "Go-http-client/2.0"})
    called(mine | {"user_agent": "axios/1.7.7"})
    consume()
    assert attributes(ada) == {"first_call_with": "go"}
    assert Event.objects.filter(type="customer.updated", customer_id=ada.customer_id).count() == 1


@pytest.mark.django_db
def test_what_somebody_else_noted_stays(called, ada):
    customer = Customer.objects.get(pk=ada.customer_id)
    people.update_customer(customer=customer, attributes={"plan": "pro", "first_call_with": "fortran"})
    called(customer_id=ada.customer_id, user_agent="curl/8.9.1")
    consume()
    assert attributes(ada) == {"plan": "pro", "first_call_with": "fortran"}


@pytest.mark.django_db
def test_a_call_without_a_name_or_forgotten_notes_nothing(called, ada):
    called(customer_id=ada.customer_id)
    consume()
    assert attributes(ada) == {}
    called(customer_id="cus_1", user_agent="curl/8.9.1")
    Call.objects.all().delete()
    consume()
    assert not Event.objects.filter(type="customer.updated").exists()


def consume():
    while timeline.run_consumers():
        pass


def attributes(user):
    return Customer.objects.get(pk=user.customer_id).attributes
