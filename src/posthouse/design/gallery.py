"""Every component in every state, for those who build pages; only where DEBUG is on."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from posthouse.design import charts
from posthouse.design.icons import PATHS
from posthouse.foundation.clock import now

BASES = {"portal": "design/portal.html", "desk": "design/desk.html", "bare": "design/bare.html"}

CURL = """curl "https://api.example.com/v1/sun?lat=40.42&lon=-3.70&date=2026-11-22" \\
  -H "Authorization: Bearer sun_test_9fK2…wQ1c"
"""
PYTHON = """import urllib.request

# One call, one answer.
request = urllib.request.Request(
    "https://api.example.com/v1/sun?lat=40.42&lon=-3.70",
    headers={"Authorization": f"Bearer {key}"},
)
with urllib.request.urlopen(request, timeout=10) as answer:
    print(answer.status, answer.read(200))
"""
JAVASCRIPT = """const headers = { Authorization: `Bearer ${key}` };
const answer = await fetch("https://api.example.com/v1/sun", { headers });
if (!answer.ok) throw new Error(`status ${answer.status}`); // say what went wrong
"""
JSON = """{"type": "https://example.com/problems/scope-missing", "status": 403, "limits": [10, null, true]}
"""


class Example(forms.Form):
    """A field of every kind."""

    name = forms.CharField(label="Name", help_text="As it should stand in the list.")
    email = forms.EmailField(label="E-mail", required=False)
    age = forms.IntegerField(label="Days until it expires", min_value=1)
    scope = forms.ChoiceField(label="Scope", choices=[("read", "Read"), ("write", "Write")])
    environment = forms.ChoiceField(
        label="Environment", choices=[("test", "Test"), ("live", "Live")], widget=forms.RadioSelect
    )
    parts = forms.MultipleChoiceField(
        label="Parts", choices=[("a", "Sun"), ("b", "Moon")], widget=forms.CheckboxSelectMultiple, required=False
    )
    about = forms.CharField(label="What you are building", widget=forms.Textarea, required=False)
    agree = forms.BooleanField(label="Tell me when something changes", help_text="At most once a week.")


def gallery(request: HttpRequest, base: str = "portal") -> HttpResponse:
    """The page itself, in the frame of the portal, the desk or the bare pages."""
    if not settings.DEBUG or base not in BASES:
        raise Http404
    for level, text in ((messages.SUCCESS, "The key was made."), (messages.ERROR, "The mail could not be sent.")):
        messages.add_message(request, level, text)
    return render(request, "design/gallery.html", {"base": BASES[base], **_examples(request)})


def _examples(request: HttpRequest) -> dict[str, Any]:
    wrong = Example({"name": "", "email": "not an address", "age": "0", "scope": "read"}, auto_id="wrong_%s")
    wrong.add_error(None, "This name is taken by another key.")
    return {
        "form": Example(initial={"name": "Backend"}),
        "wrong": wrong,
        "page_obj": _page(request),
        "moments": _moments(),
        "samples": [("bash", CURL), ("python", PYTHON), ("javascript", JAVASCRIPT), ("json", JSON)],
        "statuses": [200, 301, 404, 429, 503],
        "icons": sorted(PATHS),
        "calls": _calls_chart(),
        "latency": _latency_chart(),
        "nothing": charts.line("No calls yet", ["Mon", "Tue"], {"Calls": [None, None]}),
    }


def _page(request: HttpRequest) -> Page[int]:
    return Paginator(range(1, 231), 50).get_page(request.GET.get("page", 2))


def _moments() -> list[datetime]:
    steps = (timedelta(seconds=5), timedelta(minutes=4), timedelta(hours=3), timedelta(days=6), timedelta(days=500))
    return [now() - step for step in steps]


def _hours() -> list[datetime]:
    start = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    return [start + timedelta(hours=hour) for hour in range(24)]


def _calls_chart() -> charts.Spec:
    good = [120 + (hour * 37) % 90 + (60 if 8 <= hour <= 18 else 0) for hour in range(24)]
    failed = [(hour * 13) % 11 + (40 if hour == 15 else 0) for hour in range(24)]
    return charts.bar(
        "Errors rose once, at three in the afternoon",
        _hours(),
        [
            {"name": "Answered", "values": [*good], "role": "accent"},
            {"name": "Failed", "values": [*failed], "role": "bad"},
        ],
        caption="calls per hour, last 24 hours",
        heading="Hour",
    )


def _latency_chart() -> charts.Spec:
    middle: list[charts.Value] = [38 + (hour * 7) % 9 for hour in range(24)]
    middle[5] = None
    return charts.line(
        "Half of all calls take less than 46 ms",
        _hours(),
        {"Median": middle},
        band=("5th to 95th", [21 + hour * 3 % 5 for hour in range(24)], [88 + hour * 11 % 40 for hour in range(24)]),
        unit="ms",
        caption="last 24 hours",
        heading="Hour",
    )
