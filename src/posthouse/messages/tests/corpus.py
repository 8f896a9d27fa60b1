"""Reports as mail servers send them, written after RFC 3464, 3463, 5965 and the older forms; with what they mean.

`{id}` is the Message-ID of the mail that came back, `{token}` the token of its return path.
"""

TO = "Delivered-To: bounces+{token}@mail.example.org\n"
QUOTED = """\
Message-ID: {id}
From: Posthouse <noreply@example.org>
To: ada@example.com
Subject: A test mail

Hello Ada,
"""


def report(kind, parts, *, head="", quoted=QUOTED, quoted_type="message/rfc822"):
    """A multipart/report."""
    body = "".join(f"--b\nContent-Type: {type_}\n\n{text}\n" for type_, text in parts)
    if quoted:
        body += f"--b\nContent-Type: {quoted_type}\n\n{quoted}\n"
    return (
        f"Return-Path: <>\n{head}From: MAILER-DAEMON@mx.example.com\nTo: bounces@mail.example.org\n"
        f"Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\n\n{body}--b--\n'
    )


def dsn(action, status, diagnostic="", *, words="Your mail could not be delivered.", more="", **rest):
    """A delivery status notification about one recipient."""
    fields = "Reporting-MTA: dns; mx.example.com\nArrival-Date: Mon, 23 Nov 2026 10:00:00 +0000\n\n"
    fields += f"Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: {status}\n"
    fields += f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    parts = [("text/plain; charset=utf-8", words), ("message/delivery-status", fields + more)]
    return report("delivery-status", parts, **rest)


def arf(kind, *, rcpt=True, **rest):
    """A complaint in the Abuse Reporting Format."""
    fields = f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n"
    fields += "Original-Mail-From: <noreply@example.org>\n" + ("Original-Rcpt-To: <ada@example.com>\n" if rcpt else "")
    parts = [("text/plain", "This is an email abuse report."), ("message/feedback-report", fields)]
    return report("feedback-report", parts, **rest)


def plain(subject, text, *, head="", sender="MAILER-DAEMON@mx.example.com"):
    """A mail without parts."""
    return f"Return-Path: <>\n{head}From: {sender}\nTo: bounces@mail.example.org\nSubject: {subject}\n\n{text}"


SECOND_ALIVE = "\nFinal-Recipient: rfc822; bob@example.com\nAction: delivered\nStatus: 2.0.0\n"

CASES = {
    # RFC 3464, for good
    "no such user": ("hard", dsn("failed", "5.1.1", "550 5.1.1 <ada@example.com>: user unknown")),
    "no such domain": ("hard", dsn("failed", "5.1.2", "host not found")),
    "not an address": ("hard", dsn("failed", "5.1.3")),
    "mailbox has moved": ("hard", dsn("failed", "5.1.6")),
    "domain takes no mail": ("hard", dsn("failed", "5.1.10", "556 5.1.10 null MX")),
    "mailbox disabled": ("hard", dsn("failed", "5.2.1", "550 5.2.1 The email account is disabled")),
    "code only in the diagnostic": ("hard", dsn("failed", "5.0.0", "550-5.1.1 The email account does not exist")),
    "words only": ("hard", dsn("failed", "5.0.0", "550 Requested action not taken: mailbox unavailable")),
    "directory of a big provider": (
        "hard", dsn("failed", "5.4.1", "550 5.4.1 Recipient address rejected: Access denied")),
    "upper case and comments": ("hard", dsn("Failed (permanent)", "5.1.1 (bad destination)")),
    "folded diagnostic": ("hard", dsn("failed", "5.0.0", "550\n 5.1.1 unknown\n user")),
    "headers alone quoted": ("hard", dsn("failed", "5.1.1", quoted_type="text/rfc822-headers")),
    "token alone, nothing quoted": ("hard", dsn("failed", "5.1.1", quoted="", head=TO)),
    "token in upper case": ("hard", dsn("failed", "5.1.1", quoted="", head=TO.upper().replace("{TOKEN}", "{token}"))),
    # RFC 3464, for now, or about the mail and not the address
    "mailbox full": ("soft", dsn("failed", "5.2.2", "552 5.2.2 mailbox full")),
    "given up after days": ("soft", dsn("failed", "4.4.7", "delivery time expired")),
    "called spam": ("soft", dsn("failed", "5.7.1", "550 5.7.1 message rejected as spam")),
    "words call it spam": ("soft", dsn("failed", "5.0.0", "550 recipient rejected: blocked by spam policy")),
    "our domain is refused": ("soft", dsn("failed", "5.7.26", "550 5.7.26 unauthenticated, DMARC")),
    "our return path is refused": ("soft", dsn("failed", "5.1.8", "501 5.1.8 bad sender's system address")),
    "too large": ("soft", dsn("failed", "5.3.4", "552 5.3.4 message too large")),
    "routing loop": ("soft", dsn("failed", "5.4.6", "554 5.4.6 too many hops")),
    "alias: one of two got it": ("soft", dsn("failed", "5.1.1", more=SECOND_ALIVE)),
    # not bounces
    "still trying": ("delayed", dsn("delayed", "4.2.0", "450 4.2.0 greylisted")),
    "still trying, host down": ("delayed", dsn("delayed", "4.4.1", "connection timed out")),
    "arrived": ("delivered", dsn("delivered", "2.1.5", "250 2.1.5 OK")),
    "handed on": ("delivered", dsn("relayed", "2.0.0")),
    # complaints
    "spam button": ("complaint", arf("abuse")),
    "spam button, address withheld": ("complaint", arf("abuse", rcpt=False)),
    "fraud": ("complaint", arf("Fraud")),
    "opting out by report": ("unsubscribed", arf("opt-out")),
    "not spam after all": ("unknown", arf("not-spam")),
    "authentication failure": ("unknown", arf("auth-failure")),
    # before RFC 3464
    "qmail": (
        "hard",
        plain(
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.com.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<ada@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n\n" + QUOTED,
        ),
    ),
    "qmail, full": (
        "soft",
        plain(
            "failure notice",
            "Hi. This is the qmail-send program at mx.example.com.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<ada@example.com>:\nThe users mailfolder is over the allowed quota (size). (#5.2.2)\n\n"
            "--- Below this line is a copy of the message.\n\n" + QUOTED,
        ),
    ),
    "exim": (
        "hard",
        plain(
            "Mail delivery failed: returning message to sender",
            "This message was created automatically by mail delivery software.\n\n"
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) failed:\n\n"
            "  ada@example.com\n    Unrouteable address\n\n"
            "------ This is a copy of the message, including all the headers. ------\n\n" + QUOTED,
            head="X-Failed-Recipients: ada@example.com\n",
        ),
    ),
    # what only looks like one
    "out of office": (
        "auto_reply",
        plain(
            "Out of office: A test mail", "I am away until Monday. If it is urgent, write to bob@example.com.",
            head="Auto-Submitted: auto-replied\nIn-Reply-To: {id}\n", sender="ada@example.com",
        ),
    ),
    "out of office of an old server": (
        "auto_reply",
        plain("Away", "I am away.", head="X-Autoreply: yes\nReferences: {id}\n", sender="ada@example.com"),
    ),
    "a person answers": (
        "unknown",
        plain(
            "Re: A test mail", "Thanks! The user unknown error is gone, 5.1.1 no more.\n> Hello Ada,",
            head="In-Reply-To: {id}\n", sender="Ada <ada@example.com>",
        ),
    ),
    "a list's moderation notice": (
        "auto_reply",
        plain("Your message awaits approval", "Is being held.",
              head="Auto-Submitted: auto-generated\nIn-Reply-To: {id}\n"),
    ),
}  # fmt: skip
