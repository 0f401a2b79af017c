"""Puts questions to several processes, one for each core. Knows no engine: it is told what opens a system.

One process leaves a core idle: a question is a chain of small steps, too short to be shared by threads. So each process
opens a system of its own on the same folder, which must be finished, and works on one thread. Law: the outcomes are
those of one process, in the same order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from msgspec import Struct

from eval.gold import Gold
from eval.outcomes import Outcome
from eval.run import Errand, System, ask
from index.errors import ExtraitError
from qa.settings import Settings

# A process takes some seconds to load the models; fewer questions than this are answered sooner by those that run.
WORTHWHILE = 100
# Read when the libraries are loaded, so that it must be there before the process is.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}

P = ParamSpec("P")
R = TypeVar("R")
Opener = Callable[[Settings], System]  # of the top level of a module, where another process finds it


class WorkerDied(ExtraitError):
    """A process that put the questions ended without a word."""


class Task(Struct, frozen=True):
    """All that a process must know but the question; `first` is asked beforehand, uncounted."""

    open_system: Opener
    settings: Settings
    first: Gold
    errand: Errand


def processes_for(n: int) -> int:
    """How many processes n questions are worth: at most one for each core that we may use, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, n // WORTHWHILE))


def ask_apart(
    open_system: Opener, settings: Settings, processes: int, questions: Sequence[Gold], errand: Errand
) -> Generator[Outcome, None, None]:
    """The outcomes in order, as `eval.run.record` wants them. Raises WorkerDied, and what a system raises."""
    task = Task(open_system, settings, questions[0], errand)
    # Spawned and not forked: a copy of a process that runs threads (torch, FAISS) may hang.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        try:
            with environment(ONE_THREAD):
                outcomes = pool.map(partial(ask_here, task), questions)
            yield from outcomes
        except BrokenProcessPool as error:
            raise WorkerDied(
                f"one of the {processes} processes that put the questions died; was it killed, or the memory full?"
            ) from error


def call_apart(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """What the function gives, called in a process that ends with it. Raises WorkerDied, and what it raises."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        try:
            return pool.submit(function, *arguments, **named).result()
        except BrokenProcessPool as error:
            raise WorkerDied(
                "the process that takes in the documents died; was it killed, or the memory full?"
            ) from error


def ask_here(task: Task, gold: Gold) -> Outcome:
    """One question, in the process that this is called in."""
    return ask(ready(task), gold, task.errand)


@cache
def ready(task: Task) -> System:
    """The system of this process: opened with its first question, and kept."""
    system = task.open_system(task.settings)
    ask(system, task.first, task.errand)
    return system


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """These variables, for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
