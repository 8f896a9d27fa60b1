"""Verbs about mail and notices: write, call off, edit the words, choose what one gets, take in what came back."""

from posthouse.messages.actions.choices import (
    choose,
    forget_person,
    import_suppressions,
    release,
    resubscribe,
    suppress,
    unsubscribe,
)
from posthouse.messages.actions.letters import Letter, Outcome, Wanted, prepare, send_letter, send_letters
from posthouse.messages.actions.mail import (
    UnknownTemplate,
    cancel_message,
    forget_words,
    resend_message,
    retry_message,
    send_due,
    send_mail,
)
from posthouse.messages.actions.notices import mark_all_read, mark_read, notify
from posthouse.messages.actions.reports import ProviderEvent, take_in_provider_event, take_in_report
from posthouse.messages.actions.templates import (
    Draft,
    EditedMeanwhile,
    WordsRefused,
    flaws_of,
    look,
    preview,
    restore_shipped,
    save_template,
    send_test,
)
from posthouse.messages.addresses import Addressee, Recipient, address_book, addressee

__all__ = [
    "Addressee",
    "Draft",
    "EditedMeanwhile",
    "Letter",
    "Outcome",
    "ProviderEvent",
    "Recipient",
    "UnknownTemplate",
    "Wanted",
    "WordsRefused",
    "address_book",
    "addressee",
    "cancel_message",
    "choose",
    "flaws_of",
    "forget_person",
    "forget_words",
    "import_suppressions",
    "look",
    "mark_all_read",
    "mark_read",
    "notify",
    "prepare",
    "preview",
    "release",
    "resend_message",
    "restore_shipped",
    "resubscribe",
    "retry_message",
    "save_template",
    "send_due",
    "send_letter",
    "send_letters",
    "send_mail",
    "send_test",
    "suppress",
    "take_in_provider_event",
    "take_in_report",
    "unsubscribe",
]
