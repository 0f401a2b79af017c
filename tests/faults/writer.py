"""Writes into a library until it is killed: puts, replaces, deletes, goes back, scrubs; says each act before and after.

Run as a program by `test_faults.py`: `writer.py DATA SEED NAMES [BYTES]`. With BYTES, no file may grow beyond that many
bytes: as on a full disk. Lines are JSON: ["will" | "did", verb, {name: text}];
the verb "run" takes in what was put, and publishes it.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import numpy as np

import index.publishing
from index.documents import Document
from index.errors import ExtraitError
from index.jobs import Jobs
from index.language import language_of
from index.library import Library
from index.publishing import Publisher
from index.text import words

SHARED = "Le canal relie les deux rives du fleuve et accueille chaque jour des barques chargées de fruits mûrs."

UPKEEP: dict[str, Callable[[Publisher], object]] = {
    "back": Publisher.roll_back,
    "scrub": Publisher.scrub,
    "rebuild": Publisher.rebuild,
}


class Words:
    """A bag of words, each hashed to one of 64 dimensions."""

    name, digest, dimension, window = "hashed-words", "fake-1", 64, 254

    def encode(self, texts: list[str], role: str) -> np.ndarray:  # noqa: ARG002 - all texts are alike here
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, crc32(word.encode()) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def count_pieces(self, texts: list[str]) -> list[int]:
        return [2 * len(words(text)) for text in texts]


def text_of(name: str, version: int) -> str:
    own = f"Dossier {name} : la version {version} du rapport compte {version + 7} annexes que le greffe a relues hier."
    return f"{own}\n{SHARED}\n{own.replace('relues', 'classées')}"


def say(*line: object) -> None:
    print(json.dumps(line), flush=True)


def act(library: Library, jobs: Jobs, chance: random.Random, names: str) -> None:
    name = chance.choice(names)
    verb = chance.choice(["put", "put", "put", "delete", "back", "scrub", "rebuild"])
    if verb == "put":
        texts = {one: text_of(one, chance.randrange(10_000)) for one in chance.sample(names, chance.randint(1, 3))}
        say("will", "put", texts)
        jobs.submit([Document(one, one, text) for one, text in texts.items()], library.store.changes)
        say("did", "put", texts)  # acknowledged: from here on it must not be lost
        say("will", "run", {})
        with jobs._runner_lock:  # one process runs jobs
            while jobs.run_next(library):
                pass
        say("did", "run", {})
    elif verb == "delete" and library.store.revision(name):
        say("will", "delete", {name: ""})
        library.delete(name)
        say("did", "delete", {name: ""})
    elif verb in UPKEEP and (verb != "back" or library.publisher.generations.previous()):
        say("will", verb, {})
        UPKEEP[verb](library.publisher)
        say("did", verb, {})


def main() -> None:
    data, seed, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(seed)
    index.publishing.AT_ONCE = chance.choice([0, 1_000])
    library, jobs = Library(data, Words()), Jobs(data)
    language_of(SHARED)  # its model is unpacked into a file of its own at first
    say("ready")
    if len(sys.argv) > 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
    faults = 0
    while faults < 3:
        try:
            act(library, jobs, chance, names)
        except (ExtraitError, OSError, sqlite3.Error, ValueError, RuntimeError) as fault:
            if len(sys.argv) == 4:
                raise
            print(f"fault: {fault}", file=sys.stderr)
            faults += 1


if __name__ == "__main__":
    main()
