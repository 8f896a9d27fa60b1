import pytest

from posthouse.guides import models, queries

pytestmark = pytest.mark.django_db


def explain(method="GET", route="/v2/pets/{id}", status=404, code="", language="en"):
    return queries.explain_error(method, route, status, code, language)


def test_the_code_of_the_operation_comes_first(publish, small):
    publish(small)
    found = explain(code="pet-unknown")
    assert found.title == "There is no such pet"
    assert found.text == "<p>The id <strong>names</strong> nothing.</p>\n"
    assert "List the pets first." in found.fix
    assert found.link == "https://pets.example/errors#pet-unknown"
    assert explain(code="pet-unknown", language="es").title == "No existe esa mascota"


def test_a_code_explained_elsewhere_in_the_document_counts_too(publish, small):
    publish(small)
    assert explain("POST", "/pets", 400, "pet-unknown").title == "There is no such pet"
    assert explain("GET", "/nowhere", 400, "pet-unknown").title == "There is no such pet"


def test_a_link_leads_to_the_imported_guide_of_that_name(publish, small):
    publish(small)
    models.GuidePage.objects.create(slug="errors", language="en", title="Errors", body="")
    assert explain(code="pet-unknown").link == "/docs/guides/errors/#pet-unknown"


def test_without_a_code_the_words_of_the_answer_count(publish, small):
    publish(small)
    found = explain()
    assert found.title == "No such pet"
    assert found.link == "/docs/reference/get-pets-pet-id/#answer-404"
    ranged = explain("GET", "/pets", 418)
    assert ranged.title == "You are wrong"
    assert ranged.link.endswith("#answer-4xx")
    assert explain("GET", "/pets", 500).title == "Anything else"


@pytest.mark.parametrize(
    ("status", "code", "english", "spanish"),
    [
        (401, "key-revoked", "The key was revoked", "La clave fue revocada"),
        (429, "quota-exceeded", "Too many calls", "Demasiadas llamadas"),
        (404, "", "There is nothing at this address", "No hay nada en esta dirección"),
        (418, "", "The API refuses the call", "La API rechaza la llamada"),
        (599, "never-heard-of", "The API made a mistake", "La API cometió un error"),
    ],
)
def test_general_advice_where_nothing_is_known(status, code, english, spanish):
    assert explain(status=status, code=code).title == english
    found = explain(status=status, code=code, language="es")
    assert found.title == spanish
    assert found.text
    assert found.fix
    assert found.link == "/docs/"


def test_calls_that_did_not_fail_have_no_explanation(publish, small):
    publish(small)
    assert explain(status=200) is None


def test_hostile_words_are_cleaned(publish, small):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    codes = small["paths"]["/pets/{pet_id}"]["get"]["responses"]["404"]["x-error-codes"]
    codes["evil"] = {"title": evil, "description": evil, "fix": evil, "docs": "javascript:alert(1)"}
    codes["odd"] = ["not", "an", "object"]
    publish(small)
    found = explain(code="evil")
    assert "<script" not in found.text + found.fix
    assert "<img" not in found.text + found.fix
    assert found.link == "/docs/reference/get-pets-pet-id/#answer-404"
    assert explain(code="odd").title == "odd"


def test_every_code_of_the_demo_is_explained_in_both_languages(publish, sunline):
    publish(sunline)
    codes = queries.published().spec.error_codes
    assert len(codes) > 20
    for code in codes:
        english, spanish = explain("GET", "/v1/sun", 400, code), explain("GET", "/v1/sun", 400, code, "es")
        assert english.title != spanish.title
        assert english.fix
        assert spanish.fix


def test_operations_are_found_for_recorded_routes(publish, small):
    publish(small)
    found = queries.find_operation("GET", "/v2/pets/{anything}")
    assert (found.title, found.url, found.deprecated) == (
        "GET /pets/{pet_id}",
        "/docs/reference/get-pets-pet-id/",
        True,
    )
    assert queries.find_operation("PUT", "/pets") is None
