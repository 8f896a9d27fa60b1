"""What the script is told: the question in one language with every word around it, and the colours."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from posthouse.design.colours import HEX, OURS, palettes
from posthouse.surveys import texts
from posthouse.surveys.models import Campaign, Widget
from posthouse.surveys.queries import COMMENT_LENGTH
from posthouse.surveys.scales import Group
from posthouse.vendor.queries import vendor


def question(widget: Widget, language: str) -> dict[str, Any]:
    """Everything that is shown, so that the script holds no words of its own."""
    campaign = widget.campaign
    spoken, said = texts.in_language(campaign.texts, _near(campaign, language), vendor().default_language)
    with translation.override(texts.spoken_here(spoken, vendor().default_language)):
        return {
            "language": spoken,
            "question": said.get("question", ""),
            "low": said.get("low", ""),
            "high": said.get("high", ""),
            "scores": [{"score": score, "group": campaign.group_of(score)} for score in campaign.scores],
            "comment": {group: _comment(said, group) for group in Group.values},
            "thanks": {group: said.get("thanks", {}).get(group, "") for group in Group.values},
            "link": {group: _link(campaign, said, group) for group in Group.values},
            "most": COMMENT_LENGTH,
            "remember": widget.remember,
            "words": _words(campaign),
            "colours": _colours(campaign),
        }


def _near(campaign: Campaign, language: str) -> str:
    """The language of a page as the campaign has it: `es-MX` is answered in `es`."""
    return next((code for code in (language, language.partition("-")[0].lower()) if code in campaign.texts), "")


def _comment(said: dict[str, Any], group: str) -> str:
    return str(said.get("comment", {}).get(group) or _("Why did you choose this score?"))


def _link(campaign: Campaign, said: dict[str, Any], group: str) -> dict[str, str] | None:
    address = campaign.links.get(group, "")
    return {"address": address, "text": said.get("link", {}).get(group, "") or address} if address else None


def _words(campaign: Campaign) -> dict[str, str]:
    anonymous = _("This survey is anonymous: nobody can tell whose answer is whose.") if campaign.anonymous else ""
    return {
        "send": _("Send my answer"),
        "not_now": pgettext("a survey", "Not now"),
        "close": _("Close"),
        "thanks": _("Thank you"),
        "failed": _("That did not work. Please try again in a moment."),
        "optional": _("optional"),
        "anonymous": anonymous,
    }


def _colours(campaign: Campaign) -> dict[str, list[str]]:
    """Fill and letters of buttons, light and dark, each pair legible whatever colour the vendor chose."""
    match = HEX.fullmatch(campaign.accent or vendor().accent or "")
    light, dark = palettes(match.group(1).lower() if match else OURS)
    return {"light": [light.fill, light.ink, light.accent], "dark": [dark.fill, dark.ink, dark.accent]}
