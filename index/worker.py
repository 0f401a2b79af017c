"""The process that reads files, so that what a hostile or broken one does to it harms nobody else.

It is told paths on its standard input and answers on its standard output, one at a time; `index.parsing` is the other
end. It knows nothing of the library, and loads neither models nor an index. Its memory is limited before the first
file, an alarm ends it when a file takes too long, and it ends at once when its input is closed: when whoever started it
is gone, even by `kill -9`, no orphan stays behind.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import msgspec
from msgspec import Struct

from index.errors import DEFECTS, DocumentError, MalformedFile, TooLarge
from index.loaders import Loaded, load

HEAD = 8  # bytes that say how long a message is
GRACE = 5  # seconds after which the alarm ends a worker that nobody waits for any more


class Limits(Struct, frozen=True):
    """What one file may take: seconds of wall time, bytes of memory, and bytes of what is made of it."""

    seconds: float
    memory: int
    output: int


class Order(Struct, frozen=True):
    """A file to read: where it is, and what to call it in messages."""

    path: bytes
    name: str


class Ready(Struct, frozen=True, tag=True):
    """The worker has started, or has begun on an order."""


class Done(Struct, frozen=True, tag=True):
    """The file, read. `spent`: the worker holds so much memory that it should be ended."""

    loaded: Loaded
    spent: bool = False


class Failed(Struct, frozen=True, tag=True):
    """It could not be read. `error` names a DocumentError; `trace` is the traceback of a defect, for the log."""

    error: str
    message: str
    trace: str = ""
    spent: bool = False


Report = Ready | Done | Failed


def main() -> None:
    """Reads files until the input is closed. The limits are the only argument."""
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # meant for whoever started it, who lets it finish
        signal.signal(number, signal.SIG_IGN)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    orders: SimpleQueue[Order] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    with suppress(ValueError, OSError):  # systems that cannot limit it have the other limits
        resource.setrlimit(resource.RLIMIT_DATA, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _send(output, Ready())
    while True:
        order = orders.get()
        _send(output, Ready())
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + GRACE)
        report = msgspec.msgpack.encode(_read(order, limits))
        if len(report) > limits.output:
            report = msgspec.msgpack.encode(_too_long(order, limits))
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(output, report)


def _listen(orders: SimpleQueue[Order]) -> None:
    """Takes in orders; ends the process, whatever it is at, when there is nobody left to give any."""
    while head := _taken(HEAD):
        orders.put(msgspec.msgpack.decode(_taken(int.from_bytes(head, "big")), type=Order))
    os._exit(0)


def _taken(count: int) -> bytes:
    """The next bytes of the input; fewer at its end. Not through `sys.stdin`, whose lock makes a crash of any exit."""
    taken = b""
    while len(taken) < count and (part := os.read(0, count - len(taken))):
        taken += part
    return taken


def _read(order: Order, limits: Limits) -> Done | Failed:
    try:
        loaded = load(Path(os.fsdecode(order.path)).read_bytes(), order.name)
    except DocumentError as error:
        return Failed(type(error).__name__, str(error), spent=_spent(limits))
    except OSError as error:
        return Failed(DocumentError.__name__, f"{order.name} cannot be read: {error.strerror or error}.")
    except MemoryError:
        return Failed(TooLarge.__name__, out_of_memory(order.name, limits), spent=True)
    except RecursionError:
        return Failed(
            MalformedFile.__name__, f"{order.name} is nested too deeply to be read. Save it in a simpler form."
        )
    except DEFECTS as error:
        message = f"{order.name} could not be parsed ({error}): save it again, or as another format."
        return Failed(MalformedFile.__name__, message, traceback.format_exc(), spent=_spent(limits))
    return Done(loaded, _spent(limits))


def out_of_memory(name: str, limits: Limits) -> str:
    """What is said of a file that takes too much memory."""
    return f"{name} needs more than {limits.memory / 1e9:.3g} GB of memory to be read. Split it into several files."


def _too_long(order: Order, limits: Limits) -> Failed:
    message = f"{order.name} unfolds to more than {limits.output:,} bytes of text. Split it into several files."
    return Failed(TooLarge.__name__, message, spent=True)


def _spent(limits: Limits) -> bool:
    """Whether it has held so much memory that a fresh process is better for the next file."""
    return _peak() > limits.memory / 2


def _peak() -> int:
    """The most bytes that it has held. On Linux `getrusage` tells the peak of whoever started it as well."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _send(output: BinaryIO, report: Report) -> None:
    _write(output, msgspec.msgpack.encode(report))


def _write(output: BinaryIO, report: bytes) -> None:
    output.write(len(report).to_bytes(HEAD, "big") + report)
    output.flush()
