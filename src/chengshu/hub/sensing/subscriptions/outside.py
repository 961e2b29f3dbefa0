"""Posting to addresses that users name, without lending them our own network."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from chengshu.kit.errors import Terminal, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"http": 80, "https": 443}
PATIENCE_SECONDS = 10.0
SHOWN = 300
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last four octets are an IPv4 address."""


class AddressRefused(Terminal):
    """The address is none that may be posted to: no HTTP, or inside our own network."""

    code = "address-refused"


class Unreachable(Transient):
    """Nobody answers there, or not as HTTP does."""

    code = "webhook-unreachable"


@dataclass(frozen=True)
class Answered:
    """What came back; *text* is the beginning of the body."""

    status: int
    text: str

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def checked(url: str) -> SplitResult:
    """The parts of *url*. Raises AddressRefused unless it can be posted to at all."""
    try:
        parts = urlsplit(url)
        is_usable = bool(parts.scheme in PORTS and parts.hostname and parts.port != 0)
    except ValueError:
        is_usable = False
    if not is_usable or not url.isascii() or any(letter <= " " for letter in url):
        raise AddressRefused(_("Not an address like https://host/path."))
    if parts.username is not None or parts.fragment:
        raise AddressRefused(_("The address must not hold a user, a password or a fragment."))
    return parts


def permitted(url: str) -> tuple[SplitResult, Address]:
    """The parts of *url* and where it leads, looked up now.

    Raises AddressRefused when any of its network addresses is inside, Unreachable when there is
    none.
    """
    parts = checked(url)
    assert parts.hostname is not None
    try:
        found = socket.getaddrinfo(
            parts.hostname, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{parts.hostname}: {error}") from None
    addresses = [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
    if not all(_is_open(address) for address in addresses):
        raise AddressRefused(
            _("%(host)s is in a network that webhooks may not reach.") % {"host": parts.hostname},
            where={"host": parts.hostname},
        )
    return parts, addresses[0]


def _is_open(address: Address) -> bool:
    plain = _plain(address)
    allowed = (ipaddress.ip_network(text) for text in settings.CHENGSHU.webhook_networks)
    if any(plain in network for network in allowed):
        return True
    return plain.is_global and not plain.is_multicast and not plain.is_reserved


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address in TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def post(url: str, body: bytes, headers: dict[str, str]) -> Answered:
    """Post *body* to *url*, to the address that was checked and no other; redirections are
    answers. Raises AddressRefused and Unreachable."""
    parts, address = permitted(url)
    assert parts.hostname is not None
    host = f"[{address}]" if address.version == 6 else str(address)
    port = parts.port or PORTS[parts.scheme]
    target = parts._replace(netloc=f"{host}:{port}").geturl()
    sent = {**headers, "Host": parts.netloc, "Content-Type": "application/json"}
    try:
        with (
            httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, follow_redirects=False) as line,
            line.stream(
                "POST",
                target,
                content=body,
                headers=sent,
                extensions={"sni_hostname": parts.hostname},
            ) as answer,
        ):
            first = next(answer.iter_raw(SHOWN), b"")
            return Answered(answer.status_code, first.decode(errors="replace"))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from None
