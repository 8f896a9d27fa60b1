"""Exports of answers: every form says the same, filters hold, nothing computes in a spreadsheet, memory stays small."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow.parquet
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posthouse.surveys.exporting import forms, rows
from posthouse.surveys.handling import acting, finding, tagging
from posthouse.surveys.models import Response

pytestmark = pytest.mark.mission("S8")
MOMENT = datetime(2026, 5, 20, 12, tzinfo=UTC)
WIDE = "since=2026-01-01&until=2026-12-31"


@pytest.fixture
def answers(campaign):
    texts = ["=1+1", "Línea\nnueva, «así»", ""]
    found = [
        Response.objects.create(
            campaign=campaign,
            score=(2, 7, 10)[n],
            comment=text,
            answers={"why": "+x"} if n == 0 else {},
            attributes={"plan": ("pro", "@free", None)[n], "seats": n, "deep": {"a": 1}},
            created_at=MOMENT - timedelta(days=n),
        )
        for n, text in enumerate(texts)
    ]
    acting.tag_responses(responses=found[:1], tag=tagging.make_tag(name="docs"))
    return found


@pytest.fixture
def export(desk, campaign):
    def exported(form, query=WIDE):
        answer = desk.get(f"/desk/surveys/{campaign.pk}/export.{form}?{query}")
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    return exported


def lines(body):
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_csv_has_a_column_for_each_attribute_and_nothing_that_computes(export, answers):
    found = {row["id"]: row for row in lines(export("csv"))}
    first = found[answers[0].pk]
    assert (first["comment"], first["attributes.plan"], first["tags"]) == ("'=1+1", "pro", "docs")
    assert found[answers[1].pk]["attributes.plan"] == "'@free"
    assert found[answers[1].pk]["comment"] == "Línea\nnueva, «así»"
    assert (first["score"], first["group"], first["answered_at"]) == ("2", "low", "2026-05-20T12:00:00+00:00")


def test_every_form_says_the_same(export, answers):
    array = json.loads(export("json"))
    assert [json.loads(line) for line in export("jsonl").splitlines()] == array
    table = pyarrow.parquet.read_table(io.BytesIO(export("parquet"))).to_pylist()
    ids = sorted(one.pk for one in answers)
    assert [row["id"] for row in array] == [row["id"] for row in table] == ids
    assert [row["id"] for row in lines(export("csv"))] == ids
    first = next(row for row in table if row["id"] == answers[0].pk)
    assert (first["score"], first["comment"], first["tags"]) == (2, "=1+1", ["docs"])
    assert first["answered_at"] == MOMENT
    assert dict(first["attributes"]) == {"plan": "pro", "seats": "0", "deep": ""}
    assert json.loads(first["answers"]) == {"why": "+x"}
    assert next(row for row in array if row["id"] == answers[0].pk)["attributes"]["deep"] == {"a": 1}


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_nobody_answered_is_a_file_too(export, campaign, form):
    body = export(form)
    assert body or form == "jsonl"
    if form == "json":
        assert json.loads(body) == []
    if form == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(body)).num_rows == 0


def test_all_filters_hold(export, answers):
    def ids(query):
        return {row["id"] for row in lines(export("csv", query))}

    tag = tagging.tag_named("docs").pk
    assert ids(f"{WIDE}&tag={tag}") == {answers[0].pk}
    assert ids(f"{WIDE}&group=high") == {answers[2].pk}
    assert ids("since=2026-05-19&until=2026-05-19") == {answers[1].pk}
    assert ids(f"{WIDE}&where=attributes.plan%3Dpro") == {answers[0].pk}
    assert ids(f"{WIDE}&search=así") == {answers[1].pk}


def test_rows_are_read_only_as_they_are_taken(campaign, monkeypatch):
    monkeypatch.setattr(rows, "PORTION", 10)
    Response.objects.bulk_create(Response(campaign=campaign, score=n % 11, comment="x") for n in range(95))
    found = rows.answers(campaign, finding.Sought())
    content = forms.as_lines(rows.portions(campaign, found))
    with CaptureQueriesContext(connection) as first:
        assert len(next(content).splitlines()) == 10
    with CaptureQueriesContext(connection) as rest:
        assert sum(len(part.splitlines()) for part in content) == 85
    assert len(first) <= 4
    assert len(rest) >= 9 * 2


def test_parquet_is_written_in_row_groups_that_leave_at_once(campaign, monkeypatch):
    monkeypatch.setattr(rows, "PORTION", 10)
    Response.objects.bulk_create(Response(campaign=campaign, score=n % 11) for n in range(25))
    parts = list(forms.as_parquet(rows.portions(campaign, rows.answers(campaign, finding.Sought()))))
    assert len(parts) == 4
    file = pyarrow.parquet.ParquetFile(io.BytesIO(b"".join(parts)))
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [10, 10, 5]


def test_without_the_library_the_page_says_what_to_install(desk, campaign, call, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    page = desk.get(f"/desk/surveys/{campaign.pk}/export.parquet", follow=True).content.decode()
    assert "pip install &#x27;posthouse[parquet]&#x27;" in page
    answer = call("get", f"surveys/{campaign.pk}/export/parquet")
    assert (answer.status_code, answer.json()["code"]) == (501, "parquet-missing")


def test_the_same_by_api(call, campaign, answers):
    answer = call("get", f"surveys/{campaign.pk}/export/jsonl?group=low&since=2026-05-20")
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert [json.loads(line)["id"] for line in b"".join(answer.streaming_content).splitlines()] == [answers[0].pk]
    assert call("get", f"surveys/{campaign.pk}/export/xml").status_code == 422
    assert call("get", f"surveys/{campaign.pk}/export/csv?where=plan").status_code == 422
    assert call("get", "surveys/cmp_nothing/export/csv").status_code == 404


def test_what_cannot_be_is_said_on_the_page_or_not_found(desk, campaign):
    page = desk.get(f"/desk/surveys/{campaign.pk}/export.csv?since=soon", follow=True).content.decode()
    assert "A day is written like 2026-03-01." in page
    assert desk.get(f"/desk/surveys/{campaign.pk}/export.xls").status_code == 404
