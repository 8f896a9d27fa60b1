"""What the mail with the scale says: plain data for the template, made from a campaign in one language."""

from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from posthouse.design.colours import for_mail
from posthouse.surveys import anonymity, links, texts
from posthouse.surveys.models import Campaign
from posthouse.vendor.queries import vendor

SHADES = {"low": "#f6dcd7", "middle": "#f4ecd2", "high": "#d9ecdd"}
"""Behind the scores of a group, dark letters upon them; none of it is needed to understand the mail."""


def words(campaign: Campaign, language: str, send_id: str) -> dict[str, Any]:
    """Everything the template names. Without a send the links lead nowhere: for previews and tests.

    `language` is the one asked for; `language` of the answer is the one that the campaign has. In an anonymous
    campaign the links hold a new one-time token that nothing leads to: the mail must be forgotten once it has left.
    """
    token = anonymity.new_token(campaign) if campaign.anonymous and send_id else ""
    spoken, said = texts.in_language(campaign.texts, language, vendor().default_language)
    return {
        "language": spoken,
        "survey_subject": said.get("subject", ""),
        "intro": said.get("intro", ""),
        **_reminder(said, spoken),
        "question": said.get("question", ""),
        "lowest_label": said.get("low", ""),
        "highest_label": said.get("high", ""),
        "scale": [_cell(campaign, score, send_id, token, spoken) for score in campaign.scores],
        "answer_link": _address(campaign, send_id, None, token, spoken),
        "decline_link": _decline_address(campaign, send_id),
        "sender_name": campaign.sender_name,
        "logo_url": campaign.logo_url,
        "accent_fill": for_mail(campaign.accent or vendor().accent).fill,
    }


def _reminder(said: dict[str, Any], spoken: str) -> dict[str, str]:
    """What a reminder says: the campaign's own words, else the usual ones, which say that it is one."""
    with translation.override(texts.spoken_here(spoken, vendor().default_language)):
        subject = _("Reminder: %(subject)s") % {"subject": said.get("subject", "")}
        usual = _("This is a reminder: we asked you a short question and have no answer from you yet.")
    return {
        "reminder_subject": said.get("reminder_subject") or subject,
        "reminder_intro": said.get("reminder") or usual,
    }


def _cell(campaign: Campaign, score: int, send_id: str, token: str, language: str) -> dict[str, Any]:
    return {
        "score": score,
        "link": _address(campaign, send_id, score, token, language),
        "shade": SHADES[campaign.group_of(score)],
    }


def _address(campaign: Campaign, send_id: str, score: int | None, token: str, language: str) -> str:
    if token:
        chosen = "" if score is None else f"&score={score}"
        return f"{anonymity.address(campaign, token)}?language={language}{chosen}"
    return links.address(send_id, score) if send_id else f"{settings.PUBLIC_URL}/survey/example/"


def _decline_address(campaign: Campaign, send_id: str) -> str:
    """Empty in an anonymous campaign: who says "not now" would have said who they are."""
    if campaign.anonymous:
        return ""
    return links.decline_address(send_id) if send_id else _address(campaign, "", None, "", "")


def headers(campaign: Campaign) -> dict[str, str]:
    """Who the mail is from, where answers go."""
    found = {}
    if campaign.sender_name:
        found["From"] = formataddr((campaign.sender_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    if campaign.reply_to:
        found["Reply-To"] = campaign.reply_to
    return found
