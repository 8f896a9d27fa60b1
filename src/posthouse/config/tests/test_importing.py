"""`posthouse events import`: history from elsewhere, once, whatever is wrong with it and however it is stopped."""

import gzip
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests.children import same_database

from posthouse.config import cli
from posthouse.people import actions as people
from posthouse.timeline.importing import running
from posthouse.timeline.models import Event, Import

LOG = "case,action,time,amount\nA1,Order placed,2026-03-01T12:00:00Z,12\nA2,Order paid,2026-03-01 13:00:00,\n"
MAP = "customer_id=case,type=action,occurred_at=time"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bring_in(tmp_path, capsys):
    """Write a file and import it; returns the exit code and what was said."""

    def bring_in(text, *options, name="log.csv"):
        path = tmp_path / name
        body = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(body) if name.endswith(".gz") and isinstance(text, str) else body)
        code = cli.main(["events", "import", str(path), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return bring_in


def stored():
    return list(Event.objects.order_by("position").values_list("customer_id", "type", "data"))


def refused(tmp_path, name="log.csv"):
    return [json.loads(line) for line in (tmp_path / f"{name}.rejected.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_table_comes_in_with_its_columns_mapped(bring_in, name):
    code, said = bring_in(LOG, "--map", MAP, "--source", "shop", name=name)
    assert (code, "2 records: 2 new, 0 there already, 0 rejected" in said) == (0, True)
    assert stored() == [("A1", "Order placed", {"amount": "12"}), ("A2", "Order paid", {"amount": ""})]
    first, second = Event.objects.order_by("position")
    assert first.occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert second.occurred_at == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert first.source == "shop"
    assert first.actor == "import"


def test_json_lines_come_in_with_paths_into_what_is_nested(bring_in):
    line = {"id": "m1", "event": "Seen", "ts": 1772366400000, "context": {"group": "G1"}, "properties": {"a": [1]}}
    code, said = bring_in(
        json.dumps(line) + "\n\n",
        "--map=customer_id=context.group,type=event",
        "--map=occurred_at=ts,data=properties",
        name="log.jsonl",
    )
    assert code == 0, said
    event = Event.objects.get()
    assert (event.id, event.customer_id, event.occurred_at) == ("m1", "G1", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert event.data == {"a": [1], "context": {"group": "G1"}}


def test_moments_without_a_zone_are_of_the_zone_said(bring_in):
    bring_in(LOG, "--map", MAP, "--zone", "America/New_York")
    assert Event.objects.get(customer_id="A2").occurred_at == datetime(2026, 3, 1, 18, tzinfo=UTC)


def test_what_is_the_same_for_all_is_said_once(bring_in):
    bring_in("case,at\nA1,1772366400\n", "--map", "customer_id=case,occurred_at=at", "--set", "type=order.placed")
    assert stored() == [("A1", "order.placed", {})]


def test_importing_again_adds_nothing(bring_in):
    bring_in(LOG, "--map", MAP)
    code, said = bring_in(LOG + "A3,Order paid,2026-03-02T12:00:00Z,1\n", "--map", MAP)
    assert (code, "3 records: 1 new, 2 there already, 0 rejected" in said) == (0, True)
    assert Event.objects.count() == 3


def test_an_id_taken_by_something_else_is_rejected(bring_in, tmp_path):
    head = "id,type,occurred_at,customer_id\n"
    bring_in(head + "1,a.b,2026-03-01T12:00:00Z,A\n")
    code, said = bring_in(head + "1,a.b,2026-03-01T12:00:00Z,B\n2,a.b,2026-03-01T12:00:00Z,B\n")
    assert (code, "1 new, 0 there already, 1 rejected" in said) == (1, True)
    (row,) = refused(tmp_path)
    assert (row["line"], row["record"]["customer_id"]) == (2, "B")
    assert "taken by an event that says something else" in row["reason"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1,,2026-03-01T12:00:00Z,1", "there is no type"),
        ("A1,Paid,,1", "no moment"),
        ("A1,Paid,yesterday,1", "'yesterday' is not a moment"),
        ("A1,Paid,1969-12-31T00:00:00Z,1", "before 1970"),
        ("A1,Paid,2999-01-01T00:00:00Z,1", "in the future"),
        ("A1,Paid,1e400,1", "is not a moment"),
        ("A1,Paid,nan,1", "is not a moment"),
        ("A1,Paid", "2 values for 4 columns"),
        ("A1,Paid,2026-03-01T12:00:00Z,1,2", "5 values for 4 columns"),
        ("x" * 65 + ",Paid,2026-03-01T12:00:00Z,1", "longer than 64"),
        ("A\x01,Paid,2026-03-01T12:00:00Z,1", "cannot be printed"),
        ("A1,key.created,2026-03-01T12:00:00Z,1", "only the house itself announces key.created"),
        ("A1,Paid,2026-03-01T12:00:00Z,\x00", "NUL"),
        ("A1,Paid,2026-03-01T12:00:00Z,\udcff", "not UTF-8"),
        ('A1,"Paid"x,2026-03-01T12:00:00Z,1', "expected after"),
        ("A1,Paid,2026-03-01T12:00:00Z," + "x" * 70_000, "more than 65536"),
    ],
)
def test_a_bad_record_is_set_aside_with_its_reason_and_the_others_come_in(bring_in, tmp_path, row, reason):
    text = LOG + row + "\nA9,Order paid,2026-03-03T12:00:00Z,1\n"
    code, said = bring_in(text.encode("utf-8", "surrogateescape"), "--map", MAP)
    assert (code, "3 new, 0 there already, 1 rejected" in said) == (1, True), said
    (line,) = refused(tmp_path)
    assert (line["line"], reason in line["reason"]) == (4, True), line


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"type": ["x"], "occurred_at": 1}', "type is not a text"),
        ('{"type": "x", "occurred_at": true}', "is not a moment"),
        ('{"type": "x", "occurred_at": 1, "deep": ' + "[" * 80 + "]" * 80 + "}", "more than 64 levels"),
        ('{"type": "x", "occurred_at": 1, "text": "\\u0000"}', "NUL"),
    ],
)
def test_a_bad_line_of_json_is_set_aside(bring_in, tmp_path, line, reason):
    good = '{"type": "x", "occurred_at": 1, "text": "\\\\u0000"}\n'
    code, said = bring_in(line + "\n" + good, name="log.jsonl")
    assert (code, "1 new, 0 there already, 1 rejected" in said) == (1, True), said
    assert reason in refused(tmp_path, "log.jsonl")[0]["reason"]


def test_a_quote_that_is_never_closed_is_told_with_where_it_began(bring_in, tmp_path):
    code, said = bring_in(
        LOG + 'A3,"Paid,2026-03-01T12:00:00Z,1\n' + "A4,Paid,2026-03-01T12:00:00Z,1\n" * 3, "--map", MAP
    )
    assert (code, "2 new, 0 there already, 1 rejected" in said) == (1, True)
    assert "from line 4 to 7" in refused(tmp_path)[0]["reason"]


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        (LOG, [], "there is no column 'type' for type; there are: case, action, time, amount"),
        (LOG, ["--map", MAP + ",id=number"], "no column 'number' for id"),
        (LOG, ["--map", "kind=action"], "is not NAME=COLUMN"),
        (LOG, ["--map", MAP, "--source", "posthouse"], "the source posthouse is reserved"),
        (LOG, ["--map", MAP, "--zone", "Mars/Olympus"], "Mars/Olympus"),
        ("", ["--map", MAP], "no first line"),
        ("a,a\n", ["--map", MAP], "two columns are called 'a'"),
    ],
)
def test_what_was_asked_wrongly_is_said_before_anything_comes_in(bring_in, text, options, why):
    code, said = bring_in(text, *options)
    assert (code, why in said) == (1, True), said
    assert not Event.objects.exists()


def test_a_file_that_tells_no_form_and_one_that_is_not_there(bring_in, capsys):
    assert "Say so by --format" in bring_in(LOG, "--map", MAP, name="log.txt")[1]
    assert bring_in(LOG, "--map", MAP, "--format", "csv", name="log.txt")[0] == 0
    assert cli.main(["events", "import", "/nowhere/log.csv"]) == 1
    assert "No such file" in capsys.readouterr().err


def test_a_packed_file_that_breaks_off_keeps_what_was_read(bring_in, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 100)
    rows = "".join(f"A{n},Paid,2026-03-01T12:00:00Z,{n * 7919 % 1000}\n" for n in range(5000))
    packed = gzip.compress(("case,action,time,amount\n" + rows).encode())
    code, said = bring_in(packed[: len(packed) // 2], "--map", MAP, name="log.csv.gz")
    assert (code, "the packed file is broken after line" in said) == (1, True)
    assert 0 < Event.objects.count() < 5000
    bring_in(packed, "--map", MAP, name="log.csv.gz")
    assert Event.objects.count() == 5000


def test_people_known_by_their_address_are_found(bring_in):
    contact = people.know_contact(email="ada@example.org")
    bring_in("email,type,occurred_at\nADA@example.org,x.y,1772366400\nbob@example.org,x.y,1772366400\n")
    found = Event.objects.filter(source="import").order_by("position").values_list("contact_id", "data")
    assert list(found) == [(contact.pk, {"email": "ADA@example.org"}), ("", {"email": "bob@example.org"})]


def test_progress_goes_to_the_error_channel_alone(tmp_path, capsys):
    (tmp_path / "log.csv").write_text(LOG)
    cli.main(["events", "import", str(tmp_path / "log.csv"), "--map", MAP])
    said = capsys.readouterr()
    assert "100%" in said.err
    assert said.out == "2 records: 2 new, 0 there already, 0 rejected\n"


KILLED = """
import sys
from posthouse.config import cli
import django; django.setup()
from posthouse.timeline.importing import running
running.BATCH = 50
whole = running._take_in
def take_in(*given):
    whole(*given)
    print("a batch", flush=True)
running._take_in = take_in
cli.main(["events", "import", *sys.argv[1:]])
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_it_goes_on_and_ends_with_everything_once(tmp_path, capsys):
    path, total = tmp_path / "log.csv", 20_000
    rows = (f"A{n % 50},Paid,{'never' if n % 10 == 0 else 1772366400 + n},{n}\n" for n in range(total))
    path.write_text("case,action,time,amount\n" + "".join(rows))
    reached = []
    for batches in (1, 3, 2):
        process = _importer(str(path), "--map", MAP)
        for _ in range(batches):
            assert process.stdout.readline() == "a batch\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        reached.append(Import.objects.get().records)
    assert reached == sorted(reached)
    assert 0 < reached[0] < reached[-1] < total
    assert cli.main(["events", "import", str(path), "--map", MAP]) == 1
    assert "20000 records: 18000 new, 0 there already, 2000 rejected" in capsys.readouterr().out
    amounts = [int(data["amount"]) for data in Event.objects.values_list("data", flat=True)]
    assert sorted(amounts) == [n for n in range(total) if n % 10]
    assert [int(row["record"]["amount"]) for row in refused(tmp_path)] == list(range(0, total, 10))


def _importer(*options):
    environment = same_database()
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
