"""api.quota: an hour from the first question, for each address by itself."""

import pytest

from api.quota import HOUR, MAX_ADDRESSES, Quota


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_an_address_waits_until_its_hour_is_over() -> None:
    clock = Clock()
    quota = Quota(2, clock)
    assert [quota.wait("192.0.2.1") for _ in range(3)] == [0, 0, HOUR]
    clock.now += HOUR - 0.5
    assert quota.wait("192.0.2.1") == 1
    clock.now += 0.5
    assert [quota.wait("192.0.2.1") for _ in range(3)] == [0, 0, HOUR]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1", True),
        ("64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2", False),
        ("64:ff9b::192.0.2.1", "192.0.2.1", True),
        ("2001:0:c000:201::3fff:fdfe", "2001:0:c000:201::3fff:fdfd", False),
        ("2002:c000:201:1::1", "2002:c000:201:2::1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "testclient", False),
    ],
)
def test_who_counts_as_one(one: str, other: str, together: bool) -> None:
    quota = Quota(1, Clock())
    assert quota.wait(one) == 0
    assert (quota.wait(other) > 0) == together


def test_a_crowd_does_not_fill_the_memory() -> None:
    quota = Quota(1, Clock())
    for n in range(MAX_ADDRESSES + 5):
        quota.wait(str(n))
    assert len(quota._counts) <= MAX_ADDRESSES
