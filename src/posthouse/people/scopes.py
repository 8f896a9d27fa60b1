"""What a team token may be allowed to do."""

from django.utils.translation import gettext_lazy as _

SCOPES = {
    "keys:verify": _("Verify keys"),
    "keys:sync": _("Follow all keys (for the middleware in your API)"),
    "calls:write": _("Report calls"),
    "events:write": _("Report events"),
    "timeline:read": _("Read timelines and events"),
    "customers:read": _("Read customers and contacts"),
    "customers:write": _("Change customers and contacts"),
    "keys:read": _("Read keys (never secrets)"),
    "keys:write": _("Make, change and revoke keys"),
    "usage:read": _("Read calls and usage"),
    "sources:read": _("Read sources of events and rejected items"),
    "sources:write": _("Set up sources of events and read their write keys"),
    "automations:read": _("Read automations, their runs, and tasks"),
    "automations:write": _("Change automations, their runs, and tasks"),
    "surveys:read": _("Read survey campaigns, sends and responses"),
    "surveys:write": _("Make and change survey campaigns"),
    "surveys:send": _("Send surveys, move and cancel what is pending"),
    "webhooks:read": _("Read webhooks and what was sent to them"),
    "webhooks:write": _("Set up webhooks and send again"),
    "mail:read": _("Read who gets which mail, who gets none, and the words of mails"),
    "mail:write": _("Change who gets mail, and the words of mails"),
    "guides:write": _("Import the API document"),
}
EVERYTHING = "*"


def allows(granted: list[str], scope: str) -> bool:
    """Whether a list of granted scopes includes one."""
    return EVERYTHING in granted or scope in granted
