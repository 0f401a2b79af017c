"""How often an item of a job was begun, so that one that ends the program is not begun for ever. Knows no library.

Laws: an item is counted on the disk before it is begun. One that was begun and has no outcome is begun again alone, so
that what fails then is its own; begun MOST times, it fails in words, and the others go on. What a stop or an outage
interrupts is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from sqlite3 import Connection
from types import TracebackType
from typing import NamedTuple

from index.errors import OUTAGES, DamagedIndex, ManifestMismatch

MOST = 2
TOGETHER = 20  # items that are counted in one write
SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    job_id TEXT NOT NULL, position INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (job_id, position))
    WITHOUT ROWID;
"""


class Left(NamedTuple):
    """An item without an outcome: its position in its job, how it is kept, and how often it was begun."""

    position: int
    item: str
    attempts: int


class Attempts:
    """Those of one job, by the one process that runs it."""

    def __init__(self, database: Callable[[], AbstractContextManager[Connection]], job_id: str) -> None:
        self._database = database
        self._job_id = job_id
        self._begun: set[int] = set()  # positions, counted by this process

    def lots(self) -> list[list[Left]]:
        """What is left of the job, as it is to be begun together: each that was begun before alone, then all others."""
        with self._database() as db:
            rows = db.execute(
                "SELECT i.position, i.item, coalesce(a.count, 0) FROM items i LEFT JOIN attempts a "
                "USING (job_id, position) WHERE job_id = ? AND outcome IS NULL ORDER BY i.position",
                (self._job_id,),
            ).fetchall()
        left = [Left(*row) for row in rows]
        return [*([one] for one in left if one.attempts), [one for one in left if not one.attempts]]

    def begin(self, lot: Sequence[Left]) -> Iterator[Left]:
        """The items of a lot; each is counted before it comes."""
        for start in range(0, len(lot), TOGETHER):
            some = lot[start : start + TOGETHER]
            self._count((one.position for one in some), 1)
            yield from some

    def unfinished(self) -> set[int]:
        """The positions of the items that were begun here and have no outcome."""
        with self._database() as db:
            rows = db.execute("SELECT position FROM items WHERE job_id = ? AND outcome IS NULL", (self._job_id,))
            return self._begun & {position for (position,) in rows}

    def take_back(self) -> None:
        """Counts those as if they had not been begun: what interrupted them was no fault of theirs."""
        self._count(self.unfinished(), -1)
        self._begun.clear()

    def _count(self, positions: Iterable[int], by: int) -> None:
        positions = list(positions)
        with self._database() as db:
            db.executemany(
                "INSERT INTO attempts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(self._job_id, position, by) for position in positions],
            )
        self._begun.update(positions)


def blames_no_item(fault: BaseException) -> bool:
    """Whether a fault says nothing of what was taken in: the disk, the database, a library of other models."""
    return isinstance(fault, (ManifestMismatch, DamagedIndex, *OUTAGES))


class Guard:
    """Keeps what is raised inside it, whatever it is: a library in Rust panics with what is no `Exception`.

    Interrupts go on, since whoever sends one wants the program to end.
    """

    fault: BaseException | None = None

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.fault = fault
        return not isinstance(fault, (KeyboardInterrupt, SystemExit))
