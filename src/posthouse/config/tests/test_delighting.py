"""`posthouse surveys import-delighted`: what Delighted knew, once, whatever is wrong or happens."""

import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from tests.children import same_database

from posthouse.config import cli
from posthouse.messages import actions as mail
from posthouse.messages import queries as mail_queries
from posthouse.people import actions as people
from posthouse.people.models import Contact
from posthouse.surveys import actions, queries
from posthouse.surveys.delighted import pace, source
from posthouse.surveys.delighted.tests.conftest import Caller, make_campaign
from posthouse.surveys.models import Person, Response, Send
from posthouse.timeline.models import Event, Import

pytestmark = [pytest.mark.mission("S14"), pytest.mark.django_db]

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = "ada@example.org"
PEOPLE = (
    "Email,Name,Phone Number,Created At,Last Sent At,Plan\n"
    "ADA@example.org,Ada,+14155551212,2025-01-02 03:04:05 UTC,2026-02-20 10:00:00 -0500,pro\n"
    "bob@example.org,,,1735787045,,\n"
)
UNSUBSCRIBES = "person_id,email,name,unsubscribed_at\n1,bob@example.org,Bob,1740000000\n"
BOUNCES = "Email,Bounced At\ncarol@example.org,2025-05-05T00:00:00Z\n"
RESPONSES = (
    "ID,Person Email,Score,Comment,Created At,Updated At,Plan\n"
    "r1,ada@example.org,9,Good,2025-06-01 00:00:00,,pro\n"
    "r2,bob@example.org,3,,2025-07-01 00:00:00,2025-07-02 00:00:00,free\n"
    'r3,ada@example.org,10,"Even\nbetter",2025-12-01 00:00:00,,pro\n'
)
FILES = {"people": PEOPLE, "unsubscribes": UNSUBSCRIBES, "bounces": BOUNCES, "responses": RESPONSES}


@pytest.fixture
def campaign(db):
    return make_campaign()


@pytest.fixture
def call(campaign):
    return Caller(actions.make_key(campaign=campaign)[1])


@pytest.fixture(autouse=True)
def _in_march():
    pace.forget()
    with time_machine.travel(MARCH, tick=True):
        yield


@pytest.fixture
def run(campaign, capsys):
    def run(*options, into=None):
        code = cli.main(["surveys", "import-delighted", (into or campaign).pk, *map(str, options)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def bring(run, tmp_path):
    """Write files by kind and import them."""

    def bring(*options, **files):
        named = []
        for kind, text in files.items():
            path = tmp_path / f"{kind}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape"))
            named += [f"--{kind}", path]
        return run(*named, *options)

    return bring


def refused(tmp_path, kind):
    return [json.loads(line) for line in (tmp_path / f"{kind}.csv.rejected.jsonl").read_text().splitlines()]


def state():
    """All that an import could have changed, but for the notes of how far it came."""
    rows = [
        Contact.objects.order_by("email").values_list("email", "name", "attributes", "created_at"),
        Person.objects.order_by("contact__email").values_list("contact__email", "phone_number"),
        Send.objects.order_by("sent_at").values_list("contact__email", "sent_at", "source"),
        Response.objects.order_by("pk").values_list("pk", "score", "comment", "attributes", "created_at", "updated_at"),
        Event.objects.order_by("position").values_list("type", "occurred_at"),
    ]
    return [list(row) for row in rows]


def test_everything_comes_in_with_its_times(bring, campaign, call):
    code, said = bring(**FILES)
    assert code == 0, said
    assert "people: 2 records: 2 new, 0 there already, 0 rejected" in said
    assert "responses: 3 records: 3 new, 0 there already, 0 rejected" in said
    listed = {row["email"]: row for row in call("GET", "people").json()}
    ada = listed[ADA]
    assert (ada["name"], ada["phone_number"]) == ("Ada", "+14155551212")
    assert ada["created_at"] == int(datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp())
    assert ada["last_sent_at"] == int(datetime(2026, 2, 20, 15, tzinfo=UTC).timestamp())
    assert Contact.objects.get(email=ADA).attributes == {"Plan": "pro"}
    (refusal,) = call("GET", "unsubscribes").json()
    assert (refusal["email"], refusal["unsubscribed_at"]) == ("bob@example.org", 1_740_000_000)
    (bounce,) = call("GET", "bounces").json()
    assert (bounce["email"], bounce["bounced_at"]) == ("carol@example.org", 1_746_403_200)
    shown = call("GET", "survey_responses?expand[]=person").json()
    assert [(row["score"], row["comment"], row["person"]["email"]) for row in shown] == [
        (9, "Good", ADA),
        (3, None, "bob@example.org"),
        (10, "Even\nbetter", ADA),
    ]
    assert shown[1]["updated_at"] == int(datetime(2025, 7, 2, tzinfo=UTC).timestamp())
    assert shown[0]["person_properties"] == {"Plan": "pro"}
    ids = list(Response.objects.order_by("created_at").values_list("pk", flat=True))
    assert ids == sorted(ids)


def test_nothing_follows_from_old_answers(bring):
    bring(**FILES)
    types = set(Event.objects.values_list("type", flat=True))
    assert "survey.response_imported" in types
    assert "survey.responded" not in types
    occurred = Event.objects.filter(type="survey.response_imported").values_list("occurred_at", flat=True)
    assert min(occurred) == datetime(2025, 6, 1, tzinfo=UTC)


def test_what_was_sent_elsewhere_holds_back_and_counts_in_no_rate(bring, campaign):
    bring(**FILES)
    send = actions.ask(campaign=campaign, wish=actions.Wish(email=ADA)).send
    assert send.outcome == "throttled"
    assert send.throttled_until == datetime(2026, 2, 20, 15, tzinfo=UTC) + timedelta(days=30)
    assert actions.ask(campaign=campaign, wish=actions.Wish(email="bob@example.org")).send.outcome == "unsubscribed"
    assert actions.ask(campaign=campaign, wish=actions.Wish(email="carol@example.org")).send.outcome == "bounced"
    found = queries.metrics(campaign, queries.Wish(date(2024, 1, 1), date(2026, 3, 1)))
    assert (found.asked.sent, found.asked.answered, found.figure.tally.answers) == (0, 0, 3)
    assert queries.send_counts([campaign.pk])[campaign.pk].get("sent", 0) == 0


def test_again_it_adds_nothing(bring):
    bring(**FILES)
    before = state()
    code, said = bring(**FILES)
    assert code == 0
    assert "people: 2 records: 0 new, 2 there already" in said
    assert "unsubscribes: 1 records: 0 new, 1 there already" in said
    assert "bounces: 1 records: 0 new, 1 there already" in said
    assert "responses: 3 records: 0 new, 3 there already" in said
    assert state() == before


def test_tried_first_it_changes_nothing_and_says_the_same(bring):
    before = state()
    code, said = bring("--dry-run", **FILES)
    assert code == 0
    assert "responses: 3 records: 3 new, 0 there already, 0 rejected (nothing was changed)" in said
    assert state() == before
    assert not Import.objects.exists()
    assert "3 new" in bring(**FILES)[1]


def test_an_answer_that_changed_there_changes_here_unless_it_changed_here_later(bring, call):
    bring(responses=RESPONSES)
    changed = RESPONSES.replace(
        "r1,ada@example.org,9,Good,2025-06-01 00:00:00,",
        "r1,ada@example.org,2,Bad,2025-06-01 00:00:00,2025-06-03 00:00:00",
    )
    assert "1 new, 2 there already" in bring(responses=changed)[1]
    first = Response.objects.get(created_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert (first.score, first.comment, first.updated_at) == (2, "Bad", datetime(2025, 6, 3, tzinfo=UTC))
    assert first.changes.get().score == 9
    call("PUT", f"survey_responses/{first.pk}", {"score": 7})
    assert "0 new, 3 there already" in bring(responses=changed.replace(",2,Bad", ",4,Bad"))[1]
    first.refresh_from_db()
    assert first.score == 7


def test_what_is_known_here_is_not_overwritten(bring):
    people.know_contact(email=ADA, name="Ada Lovelace", attributes={"Plan": "enterprise"})
    bring(people=PEOPLE)
    ada = Contact.objects.get(email=ADA)
    assert (ada.name, ada.attributes) == ("Ada Lovelace", {"Plan": "enterprise"})


def test_whoever_took_a_refusal_back_is_not_refused_again(bring):
    bring(unsubscribes=UNSUBSCRIBES, bounces=BOUNCES)
    bob, carol = mail.addressee("bob@example.org"), mail.addressee("carol@example.org")
    mail.choose(addressee=bob, category="surveys", wanted=True, how="page")
    mail.release(suppression=mail_queries.suppression(carol), how="desk")
    assert "0 new, 1 there already" in bring(unsubscribes=UNSUBSCRIBES, bounces=BOUNCES)[1]
    assert mail_queries.refusals([("bob@example.org", "surveys"), ("carol@example.org", "surveys")]) == ["", ""]


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("people", "nobody,,,,,", "email: is not an e-mail address"),
        ("people", ",Ada,,,,", "there is no e-mail address"),
        ("people", "x@example.org,see http://x.org,,,,", "name:"),
        ("people", "x@example.org," + "n" * 300 + ",,,,", "name:"),
        ("people", "x@example.org,,555,,,", "phone_number:"),
        ("people", "x@example.org,,+14155551212,,,", "belongs to another person"),
        ("people", "x@example.org,,,yesterday,,", "created_at: 'yesterday' is not a moment"),
        ("people", "x@example.org,,,,2999-01-01,", "last_sent_at: 2999-01-01T00:00:00+00:00 is before"),
        ("people", "x@example.org,,,,1e400,", "is not a moment"),
        ("people", "x@example.org,,,,nan,", "is not a moment"),
        ("people", "x@example.org,,,,-5,", "before 1970"),
        ("people", "x@example.org,,,,," + "p" * 20_000, "attributes:"),
        ("people", "x@example.org,,,,,\udcff", "attributes:"),
        ("people", "x@example.org", "1 values for 6 columns"),
        ("unsubscribes", "1,nobody,,", "email:"),
        ("unsubscribes", "1,x@example.org,,soon", "unsubscribed_at:"),
        ("bounces", "x@example.org,soon", "bounced_at:"),
        ("responses", "r9,x@example.org,11,,2025-01-01,,", "score: This score is not on the scale."),
        ("responses", "r9,x@example.org,nine,,2025-01-01,,", "score: 'nine' is not a whole number"),
        ("responses", "r9,x@example.org,,,2025-01-01,,", "is not a whole number"),
        ("responses", "r9,x@example.org,9.5,,2025-01-01,,", "is not a whole number"),
        ("responses", "r9,x@example.org,9,,,,", "there is no moment at which it was given"),
        ("responses", "r9,x@example.org,9," + "c" * 6_000 + ",2025-01-01,,", "comment:"),
        ("responses", "r9,,9,,2025-01-01,,", "there is no e-mail address"),
    ],
)  # fmt: skip
def test_a_bad_record_is_set_aside_with_its_reason_and_leaves_nothing(bring, tmp_path, kind, row, reason):
    code, said = bring(**{kind: FILES[kind] + row + "\n"})
    assert (code, "1 rejected" in said) == (1, True), said
    (line,) = refused(tmp_path, kind)
    assert reason in line["reason"], line
    assert not Contact.objects.filter(email="x@example.org").exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "give files"),
        (["--from", "http://127.0.0.1:9/v1/", "--people", "x.csv"], "give files"),
        (["--people", "/nowhere.csv"], "No such file"),
        (["--from", "ftp://example.org/"], "is not an address"),
        (["--from", "http://127.0.0.1:99999/"], "out of range"),
        (["--people", "FILE", "--zone", "Mars/Olympus"], "Mars/Olympus"),
        (["--people", "FILE", "--map", "mail=Email"], "is not NAME=COLUMN"),
    ],
)
def test_what_was_asked_wrongly_is_said(run, tmp_path, monkeypatch, options, why):
    monkeypatch.setenv("DELIGHTED_API_KEY", "k")
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    code, said = run(*[str(path) if one == "FILE" else one for one in options])
    assert (code, why in said) == (1, True), said
    assert not Contact.objects.exists()


def test_a_campaign_nobody_knows_and_a_key_nobody_gave(capsys, run, monkeypatch):
    monkeypatch.delenv("DELIGHTED_API_KEY", raising=False)
    assert cli.main(["surveys", "import-delighted", "cmp_none", "--people", "x.csv"]) == 1
    assert "there is no campaign cmp_none" in capsys.readouterr().err
    assert "the key of the source is missing" in run("--from", "http://127.0.0.1:9/v1/")[1]


def test_columns_of_other_names_are_mapped_and_moments_get_a_zone(bring):
    text = "Respondent,Answer,When\nada@example.org,9,2025-06-01 12:00:00\n"
    mapped = "--map=email=Respondent,score=Answer,created_at=When"
    code, said = bring(mapped, "--zone", "America/New_York", responses=text)
    assert code == 0, said
    response = Response.objects.get()
    assert (response.created_at, response.attributes) == (datetime(2025, 6, 1, 16, tzinfo=UTC), {})


@pytest.fixture
def elsewhere(site, tmp_path, monkeypatch):
    """Another campaign with everything in it, as a source over a real socket; its address."""
    other = make_campaign(name="Other")
    key = actions.make_key(campaign=other)[1]
    call = Caller(key)
    for n in range(230):
        with time_machine.travel(MARCH - timedelta(days=300 - n), tick=False):
            email = f"p{n}@example.org"
            more = {"name": f"Person {n}", "phone_number": f"+1415555{n:04}", "properties": {"n": n}}
            actions.know_person(campaign=other, email=email, name=more["name"], phone_number=more["phone_number"])
            contact = Contact.objects.get(email=email)
            told = actions.Told(score=n % 11, comment=f"Comment {n}", attributes=more["properties"])
            actions.record_response(campaign=other, contact=contact, told=told)
            if n % 3 == 0:
                actions.note_last_sent(other, contact, MARCH - timedelta(days=310 - n))
            if n % 50 == 0:
                call("POST", "unsubscribes", {"person_email": email})
            if n % 50 == 1:
                mail.suppress(addressee=mail.addressee(email), reason="bounce", how="report")
    monkeypatch.setenv("DELIGHTED_API_KEY", key)
    return f"{site.url}/compat/delighted/v1/"


@pytest.fixture
def target(site):
    return make_campaign(name="Here", rest_days=365)


@pytest.mark.slow
def test_from_another_server_that_speaks_the_same(run, elsewhere, target, tmp_path, capsys):
    code, said = run("--from", elsewhere, "--rejected", tmp_path, into=target)
    assert code == 0, said
    for line in (
        "people: 230 records: 230 new",
        "unsubscribes: 5 records: 0 new, 5 there already",
        "bounces: 5 records: 0 new, 5 there already",
        "responses: 230 records: 230 new",
    ):
        assert line in said
    there, here = (Response.objects.filter(campaign__name=name).order_by("created_at") for name in ("Other", "Here"))
    members = ("contact", "score", "comment", "attributes")
    assert list(there.values_list(*members)) == list(here.values_list(*members))
    sent = Send.objects.filter(campaign=target)
    assert sent.count() == 77
    assert set(sent.values_list("source", flat=True)) == {"import"}
    assert Person.objects.get(campaign=target, contact__email="p7@example.org").phone_number == "+14155550007"
    again, said = run("--from", elsewhere, "--rejected", tmp_path, into=target)
    assert (again, "people: 230 records: 0 new, 230 there already" in said) == (0, True)
    assert Response.objects.filter(campaign=target).count() == 230


def test_of_a_source_only_what_is_asked_for(run, site, target, monkeypatch, tmp_path):
    key = actions.make_key(campaign=make_campaign(name="Other"))[1]
    Caller(key)("POST", "unsubscribes", {"person_email": ADA})
    monkeypatch.setenv("DELIGHTED_API_KEY", "wrong")
    address = f"{site.url}/compat/delighted/v1/"
    assert "401" in run("--from", address, into=target)[1]
    (tmp_path / "key").write_text(key + "\n")
    only = ("--key-file", tmp_path / "key", "--only", "unsubscribes", "--rejected", tmp_path)
    code, said = run("--from", address, *only, into=target)
    assert (code, "unsubscribes: 1 records" in said, "people" in said) == (0, True, False)


def test_a_source_that_is_busy_is_asked_again_and_one_that_is_away_is_given_up(site, settings, target):
    settings.SURVEY_KEY_RATE, settings.SURVEY_KEY_BURST = 0.5, 0
    key = actions.make_key(campaign=target)[1]
    waited = []
    busy = source.Source(f"{site.url}/compat/delighted/v1", key, rest=waited.append)
    with pytest.raises(source.Unreachable, match="429"):
        list(busy.rows("people"))
    assert waited == [2] * source.TRIES
    away = source.Source("http://127.0.0.1:9/v1/", key, rest=waited.append)
    with pytest.raises(source.Unreachable):
        list(away.rows("people"))
    with pytest.raises(source.Unreachable, match="404"):
        list(source.Source(f"{site.url}/nowhere/", key, rest=waited.append).rows("people"))


KILLED = """
import sys
from posthouse.config import cli, delighting
delighting.BATCH = 20
whole = delighting._take_in
def take_in(*given):
    whole(*given)
    print("a batch", flush=True)
delighting._take_in = take_in
cli.main(["surveys", "import-delighted", *sys.argv[1:]])
"""


def _killed_after(batches, *options):
    environment = same_database()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, *map(str, options)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for _ in range(batches):
        assert process.stdout.readline() == "a batch\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_it_goes_on_and_ends_with_everything_once(tmp_path, capsys):
    campaign = make_campaign()
    path, total = tmp_path / "responses.csv", 600
    rows = (f"r{n},p{n % 50}@example.org,{'x' if n % 10 == 0 else n % 11},,{1740000000 + n}\n" for n in range(total))
    path.write_text("id,email,score,comment,created_at\n" + "".join(rows))
    reached = []
    for batches in (1, 3, 2):
        _killed_after(batches, campaign.pk, "--responses", path)
        reached.append(Import.objects.get().records)
    assert reached == sorted(reached)
    assert 0 < reached[0] < reached[-1] < total
    assert cli.main(["surveys", "import-delighted", campaign.pk, "--responses", str(path)]) == 1
    assert "600 records: 540 new, 0 there already, 60 rejected" in capsys.readouterr().out
    assert Response.objects.filter(campaign=campaign).count() == 540
    assert Event.objects.filter(type="survey.response_imported").count() == 540
    assert [row["line"] for row in refused(tmp_path, "responses")] == [n + 2 for n in range(0, total, 10)]


@pytest.mark.slow
def test_killed_while_reading_from_a_server_it_goes_on(run, elsewhere, target, tmp_path):
    for batches in (2, 4):
        _killed_after(batches, target.pk, "--from", elsewhere, "--only", "responses", "--rejected", tmp_path)
    assert 0 < Import.objects.get().records < 230
    code, said = run("--from", elsewhere, "--only", "responses", "--rejected", tmp_path, into=target)
    assert (code, "230 records: 230 new, 0 there already, 0 rejected" in said) == (0, True), said
    assert Response.objects.filter(campaign=target).count() == 230
