"""How often somebody may try to sign in: from one address, and all together.

A key cannot be guessed; this keeps guessing from costing the database and filling the record.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.rates import Rate, RateLimiter

OF_ADDRESS: Final = Rate(10, 300)
OF_ALL: Final = Rate(120, 60)
# All together let through no more than 600 addresses in five minutes.
ADDRESSES: Final = 4096
# Who has an IPv6 address has all that begin like it.
IPV6_PREFIX: Final = 64


@dataclass(slots=True)
class Throttle:
    """Lets sign-ins through, and tells the others how long to wait."""

    ticks: Callable[[], float] = time.monotonic
    _all: RateLimiter = field(init=False)
    _addresses: OrderedDict[str, RateLimiter] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._all = RateLimiter(OF_ALL, self.ticks)

    def enter(self, address: str) -> int | None:
        """Let one through and return null, or return after how many seconds to come again."""
        network = _network(address)
        limiter = self._addresses.get(network) or RateLimiter(OF_ADDRESS, self.ticks)
        wait_seconds = limiter.enter(network)
        if wait_seconds is not None:
            return wait_seconds
        self._addresses[network] = limiter
        self._addresses.move_to_end(network)
        if len(self._addresses) > ADDRESSES:
            self._addresses.popitem(last=False)
        return self._all.enter("")


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        # All of these begin alike: how a socket for both versions writes an IPv4 address.
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
