"""The tables of mail and notices, split by topic."""

from posthouse.messages.models.choices import Change, How, Preference, Reason, Suppression
from posthouse.messages.models.mail import Feedback, Message, State
from posthouse.messages.models.notices import Notice, NoticeRead
from posthouse.messages.models.reports import Report
from posthouse.messages.models.templates import MailTemplate, TemplateRevision

__all__ = [
    "Change",
    "Feedback",
    "How",
    "MailTemplate",
    "Message",
    "Notice",
    "NoticeRead",
    "Preference",
    "Reason",
    "Report",
    "State",
    "Suppression",
    "TemplateRevision",
]
