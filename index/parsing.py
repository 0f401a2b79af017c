"""Files parsed in a process of their own, which may die of one: the file fails with a true reason, and nothing else.

Law: `Parser.parse` returns what `index.loaders.load` returns, or raises a DocumentError, whatever the file holds and
whatever becomes of the process that reads it. The process is started at the first file, kept for the next ones, and
started again after it died or was killed. It is a fresh interpreter and never a fork: a fork of a process whose threads
run torch may hang for ever. That the process cannot be started is an OSError: an outage, and no fault of the file.
"""

from __future__ import annotations

import atexit
import logging
import os
import selectors
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic

import msgspec

from index.errors import DocumentError, EmptyText, EncryptedFile, MalformedFile, TooLarge, UnsupportedFormat
from index.loaders import Loaded
from index.worker import HEAD, Done, Failed, Limits, Order, Ready, Report

logger = logging.getLogger("extrait")
# The slowest of 655 sample files takes 3 s and 0.4 GB. A document has 20 million characters at most, of 4 bytes each.
LIMITS = Limits(seconds=30, memory=2_000_000_000, output=100_000_000)
START = 60  # seconds for a fresh interpreter to be ready; on an idle machine it takes under one
ROOT = Path(__file__).parents[1]
PROGRAM = "from index.worker import main; main()"
# One thread: the parser runs beside the embedder, and each further thread of a matrix library reserves memory.
SINGLE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
REPORTS: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)
CLOSED = "the program ends: no more files are parsed"
ERRORS = {
    error.__name__: error
    for error in (DocumentError, UnsupportedFormat, EncryptedFile, MalformedFile, EmptyText, TooLarge)
}
# What a process dies of when an allocation fails inside a C library.
STARVED = frozenset({signal.SIGABRT, signal.SIGTRAP, signal.SIGILL})


class Parser:
    """Reads one file at a time, for any thread."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def parse(self, path: Path, name: str) -> Loaded:
        """The document in a file. Raises DocumentError, and OSError when no process can be started."""
        # Names of files need not be Unicode; messages are.
        order = Order(os.fsencode(path.absolute()), name.encode(errors="replace").decode())
        with self._lock:
            try:
                report = self._report(order)
            except BaseException:  # an interrupt, say: what it answers later would be taken for the next file's
                self._end()
                raise
        match report:
            case Done(loaded):
                return loaded
            case Failed(error, message, trace):
                if trace:
                    logger.error("%s could not be parsed\n%s", name, trace)
                raise ERRORS[error](message)
        raise OSError("the process that parses files speaks out of turn")

    def close(self) -> None:
        """Ends the process, also amid a file, which has then no outcome: `parse` raises OSError."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()

    def _report(self, order: Order) -> Report:
        """What came of an order, or what is to be said of the process that died of it."""
        process = self._begun(order)
        try:
            report = self._received(process, monotonic() + self.limits.seconds)
        except TimeoutError:
            self._end()
            seconds = f"{self.limits.seconds:g} seconds"
            return Failed(
                TooLarge.__name__,
                f"{order.name} was given up: it takes over {seconds} to read. Split it, or simplify it.",
            )
        except EOFError:
            return self._died(process, order)
        except msgspec.MsgspecError:
            self._end()
            return Failed(
                MalformedFile.__name__, f"{order.name} confuses the program that reads it. Save it as another format."
            )
        if not isinstance(report, Ready) and report.spent:
            self._end()
        return report

    def _begun(self, order: Order) -> subprocess.Popen[bytes]:
        """The process, once it has begun on the order. One that died before that was killed while it had nothing to do,
        which is no fault of this file: another takes its place.
        """
        message = msgspec.msgpack.encode(order)
        for _ in range(2):
            process = self._running()
            assert process.stdin is not None  # noqa: S101  for mypy: it was opened with a pipe
            try:
                process.stdin.write(len(message).to_bytes(HEAD, "big") + message)
                process.stdin.flush()
                self._received(process, monotonic() + START)
            except (BrokenPipeError, EOFError, TimeoutError, msgspec.MsgspecError):
                self._end()
            else:
                return process
        raise OSError("the process that parses files takes no orders")

    def _running(self) -> subprocess.Popen[bytes]:
        """The process, ready for an order."""
        if self._closed:
            raise OSError(CLOSED)
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            path = filter(None, [os.environ.get("PYTHONPATH")])
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and program
                [sys.executable, "-P", "-c", PROGRAM, msgspec.json.encode(self.limits).decode()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **SINGLE, "PYTHONPATH": os.pathsep.join([str(ROOT), *path])},
                start_new_session=True,  # an interrupt from the terminal is not for it: the file in hand is finished
            )
            try:
                self._received(self._process, monotonic() + START)
            except (EOFError, TimeoutError, msgspec.MsgspecError) as error:
                self._end()
                raise OSError(CLOSED if self._closed else "the process that parses files did not start") from error
        return self._process

    def _received(self, process: subprocess.Popen[bytes], until: float) -> Report:
        """The next message. Raises TimeoutError, EOFError when the process is gone, MsgspecError for nonsense."""
        length = int.from_bytes(self._bytes(process, HEAD, until), "big")
        if length > self.limits.output:
            raise msgspec.DecodeError("longer than any report")
        return REPORTS.decode(self._bytes(process, length, until))

    def _bytes(self, process: subprocess.Popen[bytes], count: int, until: float) -> bytes:
        assert process.stdout is not None  # noqa: S101  for mypy: it was opened with a pipe
        taken = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(taken) < count:
                if not selector.select(max(until - monotonic(), 0)):
                    raise TimeoutError
                part = os.read(process.stdout.fileno(), min(count - len(taken), 1 << 20))
                if not part:
                    raise EOFError
                taken += part
        return bytes(taken)

    def _died(self, process: subprocess.Popen[bytes], order: Order) -> Failed:
        """Why the process died, as far as one can know."""
        if self._closed:
            raise OSError(CLOSED)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)  # it closes its output before it is gone
        self._end()
        code = -process.returncode if process.returncode < 0 else 0
        if code == signal.SIGKILL:
            reason = "the process that read it was killed, perhaps because the machine ran out of memory. Add it again."
            return Failed(DocumentError.__name__, f"{order.name} was not read: {reason}")
        cause = signal.Signals(code).name if code else f"exit code {process.returncode}"
        if code in STARVED:
            cause += f", perhaps for want of memory: it may take {self.limits.memory / 1e9:.3g} GB"
        message = f"{order.name} made the program that reads it crash ({cause}). Save it again, or as another format."
        return Failed(MalformedFile.__name__, message)

    def _end(self) -> None:
        """Kills what is left of the process, and forgets it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # an order that it did not live to take
                    pipe.close()
        process.wait()


@cache
def parser() -> Parser:
    """The one of this process, whose worker is ended with it."""
    shared = Parser()
    atexit.register(shared.close)
    return shared
