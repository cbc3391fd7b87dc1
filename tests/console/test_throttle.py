"""How often somebody may try: by address, all together, and after a while again."""

from __future__ import annotations

from api.console.throttle import ADDRESSES, OF_ADDRESS, OF_ALL, Throttle


class Ticks:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def test_an_address_waits_its_window() -> None:
    """An address that tried too often waits until its first try is old, and is then let in."""
    ticks = Ticks()
    throttle = Throttle(ticks)
    first = [throttle.enter("192.0.2.1") for _ in range(OF_ADDRESS.amount + 1)]
    ticks.now = OF_ADDRESS.seconds

    assert first == [None] * OF_ADDRESS.amount + [OF_ADDRESS.seconds]
    assert throttle.enter("192.0.2.1") is None


def test_addresses_wait_apart() -> None:
    """One address's tries keep no other one waiting."""
    throttle = Throttle(Ticks())
    for _ in range(OF_ADDRESS.amount + 1):
        throttle.enter("192.0.2.1")

    assert throttle.enter("192.0.2.2") is None


def test_a_network_of_ipv6_is_one_address() -> None:
    """Who has one IPv6 address has all those beside it."""
    throttle = Throttle(Ticks())
    waits = [throttle.enter(f"2001:db8::{number}") for number in range(OF_ADDRESS.amount + 1)]

    assert waits[-1] is not None
    assert throttle.enter("2001:db8:0:1::1") is None


def test_an_ipv4_address_written_as_ipv6_is_one_address() -> None:
    """Behind a socket for both versions, one address's tries keep no other one waiting."""
    throttle = Throttle(Ticks())
    waits = [throttle.enter("::ffff:192.0.2.1") for _ in range(OF_ADDRESS.amount + 1)]

    assert waits[-1] is not None
    assert throttle.enter("192.0.2.1") is not None
    assert throttle.enter("::ffff:192.0.2.2") is None


def test_all_together_wait_too() -> None:
    """Many addresses together are held to a rate of their own."""
    ticks = Ticks()
    throttle = Throttle(ticks)
    waits = [throttle.enter(f"192.0.2.{number}") for number in range(OF_ALL.amount + 1)]
    ticks.now = OF_ALL.seconds

    assert waits == [None] * OF_ALL.amount + [OF_ALL.seconds]
    assert throttle.enter("192.0.2.200") is None


def test_addresses_are_forgotten() -> None:
    """However many addresses come by, few are remembered."""
    throttle = Throttle(Ticks())
    for number in range(ADDRESSES + 10):
        throttle.enter(f"unix:{number}")

    assert len(throttle._addresses) == ADDRESSES
