"""What respondents fill in: the score first, then what the campaign asks of their score group."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _

from posthouse.surveys import actions, texts
from posthouse.surveys.models import Campaign
from posthouse.surveys.queries import COMMENT_LENGTH, Question

ANSWER = "answer-"
"""Before the id of an additional question, so that none can be taken for a field of ours."""


class ScoreForm(forms.Form):
    """The score and, in one's own words, why."""

    def __init__(
        self, data: Any, *, campaign: Campaign, words: dict[str, Any], score: int | None, comment: str
    ) -> None:
        super().__init__(data, initial={"score": score, "comment": comment})
        self.fields["score"] = forms.TypedChoiceField(
            label=words.get("question", ""),
            coerce=int,
            choices=[(one, str(one)) for one in campaign.scores],
            widget=forms.RadioSelect,
            help_text=_ends(campaign, words),
            error_messages={"required": _("Choose a score."), "invalid_choice": _("Choose a score of this scale.")},
        )
        self.fields["comment"] = _comment(_comment_label(campaign, words, score))


class MoreForm(forms.Form):
    """What is asked once the score is known."""

    def __init__(
        self,
        data: Any,
        *,
        campaign: Campaign,
        words: dict[str, Any],
        language: str,
        response: Any,
        asked: list[Question],
    ) -> None:
        first = {f"{ANSWER}{name}": value for name, value in response.answers.items()}
        super().__init__(data, initial={"comment": response.comment, **first})
        self.asked = asked
        self.fields["comment"] = _comment(_comment_label(campaign, words, response.score))
        for question in asked:
            self.fields[f"{ANSWER}{question['id']}"] = _question_field(question, language)

    def answers(self) -> dict[str, Any]:
        """What was answered, by the id of the question."""
        return {question["id"]: self._answer(question) for question in self.asked}

    def _answer(self, question: Question) -> Any:
        value = self.cleaned_data.get(f"{ANSWER}{question['id']}")
        return int(value) if question["kind"] == "scale" and value else value or None

    def take_fault(self, fault: actions.Invalid) -> None:
        """Show a fault at the field it is about."""
        name = fault.place.rpartition("/")[2]
        field = next((known for known in (f"{ANSWER}{name}", name) if known in self.fields), None)
        self.add_error(field, fault.reason)


def _ends(campaign: Campaign, words: dict[str, Any]) -> str:
    low, high = words.get("low", ""), words.get("high", "")
    if not (low or high):
        return ""
    return format_html("{} = {} · {} = {}", campaign.scores[0], low or "–", campaign.scores[-1], high or "–")


def _comment_label(campaign: Campaign, words: dict[str, Any], score: int | None) -> str:
    own = words.get("comment", {}).get(campaign.group_of(score)) if score is not None else ""
    return own or _("Why did you choose this score?")


def _comment(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=COMMENT_LENGTH, widget=forms.Textarea(attrs={"rows": 4})
    )


def _question_field(question: Question, language: str) -> forms.Field:
    label = _said(question["text"], language)
    if question["kind"] == "text":
        widget = forms.Textarea(attrs={"rows": 3})
        return forms.CharField(label=label, required=False, max_length=COMMENT_LENGTH, widget=widget)
    if question["kind"] == "scale":
        ends = range(question["lowest"], question["highest"] + 1)
        choices = [(str(one), str(one)) for one in ends]
        return forms.ChoiceField(label=label, required=False, choices=choices, widget=forms.RadioSelect)
    choices = [(option["id"], _said(option["text"], language)) for option in question["options"]]
    if question["kind"] == "one_of":
        return forms.ChoiceField(label=label, required=False, choices=choices, widget=forms.RadioSelect)
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


def _said(text: dict[str, str], language: str) -> str:
    """In this language, or else in one there is."""
    found: Any = texts.in_language(text, language, "en")[1]
    return str(found)
