"""`posthouse journeys …`: somebody's own log through somebody's own definition, and the figures of it."""

import json
from pathlib import Path

import pytest

from posthouse.config import cli
from posthouse.journeys import models, reading

pytestmark = pytest.mark.django_db

LOG = """case,action,time
A,Order placed,2026-03-01T12:00:00Z
A,Order paid,2026-03-01T14:00:00Z
A,Order sent,2026-03-02T14:00:00Z
B,Order placed,2026-03-01T12:00:00Z
B,Order paid,2026-03-01T18:00:00Z
C,Order placed,2026-03-02T12:00:00Z
D,Order placed,2026-03-02T12:00:00Z
D,Order cancelled,2026-03-02T13:00:00Z
"""
ORDER = """
key: order
name: {en: Order}
order: ordered
entry: {on: [{event: Order placed}]}
exit: [{on: [{event: Order cancelled}], reason: cancelled}]
steps:
  - {key: paid, name: {en: Paid}, on: [{event: Order paid}], expected: PT4H}
  - {key: sent, name: {en: Sent}, on: [{event: Order sent}]}
"""
END = "2026-03-03T12:00:00Z"


@pytest.fixture
def posthouse(capsys):
    """Run a command; returns the exit code, what was printed and what went wrong."""

    def run(*words):
        code = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def orders(posthouse, tmp_path):
    models.Journey.objects.all().delete()
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "order.yaml").write_text(ORDER)
    assert (
        posthouse("events", "import", tmp_path / "log.csv", "--map", "customer_id=case,type=action,occurred_at=time")[0]
        == 0
    )
    return tmp_path / "order.yaml"


def test_a_log_of_ones_own_goes_through_a_definition_of_ones_own(posthouse, orders):
    assert posthouse("journeys", "import", orders)[:2] == (0, "order goes by revision 1.\n")
    code, out, err = posthouse("journeys", "report", "order", "--format", "json", "--as-of", END)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert {name: told[name] for name in ("entered", "open", "completed", "exits")} == {
        "entered": 4, "open": 2, "completed": 1, "exits": {"cancelled": 1},
    }  # fmt: skip
    paid, sent = told["steps"]
    # Paid after 2 and 6 h; D left after 1 h, C was last seen without it after 24 h.
    assert (paid["entered"], paid["reached"], paid["conversion"], paid["left"]) == (4, 2, 0.5, 1)
    assert [(point["seconds"] / 3600, point["at_risk"], point["waiting"]) for point in paid["curve"]] == [
        (2, 3, pytest.approx(2 / 3, abs=1e-6)), (6, 2, pytest.approx(1 / 3, abs=1e-6)),
    ]  # fmt: skip
    assert (paid["median_seconds"] / 3600, paid["stuck"]["limit"]) == (6, 1)
    assert (sent["entered"], sent["reached"], sent["median_seconds"] / 3600) == (2, 1, 24)


def test_the_report_as_text(posthouse, orders):
    posthouse("journeys", "import", orders)
    code, out, _err = posthouse("journeys", "report", "order", "--as-of", END)
    assert code == 0
    assert "4 entered: 2 under way, 1 completed, 1 left (cancelled 1)" in out


def test_periods_and_conditions(posthouse, orders):
    posthouse("journeys", "import", orders)
    report = ("journeys", "report", "order", "--format", "json")
    assert json.loads(posthouse(*report, "--since", "2026-03-02")[1])["entered"] == 2
    assert json.loads(posthouse(*report, "--until", "2026-03-02")[1])["entered"] == 2
    nobody = json.dumps({"field": "customer.country", "op": "is", "value": "ES"})
    assert json.loads(posthouse(*report, "--where", nobody)[1])["entered"] == 0


def test_from_now_on_history_does_not_count(posthouse, orders):
    posthouse("journeys", "import", orders, "--from-now")
    code, out, _err = posthouse("journeys", "report", "order", "--format", "json", "--catch-up")
    assert (code, json.loads(out)["entered"]) == (0, 0)


def test_events_that_wait_are_told_and_can_be_taken_in_first(posthouse, orders):
    posthouse("journeys", "import", orders, "--from-now")
    assert "events are not taken in yet (--catch-up" in posthouse("journeys", "report", "order")[2]
    assert posthouse("journeys", "report", "order", "--catch-up")[2] == ""


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_exported_can_be_imported(posthouse, orders, tmp_path, form):
    posthouse("journeys", "import", orders)
    code, out, _err = posthouse("journeys", "export", "order", "--format", form)
    assert (code, reading.read(out)) == (0, reading.read(ORDER))
    (tmp_path / "again").write_text(out)
    assert posthouse("journeys", "check", tmp_path / "again")[0] == 0


def test_all_that_ship_are_sound_and_come_out_as_they_are(posthouse):
    for path in sorted((Path(models.__file__).parent / "definitions").glob("*.yaml")):
        assert posthouse("journeys", "check", path)[0] == 0
        body = reading.read(path.read_bytes())
        assert reading.read(reading.write(body)) == body


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ORDER.replace("PT4H", "soon"), "/steps/0/expected: must be a duration"),
        (ORDER.replace("key: order", "key: Order!"), "/key: must be a short name"),
        ("a: [", "1:5"),
        ("- 1", "must be an object"),
    ],
)
def test_a_faulty_definition_is_refused_with_the_place_and_the_reason(posthouse, tmp_path, text, said):
    (tmp_path / "bad.yaml").write_text(text)
    for act in ("check", "import"):
        code, _out, err = posthouse("journeys", act, tmp_path / "bad.yaml")
        assert code == 1
        assert said in err
        assert "Traceback" not in err
    assert not models.Journey.objects.filter(pk="order").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "/nowhere/x.yaml"], "No such file"),
        (["export", "nothing"], "there is no journey nothing; there are: discovery, onboarding"),
        (["report", "nothing"], "there is no journey nothing"),
        (["report", "onboarding", "--since", "soon"], "neither a day"),
        (["report", "onboarding", "--where", "{"], "must be JSON"),
        (
            ["report", "onboarding", "--where", '{"field": "customer.country", "op": "like", "value": 1}'],
            "--where: /op",
        ),
        (["report", "onboarding", "--where", '{"happened": "call.first"}'], "cannot be asked"),
    ],
)
def test_what_cannot_be_done_is_said(posthouse, words, said):
    code, _out, err = posthouse("journeys", *words)
    assert code == 1
    assert said in err


def test_a_backfill_is_tried_before_it_is_done(posthouse, orders):
    posthouse("journeys", "import", orders, "--from-now")
    code, out, _err = posthouse("journeys", "backfill", "order", "--dry-run")
    assert (code, out) == (0, "Would change: changed 4, completed 1, entered 4, exited 1, reached 3\n")
    assert not models.Run.objects.exists()
    code, out, _err = posthouse("journeys", "backfill", "order", "--mode", "after", "--since", "2026-03-02")
    assert (code, out) == (0, "Changed: acts 5, changed 4, completed 1, entered 4, exited 1, reached 3\n")
    assert posthouse("journeys", "backfill", "order")[1] == "Changed: nothing\n"


def test_one_customer_is_replayed(posthouse, orders):
    posthouse("journeys", "import", orders)
    models.Reached.objects.filter(run__subject="A").delete()
    assert posthouse("journeys", "replay", "A")[:2] == (0, "Changed in 1 journeys.\n")
    assert models.Reached.objects.filter(run__subject="A").count() == 2


@pytest.mark.parametrize("words", [("--mode", "after"), ("--since", "2026-03-01")])
def test_a_moment_and_its_mode_go_together(posthouse, orders, words):
    code, _out, err = posthouse("journeys", "replay", "A", *words)
    assert (code, err) == (1, "posthouse: --since belongs to --mode after, and that to --since\n")
