"""index.ahead: the same items, made in another thread."""

import threading
import time
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ahead import ahead


def given_items(items: list[int], events: list[str] | None = None) -> Generator[int, None, None]:
    try:
        for item in items:
            if events is not None:
                events.append(f"made {item} in {threading.current_thread().name}")
            yield item
    finally:
        if events is not None:
            events.append(f"closed in {threading.current_thread().name}")


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 10))
def test_the_items_come_in_their_order(items: list[int], most: int) -> None:
    assert list(ahead(given_items(items), int, most)) == items


def test_they_are_made_while_the_taker_is_at_work_and_no_more_than_has_room() -> None:
    events: list[str] = []
    taking = ahead(given_items([10] * 9, events), int, 20)
    assert next(taking) == 10
    end = time.monotonic() + 10
    while len(events) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)
    assert events == ["made 10 in ahead"] * 3  # the one that was taken, and a size of 20 that waits
    assert list(taking) == [10] * 8


def test_a_taker_that_leaves_ends_the_making() -> None:
    events: list[str] = []
    taking = ahead(given_items(list(range(100)), events), int, 2)
    next(taking)
    taking.close()
    assert events[-1] == "closed in ahead"
    assert len(events) < 10
    assert not any(thread.name == "ahead" for thread in threading.enumerate())


@pytest.mark.parametrize("error", [OSError("no process"), KeyboardInterrupt()], ids=["outage", "interrupt"])
def test_what_was_raised_comes_after_what_was_made(error: BaseException) -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise error

    taking = ahead(items(), int, 10)
    assert next(taking) == 1
    with pytest.raises(type(error)):
        next(taking)
