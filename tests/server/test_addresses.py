"""What is public, and who calls."""

from __future__ import annotations

import ipaddress

import pytest

from matteo.server.addresses import caller, is_public
from matteo.server.settings import networks

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2001:0:7f00:1::",
    "2001::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"]
)
def test_what_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


def test_a_network_may_be_allowed_and_opens_no_other() -> None:
    allowed = networks("127.0.0.0/8", "x")
    assert is_public(ipaddress.ip_address("127.1.2.3"), allowed)
    assert is_public(ipaddress.ip_address("::ffff:127.1.2.3"), allowed)
    assert not is_public(ipaddress.ip_address("10.0.0.1"), allowed)
    assert not is_public(ipaddress.ip_address("::1"), allowed)


@pytest.mark.parametrize(
    ("peer", "told", "trusted", "who", "local"),
    [
        ("127.0.0.1", None, "", "127.0.0.1", True),
        ("::1", None, "", "::1", True),
        ("8.8.8.8", None, "", "8.8.8.8", False),
        ("8.8.8.8", "127.0.0.1", "", "8.8.8.8", False),  # nobody trusted says it
        ("127.0.0.1", "8.8.8.8", "", "127.0.0.1", False),  # a proxy on this machine that nobody told of
        ("127.0.0.1", "", "", "127.0.0.1", False),  # its line may be empty, or the first of two
        ("127.0.0.1", ",8.8.8.8", "", "127.0.0.1", False),
        ("10.0.0.2", "127.0.0.1,8.8.8.8", "10.0.0.0/8", "8.8.8.8", False),
        ("127.0.0.1", "8.8.8.8", "127.0.0.1", "8.8.8.8", False),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1", True),
        ("10.0.0.2", "1.2.3.4, 8.8.8.8", "10.0.0.0/8", "8.8.8.8", False),  # what the client itself put before
        ("10.0.0.2", "1.2.3.4, 10.0.0.3", "10.0.0.0/8", "1.2.3.4", False),
        ("10.0.0.2", "127.0.0.1, 8.8.8.8", "10.0.0.0/8", "8.8.8.8", False),
        ("10.0.0.2", "nonsense", "10.0.0.0/8", "10.0.0.2", False),
        ("10.0.0.2", "[2606:4700::1]:99", "10.0.0.0/8", "2606:4700::1", False),
        ("10.0.0.2", "8.8.8.8:1234", "10.0.0.0/8", "8.8.8.8", False),
    ],
)
def test_who_calls(peer: str, told: str | None, trusted: str, who: str, local: bool) -> None:
    assert caller(peer, told, networks(trusted, "x")) == (who, local)
