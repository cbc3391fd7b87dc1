"""Where events may be sent: https addresses of the public internet, unless more is allowed.

Pure. An address is looked at when it is registered and again before each sending, and so is every
IP address that its name leads to: a name may come to lead elsewhere.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

LONGEST_URL: Final = 2048
HTTPS_PORT: Final = 443
# Below it are the services of an operating system: mail, databases, shells.
FIRST_FREE_PORT: Final = 1024

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
    r"(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?",
    re.IGNORECASE,
)
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
# They lead to this machine or its own network, whatever a resolver says (RFC 6761, 6762, 8375).
_LOCAL_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "localdomain")

# Reserved by IANA, and not all called so by Python: carriers own addresses, cloud metadata,
# documentation, benchmarks, 6to4 and Teredo, which carry an IPv4 address inside.
# https://www.iana.org/assignments/iana-ipv4-special-registry
# https://www.iana.org/assignments/iana-ipv6-special-registry
_NOT_PUBLIC: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/96",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
            "5f00::/16",
            "64:ff9b:1::/48",
            "fc00::/7",
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
# All that IANA has given out as addresses of single hosts of the public internet.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
# NAT64: the last four bytes are the IPv4 address that is really reached (RFC 6052).
_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressRefused(ValueError):
    """The address is none that events are sent to; the sentence goes on after its name."""


class Target(NamedTuple):
    """What an address names: its scheme, host and port."""

    scheme: str
    host: str
    port: int


def check_url(url: str, *, allow_private: bool = False) -> Target:
    """Return what an address names; with ``allow_private`` http and every port and host are taken.

    Raises:
        AddressRefused: it is no address events are sent to.
    """
    if len(url) > LONGEST_URL or _VISIBLE.fullmatch(url) is None or "\\" in url:
        raise AddressRefused(f"must be an address of at most {LONGEST_URL} visible characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Its sentence would repeat what was sent.
        raise AddressRefused("must be an absolute https address") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_private):
        raise AddressRefused("must be an absolute https address")
    if "@" in parts.netloc:
        raise AddressRefused("must not hold a user's name or password")
    if parts.fragment or "#" in url:
        raise AddressRefused("must not hold a fragment")
    if port is None:
        port = HTTPS_PORT if parts.scheme == "https" else 80
    _check_port(port, allow_private=allow_private)
    _check_host(host, bracketed="[" in parts.netloc, allow_private=allow_private)
    return Target(parts.scheme, host, port)


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet; what is none is not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public(parsed)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is not None:
            return _is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    inside = any(
        address in network for network in _NOT_PUBLIC if network.version == address.version
    )
    return address.is_global and not inside


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is really reached by way of an IPv6 one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _check_port(port: int, *, allow_private: bool) -> None:
    if allow_private and port > 0:
        return
    if port != HTTPS_PORT and port < FIRST_FREE_PORT:
        raise AddressRefused(f"must use port {HTTPS_PORT}, or one from {FIRST_FREE_PORT} on")


def _check_host(host: str, *, bracketed: bool, allow_private: bool) -> None:
    try:
        address: IPv4Address | IPv6Address | None = ip_address(host)
    except ValueError:
        address = None
    if address is None and (bracketed or _HOST.fullmatch(host) is None):
        raise AddressRefused("must name a host")
    if allow_private:
        return
    if address is not None:
        if not _is_public(address):
            raise AddressRefused("must not lead to a private or reserved address")
        return
    labels = host.lower().rstrip(".")
    # A last label of digits is read as an IPv4 address by some (2130706433, 0x7f.1, 0177.0.0.1).
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", labels.rpartition(".")[2]):
        raise AddressRefused("must name a host")
    if "." not in labels or any(labels.endswith(f".{name}") for name in _LOCAL_NAMES):
        raise AddressRefused("must not lead to a private or reserved address")
