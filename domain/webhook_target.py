"""Where a webhook may lead: to web servers that everybody can reach, unless the operator allows others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from domain.errors import invalid

MAX_URL = 2000
SETTING = "WEBHOOK_PRIVATE_TARGETS"
_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# The special-purpose registries of IANA, but for what is global there and no web server's; and 168.63.129.16, at which
# Azure tells machines about themselves. Those of other clouds lie in 169.254.0.0/16, 100.64.0.0/10 and 192.0.0.0/24.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# All that is public lies in here. NAT64 and IPv4-mapped addresses, which lead to IPv4 ones, do not.
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """`host` is a name or an IP address, without brackets; `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to one host that everybody can reach: it is not loopback, private, link-local,
    multicast, reserved, of a provider's NAT, or a way to such an IPv4 address."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _GLOBAL_6 and not any(address in network for network in _NOT_PUBLIC_6)


def checked_target(url: str, private_targets: bool, *field: str) -> WebhookTarget:
    """The parts of a webhook's address. Raises INVALID at `field` for what is no address of a web server, and unless
    `private_targets` for http and for a host that is no public one. Names have to be resolved to know that of them."""
    if not 1 <= len(url) <= MAX_URL:
        raise invalid(f"An address has 1 to {MAX_URL:,} characters.", *field)
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        text = "An address has no blanks, backslashes or characters beyond ASCII; a name with others has an xn-- form."
        raise invalid(text, *field)
    try:
        parts = urlsplit(url)
        port = _port(parts)
    except ValueError:
        _refuse_form(*field)
    if "@" in parts.netloc:
        raise invalid("An address with a user name or password in it is not taken; check the signature.", *field)
    if "#" in url:
        raise invalid("What stands after # is never sent; leave it out.", *field)
    if parts.scheme == "http" and not private_targets:
        raise invalid(f"An address begins with https://; an operator may allow http by {SETTING}.", *field)
    host = (parts.hostname or "").removesuffix(".")
    if not port or not _is_host(host, parts.netloc):
        _refuse_form(*field)
    if not private_targets and _is_private(host):
        raise invalid(f"{host} is no public address; an operator may allow such by {SETTING}.", *field)
    path = parts.path or "/"
    return WebhookTarget(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def _refuse_form(*field: str) -> NoReturn:
    raise invalid("This is no address of a web server, as https://hooks.example.org/agridrone.", *field)


def _port(parts: SplitResult) -> int:
    """0 for one that no web server has, and for another scheme. Raises ValueError for what is no port."""
    port = parts.port
    if parts.scheme not in _PORTS:
        return 0
    return _PORTS[parts.scheme] if port is None else port


def _is_host(host: str, netloc: str) -> bool:
    address = _literal(host)
    if address is not None:
        return "%" not in host and netloc.startswith("[") == isinstance(address, IPv6Address)
    # What ends in a number is an IPv4 address in another spelling, as 127.1 or 0x7f000001.
    return _NAME.fullmatch(host) is not None and not _NUMBER.fullmatch(host.rpartition(".")[2])


def _is_private(host: str) -> bool:
    address = _literal(host)
    if address is not None:
        return not is_public(address)
    return host == "localhost" or host.endswith(".localhost")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
