"""Webhooks reach the outside world and nothing of ours."""

import socket
from dataclasses import replace

import pytest

from chengshu.hub.sensing.subscriptions import outside
from chengshu.hub.sensing.subscriptions.outside import (
    AddressRefused,
    Unreachable,
    checked,
    permitted,
)

INSIDE = (
    "http://127.0.0.1/",
    "http://localhost/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1:8000/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://0.0.0.0/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
)


@pytest.mark.parametrize("url", INSIDE)
def test_addresses_inside_are_refused_in_every_spelling(url: str):
    with pytest.raises((AddressRefused, Unreachable)) as refused:
        permitted(url)

    assert refused.type is AddressRefused


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org",
        "http://",
        "http://user:word@example.org/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://example.org/\r\nHost: x",
        "http://例子.cn/",
        "http://[::1",
        "https://example.org/#part",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str):
    with pytest.raises(AddressRefused):
        checked(url)


def test_a_public_address_is_permitted():
    _parts, address = permitted("https://1.1.1.1:8443/hook")

    assert str(address) == "1.1.1.1"


def test_one_address_inside_spoils_a_name(monkeypatch):
    found = [(2, 1, 6, "", (ip, 443)) for ip in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: found)

    with pytest.raises(AddressRefused):
        permitted("https://example.org/")


def test_a_network_is_opened_by_the_setting_alone(settings):
    settings.CHENGSHU = replace(settings.CHENGSHU, webhook_networks=("10.2.0.0/16",))

    assert str(permitted("http://10.2.3.4/")[1]) == "10.2.3.4"
    with pytest.raises(AddressRefused):
        permitted("http://10.3.0.1/")


def test_the_name_is_looked_up_once_and_the_address_checked_is_the_one_reached(
    webhook, inside, monkeypatch
):
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host, *words, **more):
        asked.append(str(host))
        return real(host, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    answer = outside.post(webhook.url, b"{}", {})

    assert answer.status == 204
    assert [name for name in asked if name == "localhost"] == ["localhost"]
    assert webhook.headers[0]["Host"].startswith("localhost:")


def test_nobody_there_is_worth_another_try(inside):
    with pytest.raises(Unreachable):
        outside.post("http://127.0.0.1:9/", b"{}", {})
