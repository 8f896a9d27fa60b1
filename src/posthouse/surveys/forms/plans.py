"""Forms of the integration planner: one for each question."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from posthouse.surveys.models import Campaign, CampaignState, Plan
from posthouse.surveys.planning import steps

MOST_CAMPAIGNS = 100


class NameForm(forms.Form):
    """What a plan is called."""

    name = forms.CharField(label=_("Name of the plan"), max_length=120, help_text=_("Such as “NPS after a purchase”."))


class Step(forms.Form):
    """The form of a question. `answer` is what is kept of it."""

    def __init__(self, data: Any = None, *, plan: Plan) -> None:
        self.plan = plan
        super().__init__(data, initial=self.shown(plan.answers))

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """What is in the fields at first."""
        raise NotImplementedError

    def answer(self) -> dict[str, Any]:
        """What is kept."""
        raise NotImplementedError


class CampaignStep(Step):
    """Which survey."""

    campaign = forms.ChoiceField(
        label=steps.TITLES["campaign"],
        choices=lambda: list(
            Campaign.objects.exclude(state=CampaignState.ENDED)
            .order_by("-created_at")
            .values_list("pk", "name")[:MOST_CAMPAIGNS]
        ),
        widget=forms.RadioSelect,
    )

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """The campaign chosen before."""
        return {"campaign": answers.get("campaign", {}).get("id")}

    def answer(self) -> dict[str, Any]:
        """Its id."""
        return {"id": self.cleaned_data["campaign"]}


class TriggerStep(Step):
    """What triggers it."""

    kind = forms.ChoiceField(label=steps.TITLES["trigger"], choices=steps.TRIGGERS, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your own words"),
        max_length=300,
        required=False,
        help_text=_("For those who build it: what exactly has happened?"),
    )

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """As answered before."""
        return dict(answers.get("trigger", {}))

    def answer(self) -> dict[str, Any]:
        """Kind and words."""
        return dict(self.cleaned_data)


class SourceStep(Step):
    """Where the event lives."""

    kind = forms.ChoiceField(label=steps.TITLES["source"], choices=steps.SOURCES, widget=forms.RadioSelect)

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """As answered before."""
        return dict(answers.get("source", {}))

    def answer(self) -> dict[str, Any]:
        """The kind."""
        return dict(self.cleaned_data)


class AttributesStep(Step):
    """What goes along."""

    lines = forms.CharField(
        label=steps.TITLES["attributes"],
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_(
            "One per line with an example: “plan = pro”, “seats = 5”. Results can be told apart by them. Leave out "
            "what you do not need: it is kept with the person and the answer."
        ),
    )

    def clean_lines(self) -> str:
        """Readable as attributes."""
        text: str = self.cleaned_data["lines"]
        try:
            steps.read_attributes(text)
        except ValueError as fault:
            said = _now("This line cannot be an attribute with an example: %(line)s")
            raise forms.ValidationError(said % {"line": fault}) from fault
        return text

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """As lines."""
        return {"lines": steps.written(answers.get("attributes", {}).get("values", {}))}

    def answer(self) -> dict[str, Any]:
        """Names with examples."""
        return {"values": steps.read_attributes(self.cleaned_data["lines"])}


class RhythmStep(Step):
    """Once or again, and how long after it."""

    kind = forms.ChoiceField(label=steps.TITLES["rhythm"], choices=steps.RHYTHMS, widget=forms.RadioSelect)
    delay = forms.IntegerField(
        label=_("How long after it has happened"), min_value=0, max_value=365, initial=0, help_text=_("0: at once.")
    )
    unit = forms.ChoiceField(label=_("Unit"), choices=steps.UNITS)

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """As answered before."""
        return {"delay": 0, "unit": "hours", **answers.get("rhythm", {})}

    def answer(self) -> dict[str, Any]:
        """Kind and delay."""
        return dict(self.cleaned_data)


class LanguageStep(Step):
    """In which language."""

    code = forms.ChoiceField(label=steps.TITLES["language"], choices=[], widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, plan: Plan) -> None:
        super().__init__(data, plan=plan)
        codes = list(plan.campaign.texts) if plan.campaign else []
        own = (steps.OF_CONTACT, _("In the language of each person, as far as it is known"))
        self.fields["code"].choices = [own, *((code, code) for code in codes)]  # type: ignore[attr-defined]

    def shown(self, answers: dict[str, Any]) -> dict[str, Any]:
        """As answered before."""
        return {"code": steps.OF_CONTACT, **answers.get("language", {})}

    def answer(self) -> dict[str, Any]:
        """The code."""
        return dict(self.cleaned_data)


FORMS: dict[str, type[Step]] = {
    "campaign": CampaignStep,
    "trigger": TriggerStep,
    "source": SourceStep,
    "attributes": AttributesStep,
    "rhythm": RhythmStep,
    "language": LanguageStep,
}
