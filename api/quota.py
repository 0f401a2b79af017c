"""How many questions an address may ask in an hour. Kept in memory: each process counts for itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

HOUR = 3_600
MAX_ADDRESSES = 100_000  # then the counts begin anew, so that no crowd of addresses fills the memory


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
    """The address; of IPv6 the part that one connection is given, since its owner may choose the rest at will."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address
