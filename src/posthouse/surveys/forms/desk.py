"""How the team sets up a campaign, and what its lists are narrowed by."""

import json
from typing import Any

from django import forms
from django.utils.translation import get_language_info, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from posthouse.surveys import actions, texts
from posthouse.surveys.forms import frequency
from posthouse.surveys.models import Campaign, CampaignState, Outcome, SendState
from posthouse.surveys.scales import Formula, Group, Metric, Scale, group_name

PLAIN = {
    "subject": _("Subject of the mail"),
    "intro": _("Words before the question"),
    "question": _("Question"),
    "low": _("At the lowest score"),
    "high": _("At the highest score"),
    "reminder_subject": _("Subject of a reminder"),
    "reminder": _("First words of a reminder"),
}
GROUPED = {"comment": _("Question after the score"), "thanks": _("Thanks"), "link": _("Words of the link")}
LONG = {"intro", "thanks", "reminder"}
SETTINGS = (
    "name", "metric", "scale", "formula", "sender_name", "reply_to", "accent", "logo_url", "rest_days",
    "rest_days_any", "sample_percent", "change_hours", "link_days", "anonymous", "smallest_group",
)  # fmt: skip


class NewCampaignForm(forms.Form):
    """A campaign to be made; its words are the usual ones, to be changed afterwards."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For the team; those who are asked do not see it.")
    )
    metric = forms.ChoiceField(label=_("Kind"), choices=Metric.choices, widget=forms.RadioSelect)
    anonymous = forms.BooleanField(
        label=_("Anonymous: nobody can tell who answered what"),
        required=False,
        help_text=_("It can be changed until the campaign is started."),
    )


class CampaignForm(forms.Form):
    """Everything a campaign says and does. The words are fields of their own, by language: `en-question`."""

    name = forms.CharField(label=_("Name"), max_length=120)
    metric = forms.ChoiceField(label=_("Kind"), choices=Metric.choices)
    scale = forms.ChoiceField(label=_("Scale"), choices=Scale.choices)
    formula = forms.ChoiceField(label=pgettext_lazy("of a survey", "Formula"), choices=Formula.choices)
    sender_name = forms.CharField(label=_("Name of the sender"), required=False, max_length=80)
    reply_to = forms.CharField(label=_("Address for answers by mail"), required=False, max_length=254)
    accent = forms.CharField(
        label=_("Colour"), required=False, max_length=7, help_text=_("Such as #0a6b5d; empty: yours.")
    )
    logo_url = forms.CharField(
        label=_("Address of a logo"), required=False, max_length=254, help_text=_("Shown in the mail alone.")
    )
    rest_days = forms.IntegerField(label=_("Days between two mails of this campaign"))
    rest_days_any = forms.IntegerField(label=_("Days since a mail of any campaign"))
    sample_percent = forms.IntegerField(label=_("Share of people asked, in percent"))
    change_hours = forms.IntegerField(label=_("Hours in which an answer can be changed"))
    link_days = forms.IntegerField(label=_("Days for which links work"))
    anonymous = forms.BooleanField(label=_("Anonymous: nobody can tell who answered what"), required=False)
    smallest_group = forms.IntegerField(
        label=_("Fewest answers that are shown of a part"), help_text=_("In anonymous campaigns alone.")
    )

    def __init__(self, data: Any, *, campaign: Campaign) -> None:
        first = {name: getattr(campaign, name) for name in SETTINGS}
        super().__init__(data, initial=first)
        self.campaign = campaign
        self.fields["anonymous"].disabled = campaign.state != CampaignState.DRAFT
        self.languages = list(campaign.texts)
        for code in self.languages:
            self._add_words(code, campaign.texts[code])
        for group in Group.values:
            named = {"group": group_name(campaign.metric, group)}
            self.fields[f"link-{group}"] = forms.CharField(
                label=gettext("Address after the thanks: %(group)s") % named,
                required=False,
                max_length=texts.LINK_LENGTH,
                initial=campaign.links.get(group, ""),
            )
        self.fields.update(frequency.fields(campaign))
        self.fields["questions"] = forms.CharField(
            label=gettext("Additional questions"),
            required=False,
            max_length=60_000,
            initial=json.dumps(campaign.questions, indent=2, ensure_ascii=False) if campaign.questions else "",
            widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "code"}),
            help_text=gettext(
                "A JSON list of up to ten, each with id, kind (text, scale, one_of, many_of), text and when."
            ),
        )
        self.fields["add_language"] = forms.CharField(
            label=gettext("Another language"),
            required=False,
            max_length=20,
            help_text=gettext("Such as pt-BR. It begins with the words of the first language."),
        )

    def _add_words(self, code: str, words: dict[str, Any]) -> None:
        for name, label in PLAIN.items():
            self.fields[f"{code}-{name}"] = _text(label, texts.LENGTHS[name], words.get(name, ""), long=name in LONG)
        for name, label in GROUPED.items():
            for group in Group.values:
                said = f"{label}: {group_name(self.campaign.metric, group)}"
                first = words.get(name, {}).get(group, "")
                self.fields[f"{code}-{name}-{group}"] = _text(said, texts.GROUPED[name], first, long=name in LONG)

    def parts(self) -> list[tuple[str, list[Any]]]:
        """The fields in groups with a heading, as the page shows them."""
        found = [(gettext("What is asked"), [self[name] for name in ("name", "metric", "scale", "formula")])]
        found += [(_language_name(code), self._of(code)) for code in self.languages]
        looks = ("sender_name", "reply_to", "accent", "logo_url", *(f"link-{group}" for group in Group.values))
        found.append((gettext("Sender and look"), [self[name] for name in looks]))
        found.append((gettext("How often, and for how long"), [self[name] for name in SETTINGS[8:]]))
        often = [one for one in self if one.name.startswith(frequency.PREFIX)]
        found.append((gettext("When, how many a day, and how long people are left alone"), often))
        return [*found, (gettext("More"), [self["questions"], self["add_language"]])]

    def _of(self, code: str) -> list[Any]:
        return [one for one in self if one.name.startswith(f"{code}-")]

    def clean_questions(self) -> Any:
        """The list that was typed."""
        text = self.cleaned_data["questions"].strip()
        try:
            return json.loads(text) if text else []
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(gettext("This is not JSON: %(why)s") % {"why": error}) from error

    def changes(self) -> dict[str, Any]:
        """As the actions take it; a language all of whose words were emptied goes."""
        given = self.cleaned_data
        words = {code: self._words(code) for code in self.languages}
        kept = {code: said for code, said in words.items() if any(said.values())}
        added = given["add_language"].strip()
        if added and added not in kept and kept:
            kept[added] = next(iter(kept.values()))
        links = {group: given[f"link-{group}"] for group in Group.values}
        return {name: given[name] for name in SETTINGS} | {
            "texts": kept,
            "links": links,
            "frequency": frequency.rules(given),
            "questions": given["questions"],
        }

    def _words(self, code: str) -> dict[str, Any]:
        given = self.cleaned_data
        found: dict[str, Any] = {name: given[f"{code}-{name}"] for name in PLAIN}
        for name in GROUPED:
            said = {group: given[f"{code}-{name}-{group}"] for group in Group.values}
            found[name] = {group: text for group, text in said.items() if text}
        return found

    def take_fault(self, fault: actions.Invalid) -> None:
        """Show a fault at the field that its place names."""
        if fault.place.startswith("/frequency"):
            self.add_error(frequency.field_at(fault.place), fault.reason)
            return
        parts = fault.place.strip("/").split("/")
        tries = ["-".join(parts[1:]), "-".join(["link", *parts[1:]]), parts[0], "add_language"]
        names = tries if parts[0] in ("texts", "links") else [parts[0]]
        field = next((name for name in names if name in self.fields), None)
        self.add_error(field, fault.reason if field != "questions" else f"{fault.place}: {fault.reason}")


class SendFilter(forms.Form):
    """What the list of sends is narrowed by. An unreadable value narrows nothing."""

    q = forms.CharField(
        label=_("Person"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=lambda: [("", gettext("All")), *SendState.choices]
    )
    outcome = forms.ChoiceField(
        label=pgettext_lazy("of a wish to send", "Outcome"),
        required=False,
        choices=lambda: [("", gettext("All")), *Outcome.choices],
    )

    def given(self) -> dict[str, Any]:
        """The readable values, named as the query names them."""
        self.is_valid()
        found = self.cleaned_data
        return {"text": found.get("q", ""), "state": found.get("state", ""), "outcome": found.get("outcome", "")}


class ResponseFilter(forms.Form):
    """What the list of responses is narrowed by. An unreadable value narrows nothing."""

    q = forms.CharField(
        label=_("Words or address"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    group = forms.ChoiceField(label=pgettext_lazy("of scores", "Group"), required=False)
    with_comment = forms.BooleanField(label=_("Only with a comment"), required=False)

    def __init__(self, data: Any, *, campaign: Campaign) -> None:
        super().__init__(data)
        self.campaign = campaign
        named = [(group, group_name(campaign.metric, group)) for group in Group.values]
        self.fields["group"].choices = [("", gettext("All")), *named]  # type: ignore[attr-defined]  # a ChoiceField

    def given(self) -> dict[str, Any]:
        """The readable values, named as the query names them."""
        self.is_valid()
        found = self.cleaned_data
        group = found.get("group", "")
        mine = [score for score in self.campaign.scores if self.campaign.group_of(score) == group]
        scores = range(mine[0], mine[-1] + 1) if mine else None
        return {"text": found.get("q", ""), "scores": scores, "with_comment": found.get("with_comment", False)}


def _text(label: Any, length: int, first: str, *, long: bool) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2}) if long else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=length, initial=first, widget=widget)


def _language_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
