"""Components: template tags that keep pages alike. Loaded everywhere; what each looks like stands in the gallery."""

import json
from datetime import datetime
from itertools import groupby
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.forms.forms import BaseForm
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from posthouse.design import assets, charts, colours, navigation, wording
from posthouse.design.highlighting import highlighted
from posthouse.design.icons import PATHS
from posthouse.design.theme import theme_of

register = template.Library()

LOWEST, HIGHEST = _("%(range)s, lowest"), _("%(range)s, highest")
KINDS = {"", "good", "warn", "bad"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing that only repeats what the text beside it says, so it is hidden from screen readers."""
    return format_html(
        '<svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<path d="{}"></path></svg>',
        PATHS[name],
    )


@register.simple_tag
def asset(path: str) -> str:
    """The address of a style sheet or script of ours, new whenever its content is."""
    return assets.address(path)


@register.simple_tag
def badge(text: Any, kind: str = "") -> SafeString:
    """A word about a state. Kinds: "" (plain), good, warn (wants attention), bad (broken)."""
    return format_html('<span class="badge{}">{}</span>', f" {kind}" if kind in KINDS and kind else "", text)


@register.simple_tag
def status_badge(status: int | None) -> SafeString:
    """An HTTP status: 4xx amber, 5xx red, others plain; none yet is a dash."""
    if not status:
        return _dash()
    kind = "bad" if status >= 500 else "warn" if status >= 400 else ""
    return format_html('<span class="badge status{}">{}</span>', f" {kind}" if kind else "", status)


@register.inclusion_tag("design/_empty.html")
def empty(title: Any, text: Any = "", href: str = "", action: Any = "") -> dict[str, Any]:
    """What will stand here, why it is empty, and the one thing to do."""
    return {"title": title, "text": text, "href": href, "action": action}


@register.inclusion_tag("design/_field.html")
def field(bound: BoundField, autocomplete: str = "") -> dict[str, Any]:
    """Label, control, help and errors of a form's field, tied together for screen readers."""
    help_id, errors_id = f"{bound.auto_id}_help", f"{bound.auto_id}_errors"
    described = [id_ for id_, there in ((help_id, bound.help_text), (errors_id, bound.errors)) if there]
    attrs: dict[str, Any] = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if autocomplete:
        attrs["autocomplete"] = autocomplete
    widget = bound.field.widget
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "help_id": help_id,
        "errors_id": errors_id,
        "group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
        "check": isinstance(widget, CheckboxInput),
        "hidden": bound.is_hidden,
        "described": attrs.get("aria-describedby", ""),
    }


@register.inclusion_tag("design/_form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What stops the form: its own errors, and links to the fields that have some."""
    fields = [bound for bound in form if bound.errors] if form.is_bound else []
    return {"own": form.non_field_errors() if form.is_bound else [], "fields": fields}


@register.inclusion_tag("design/_pager.html", takes_context=True)
def pager(context: Context, page: Page[Any], name: str = "page") -> dict[str, Any]:
    """Links to the pages before and after, with the filters of the address kept."""
    return {
        "page": page,
        "newer": _with(context, name, page.previous_page_number()) if page.has_previous() else "",
        "older": _with(context, name, page.next_page_number()) if page.has_next() else "",
    }


@register.inclusion_tag("design/_code.html")
def code(text: str, language: str = "text", label: Any = "") -> dict[str, Any]:
    """A sample, coloured on the server, with a button that copies it. `label` names it for screen readers."""
    return {"text": text, "html": highlighted(text, language), "language": language, "label": label}


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """When, in the person's zone: short on the page, in full on hover."""
    return _time(value, wording.moment(value)) if value else _dash()


@register.simple_tag
def ago(value: datetime | None) -> SafeString:
    """How long ago; the page keeps it up to date."""
    return _time(value, wording.ago(value), "ago") if value else _dash()


@register.inclusion_tag("design/_stat.html")
def stat(label: Any, value: Any, hint: Any = "", href: str = "") -> dict[str, Any]:
    """One figure with its name; `href` opens what is behind it."""
    return {"label": label, "value": value, "hint": hint, "href": href}


@register.inclusion_tag("design/_chart.html")
def chart(spec: charts.Spec) -> dict[str, Any]:
    """A chart made by `posthouse.design.charts`, with its figures in a table."""
    names = [series["name"] for series in spec["series"]]
    if band := spec["band"]:
        names += [str(text) % {"range": band["name"]} for text in (LOWEST, HIGHEST)]
    rows = charts.rows(spec)
    blank = not any(value for _label, values in rows for value in values)
    return {"spec": spec, "data": json.dumps(spec), "columns": names, "rows": rows, "blank": blank}


@register.simple_tag(takes_context=True)
def links(context: Context, place: navigation.Place) -> list[navigation.Link]:
    """The entries of the desk's rail or the portal's head for this person."""
    request = context.get("request")
    return navigation.links(request, place) if request else []


@register.simple_tag(takes_context=True)
def bell(context: Context) -> navigation.Bell | None:
    """What the bell in the portal's head shows."""
    request = context.get("request")
    return navigation.bell_of(request) if request else None


@register.filter
def by_section(found: list[navigation.Link]) -> list[tuple[Any, list[navigation.Link]]]:
    """Links in groups, those without a section first."""
    sections: dict[str, list[navigation.Link]] = {}
    for name, group in groupby(found, key=lambda link: str(link.section)):
        sections.setdefault(name, []).extend(group)
    return sorted(sections.items(), key=lambda pair: pair[0] != "")


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """ "light" or "dark" when the person chose one, else ""."""
    request = context.get("request")
    return theme_of(request) if request else ""


@register.filter
def number(value: Any) -> str:
    """1284 -> 1,284 in the person's language; nothing for None."""
    return "" if value is None else wording.number(value)


@register.filter
def duration_us(value: float | None) -> str:
    """Microseconds -> 12 ms."""
    return "–" if value is None else wording.duration_us(value)


@register.filter
def accent_fill(accent: str) -> str:
    """The fill of a button in a mail made from the vendor's accent; ours when there is none."""
    return colours.for_mail(accent).fill


@register.filter
def accent_ink(accent: str) -> str:
    """What can be read upon `accent_fill`."""
    return colours.for_mail(accent).ink


def _with(context: Context, name: str, value: int) -> str:
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return f"?{name}={value}"
    query[name] = str(value)
    return f"?{query.urlencode()}"


def _time(value: datetime, text: str, mark: str = "") -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        value.isoformat(),
        wording.full_moment(value),
        mark_safe(f" data-{mark}") if mark else "",  # noqa: S308  our own word
        text,
    )


def _dash() -> SafeString:
    return mark_safe('<span class="soft">–</span>')
