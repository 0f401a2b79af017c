"""How many questions an address may ask in an hour. Kept in memory: each process counts for itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

HOUR = 3_600
MAX_ADDRESSES = 100_000  # then the counts begin anew, so that no crowd of addresses fills the memory
TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: how a server without IPv4 sees those who have nothing else


class Quota:
    """Counts from an address's first question; after an hour its count begins anew."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._counts: dict[str, tuple[float, int]] = {}

    def wait(self, address: str) -> int:
        """Counts a question, and gives the seconds to wait before it may be asked: 0 when it may be now."""
        now, who = self._clock(), household(address)
        began, asked = self._counts.get(who, (now, 0))
        if now - began >= HOUR:
            began, asked = now, 0
        if asked >= self.most:
            return math.ceil(began + HOUR - now)
        if who not in self._counts and len(self._counts) >= MAX_ADDRESSES:
            self._counts.clear()
        self._counts[who] = (began, asked + 1)
        return 0


def household(address: str) -> str:
    """The address; of IPv6 the part that one connection is given, since its owner may choose the rest at will.

    An IPv6 address that only carries one of IPv4 is the latter: a server that listens on `::` sees `::ffff:192.0.2.1`.
    """
    try:
        parsed = ip_address(address.partition("%")[0])  # the zone of a link-local one is ours, not theirs
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    carried = carried_in(parsed)
    return str(carried) if carried else parsed.exploded[:19]


def carried_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind a mapped or translated (NAT64) one, or at the end of a tunnel (Teredo, 6to4)."""
    if address in TRANSLATED:
        return IPv4Address(address.packed[-4:])
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
