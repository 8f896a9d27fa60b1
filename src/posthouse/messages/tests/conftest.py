"""A real SMTP server on loopback that does as it is told."""

import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from posthouse.messages import actions


class Postman:
    """Keeps what arrives; `say` holds answers to give instead of accepting, first come first served."""

    def __init__(self):
        self.mails = []
        self.senders = []
        self.at_rcpt = []
        self.at_data = []
        self.on_arrival = lambda: None
        self.before_data = None

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802  aiosmtpd's name
        answer = self.at_rcpt.pop(0) if self.at_rcpt else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        if self.before_data:
            await self.before_data()
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer == "hang up":
            server.transport.abort()
            return "421 gone"
        if answer.startswith("2"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.senders.append(envelope.mail_from)
            self.on_arrival()
        return answer


@pytest.fixture
def postman(settings):
    handler = Postman()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", handler.port
    yield handler
    controller.stop()


@pytest.fixture
def write(db):
    def write(to="ada@example.org", language="en", **more):
        context = {"name": "Ada", "link": "http://127.0.0.1/desk/mail/"}
        return actions.send_mail(template="messages/test_mail", to=to, language=language, context=context, **more)

    return write
