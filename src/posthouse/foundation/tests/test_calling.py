"""Calls to foreign addresses: the signature, and which addresses are called. Over sockets: the tests of automations
and webhooks."""

import pytest

from posthouse.foundation import calling


def test_the_example_of_standard_webhooks_is_signed_alike():
    """From the specification's reference libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = calling.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body, secret)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:127.0.0.1", False),
    ],
)
def test_which_addresses_are_public(address, expected):
    assert calling.is_public(address) is expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "https://",
        "https:///path",
        "http://example.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "https://ada:secret@example.org/",
        "https://example.org/#part",
        "https://example.org/a b",
        "https://exämple.org/",
        "https://example.org/\r\nHost: other",
        "https://example.org:99999/",
        "https://[::1",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://example.org/" + "x" * 500,
    ],
)
def test_what_will_never_be_called_is_refused_when_it_is_given(url):
    with pytest.raises(calling.Forbidden):
        calling.check_address(url)


def test_a_usual_address_is_taken():
    calling.check_address("https://example.org:8443/hooks?team=1")


def test_private_addresses_are_called_where_the_house_wants_it(settings):
    settings.WEBHOOK_PRIVATE = True
    calling.check_address("http://127.0.0.1:9/")


def test_secrets_are_as_standard_webhooks_writes_them():
    secret = calling.new_secret()
    assert secret.startswith("whsec_")
    assert len(calling.sign("a", "1", b"{}", secret)) == len("v1,") + 44
    assert secret != calling.new_secret()
