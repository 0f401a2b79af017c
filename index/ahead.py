"""Items made in a thread of their own, ahead of whoever takes them. Knows nothing of what they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from threading import Condition, Thread
from types import TracebackType
from typing import Generic, Literal, TypeVar

Item = TypeVar("Item")


def ahead(items: Generator[Item, None, None], size: Callable[[Item], int], most: int) -> Generator[Item, None, None]:
    """The same items, made while the taker is at work; when those that wait have a size of `most`, no more is made.

    What making them raises is raised here, after those made before. A taker that leaves early waits for the item in
    hand; `items` are closed in the thread that made them.
    """
    maker = _Maker(items, size, most)
    # A daemon: a taker that neither goes on nor leaves must not keep the program from ending.
    thread = Thread(target=maker.make, name="ahead", daemon=True)
    thread.start()
    try:
        yield from maker.made()
    finally:
        maker.leave()
        thread.join()


class _Maker(Generic[Item]):
    """What the two threads share."""

    def __init__(self, items: Generator[Item, None, None], size: Callable[[Item], int], most: int) -> None:
        self._items, self._size, self._most = items, size, most
        self._turn = Condition()
        self._waiting: deque[Item] = deque()
        self._left = self._ended = False
        self._fault: BaseException | None = None

    def make(self) -> None:
        """In the one thread: makes items until there are no more, or the taker left."""
        with self, closing(self._items):
            for item in self._items:
                with self._turn:
                    self._waiting.append(item)
                    self._turn.notify_all()
                    self._turn.wait_for(self._has_room)
                    if self._left:
                        return

    def made(self) -> Generator[Item, None, None]:
        """In the other: the items; then what was raised."""
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    break
                item = self._waiting.popleft()
                self._turn.notify_all()
            yield item
        if self._fault is not None:
            raise self._fault

    def leave(self) -> None:
        """No further item is wanted."""
        with self._turn:
            self._left = True
            self._turn.notify_all()

    def _has_room(self) -> bool:
        return self._left or sum(map(self._size, self._waiting)) < self._most

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> Literal[True]:
        """Hands what was raised over to the taker, who raises it."""
        with self._turn:
            self._fault, self._ended = fault, True
            self._turn.notify_all()
        return True
