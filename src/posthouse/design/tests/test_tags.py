"""Components come out as HTML that also works by ear and without a script."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from posthouse.design import charts

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def render(source, **context):
    return Template(source).render(Context(context))


class KeyForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As in the list.")
    note = forms.CharField(label="Note", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("test", "Test")], widget=forms.RadioSelect)


def test_a_field_ties_label_help_and_error_to_its_control():
    html = render("{% field form.name %}", form=KeyForm({"name": ""}))
    assert '<label for="id_name">' in html
    assert 'aria-describedby="id_name_help id_name_errors"' in html
    assert 'id="id_name_help"' in html
    assert 'id="id_name_errors"' in html
    assert 'aria-invalid="true"' in html


def test_a_field_without_error_is_not_called_invalid():
    html = render("{% field form.note %}", form=KeyForm())
    assert "aria-invalid" not in html
    assert "aria-describedby" not in html
    assert "optional" in html


def test_choices_stand_in_a_named_group():
    html = render("{% field form.kind %}", form=KeyForm())
    assert "<fieldset" in html
    assert "<legend>Kind</legend>" in html


def test_errors_keep_what_was_typed_and_lead_to_the_field():
    form = KeyForm({"name": "", "note": "<b>typed</b>"})
    html = render("{% form_errors form %}{% field form.note %}", form=form)
    assert 'role="alert"' in html
    assert 'href="#id_name"' in html
    assert 'value="&lt;b&gt;typed&lt;/b&gt;"' in html


def test_a_form_not_yet_sent_shows_no_errors():
    assert "alert" not in render("{% form_errors form %}", form=KeyForm())


def test_text_is_escaped():
    html = render("{% badge t 'warn' %}{% empty t t %}{% stat t t %}{% code t 'bash' %}", t="<script>x</script>")
    assert "<script>" not in html


def test_an_unknown_kind_is_a_plain_badge():
    assert render("{% badge 'x' 'evil\" onclick' %}") == '<span class="badge">x</span>'


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "badge status"), (301, "badge status"), (404, "badge status warn"), (503, "badge status bad")],
)
def test_statuses_are_coloured_only_when_they_want_attention(status, kind):
    assert f'class="{kind}"' in render("{% status_badge s %}", s=status)


def test_icons_are_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in render("{% icon 'key' %}")


def test_a_pager_keeps_the_filters():
    request = RequestFactory().get("/calls/", {"status": "4xx", "page": "2"})
    page = Paginator(range(100), 10).page(2)
    html = Template("{% pager page %}").render(Context({"page": page, "request": request}))
    assert 'href="?status=4xx&amp;page=1"' in html
    assert 'href="?status=4xx&amp;page=3"' in html
    assert "Page 2 of 10" in html


def test_a_single_page_needs_no_pager():
    assert "<nav" not in render("{% pager page %}", page=Paginator([1], 10).page(1))


def test_code_is_coloured_and_can_be_reached_by_keyboard():
    html = render("{% code text 'python' %}", text='print("a")\n')
    assert 'class="nb"' in html
    assert 'tabindex="0"' in html
    assert "data-copy" in html


def test_an_unknown_language_is_plain_text():
    assert "a &lt; b" in render("{% code text 'klingon' %}", text="a < b")


@time_machine.travel(NOON, tick=False)
def test_times_in_the_persons_zone():
    with timezone.override("Europe/Madrid"):
        assert ">13:00</time>" in render("{% moment t %}", t=NOON)
        assert ">20 Nov, 13:00</time>" in render("{% moment t %}", t=NOON - timedelta(days=2))
        assert "13:00:00 CET" in render("{% moment t %}", t=NOON)
        assert ">22 Nov 2024, 13:00</time>" in render("{% moment t %}", t=NOON.replace(year=2024))


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("past", "english", "spanish"),
    [
        (timedelta(seconds=5), "just now", "ahora mismo"),
        (timedelta(minutes=4), "4 minutes ago", "hace 4 minutos"),
        (timedelta(hours=25), "1 day ago", "hace 1 día"),
        (-timedelta(days=3), "in 3 days", "dentro de 3 días"),
    ],
)
def test_how_long_ago(past, english, spanish):
    assert english in render("{% ago t %}", t=NOON - past)
    with translation.override("es"):
        assert spanish in render("{% ago t %}", t=NOON - past)


def test_nothing_yet_is_a_dash():
    assert "–" in render("{% ago none %}")
    assert "–" in render("{% moment none %}")
    assert render("{{ none|number }}|{{ none|duration_us }}", none=None) == "|–"


def test_amounts_in_the_persons_language():
    assert render("{{ 12840|number }}") == "12,840"
    with translation.override("es"):
        assert render("{{ 12840.5|number }}") == "12.840,5"


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [
        (850, "850 µs"),
        (1_400, "1.4 ms"),
        (12_000, "12 ms"),
        (999_999, "1 s"),
        (1_400_000, "1.4 s"),
        (125_000_000, "2 min 5 s"),
    ],
)
def test_durations(microseconds, words):
    assert render("{{ d|duration_us }}", d=microseconds) == words


def test_a_chart_has_a_title_and_its_figures_in_a_table():
    spec = charts.line("It rose", ["a", "b"], {"Median": [1, None]}, band=("Range", [0, 1], [2, 3]), unit="ms")
    html = render("{% chart spec %}", spec=spec)
    assert "<strong>It rose</strong>" in html
    assert "Range, highest (ms)" in html
    assert len(re.findall(r'<th scope="row">', html)) == 2
    assert "data-chart=" in html
    assert '<details class="figures" open>' in html


@pytest.mark.parametrize("value", [None, 0])
def test_a_chart_without_a_value_says_so(value):
    html = render("{% chart spec %}", spec=charts.bar("None", ["a"], {"Calls": [value]}))
    assert "Nothing to draw" in html
    assert "data-chart" not in html


def test_hostile_names_stay_text_in_a_chart():
    html = render("{% chart spec %}", spec=charts.bar("</figure><script>", ['"><img src=x>'], {"<b>": [1]}))
    assert "<script>" not in html
    assert "<img" not in html


def test_labels_of_whole_days_carry_no_hour():
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    with time_machine.travel(NOON):
        assert charts.bar("x", days, {"y": [1, 2]})["labels"] == ["1 Nov", "2 Nov"]
        assert charts.bar("x", [days[0] + timedelta(hours=3)], {"y": [1]})["labels"] == ["1 Nov, 03:00"]
