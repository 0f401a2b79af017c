"""`kill -9`, a full disk, a torn file, two writers: the library opens, and holds what was acknowledged and no half.

`EXTRAIT_FAULTS=50 pytest tests/faults` (`make test-faults`) kills at 50 moments; otherwise at a few with fixed seeds.
A table at the end says which faults were withstood.
"""

import json
import os
import random
import runpy
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.documents import Document
from index.errors import DamagedIndex
from index.jobs import Jobs
from index.library import Library
from index.publishing import Publisher

WRITER = Path(__file__).with_name("writer.py")
EMBEDDER = runpy.run_path(str(WRITER), run_name="writer")["Words"]
MOMENTS = int(os.environ.get("EXTRAIT_FAULTS", "4"))
LINE = "Le canal relie les deux rives du fleuve."


class Writer:
    """A process that writes, and what it said."""

    def __init__(self, data: Path, seed: int, names: str = "abcd", *limit: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(WRITER.parents[2])}
        command = [sys.executable, str(WRITER), str(data), str(seed), names, *limit]
        self.process = subprocess.Popen(  # unbuffered: what `readline` took too much of, `communicate` would miss
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self._said = [json.loads(self.process.stdout.readline() or "null")]
        assert self._said == [["ready"]], self.process.stderr.read().decode()

    def end(self) -> str:
        """Kills it, if it has not ended by itself, and hears it out; gives its complaints."""
        self.process.kill()
        out, err = self.process.communicate(timeout=120)
        lines = [line for line in out.decode().splitlines(keepends=True) if line.endswith("\n")]
        self._said += [json.loads(line) for line in lines]
        return err.decode()

    def at(self) -> str:
        """What it was at when it ended."""
        state, verb = self._said[-1][0], self._said[-1][1:2]
        return f"amid {verb[0]}" if state == "will" else "between two acts"

    def allowed(self, before: dict[str, set[str]]) -> dict[str, set[str]]:
        """The texts that each document may have: the last acknowledged one, and one that was under way."""
        found = {name: set(texts) for name, texts in before.items()}
        for state, _, texts in self._said[1:]:
            for name, text in texts.items():
                found[name] = {text} if state == "did" else found.get(name, {""}) | {text}
        return found


def open_again(data: Path) -> tuple[Library, Jobs]:
    """As a server does after the fault: opens the library, and runs the jobs that are left."""
    library, jobs = Library(data, EMBEDDER()), Jobs(data)
    jobs._take_up()
    while jobs.run_next(library):
        pass
    assert not list((data / "spool").iterdir()), "what was handed in stays after it was done"
    return library, jobs


def check(data: Path, allowed: dict[str, set[str]]) -> dict[str, set[str]]:
    """Holds the library against what was acknowledged; gives what it has now."""
    library, _ = open_again(data)
    library.publisher.publish() if not library.store.value("rolled back") else library.publisher.rebuild()
    now = {}
    for name, texts in allowed.items():
        held = library.document(name).text if library.store.revision(name) else ""
        assert held in texts, f"{name} is {held!r}, and may be {texts}"
        now[name] = {held}
    present = {name: text for name, (text,) in now.items() if text}
    for name, text in present.items():
        found = library.search(text.split("\n")[0], k=50)
        assert name in {p.document.id for p in found}, f"{name} is not found"
        for passage in found:
            assert passage.document.text == present[passage.document.id], "a text that is not the document's now"
            assert passage.document.text[passage.start : passage.end].strip()
            for place in library.places(passage.document, passage.start, passage.end):
                assert place.document_id in present
    built = library.generation.manifest
    assert built.documents == len(present)
    library.publisher.rebuild()
    assert library.generation.manifest.digest == built.digest
    assert library.store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    library.publisher.scrub()
    assert all(path.name.isdigit() for path in (data / "generations").iterdir())
    library.close()
    return now


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, set[str]]]]:
    """One library that is killed again and again, and what it may hold."""
    return tmp_path_factory.mktemp("killed"), {}


@pytest.mark.parametrize("seed", range(MOMENTS))
def test_a_killed_writer_leaves_a_whole_library(
    survivor: tuple[Path, dict[str, set[str]]], seed: int, faults: Counter[str]
) -> None:
    data, state = survivor
    writer = Writer(data, seed)
    time.sleep(random.Random(seed).uniform(0, 1.5))
    assert not (said := writer.end()), said
    assert writer.process.returncode == -9
    state |= check(data, writer.allowed(state))
    faults[f"kill -9 {writer.at()}"] += 1


SIZES = [10_000, 120_000] if MOMENTS < 50 else [10_000, 40_000, 80_000, 120_000, 160_000, 200_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_leaves_a_whole_library(tmp_path: Path, size: int, faults: Counter[str]) -> None:
    """No file may grow beyond a size, as in a folder with a quota; three acts fail, in words."""
    first = Writer(tmp_path, 1)
    time.sleep(0.5)
    first.end()
    state = check(tmp_path, first.allowed({}))
    writer = Writer(tmp_path, 2, "abcdefgh", str(size))
    time.sleep(2)
    complaints = writer.end()
    assert "fault: " in complaints or "stopped" in complaints, "the limit was not met"
    check(tmp_path, writer.allowed(state))
    faults["no file may grow"] += 1


def test_two_writers_and_the_death_of_one_lose_nothing(tmp_path: Path, faults: Counter[str]) -> None:
    one, two = Writer(tmp_path, 3, "abcd"), Writer(tmp_path, 4, "efgh")
    time.sleep(1.0)
    assert not (said := one.end()), said
    time.sleep(1.0)
    assert not (said := two.end()), said
    allowed = one.allowed({}) | two.allowed({})
    assert set(allowed) & set("abcd")
    assert set(allowed) & set("efgh")
    check(tmp_path, allowed)
    faults["kill -9 of one writer beside another"] += 1


def test_a_torn_file_is_refused_and_built_again(tmp_path: Path, faults: Counter[str]) -> None:
    writer = Writer(tmp_path, 5)
    time.sleep(1.0)
    writer.end()
    state = check(tmp_path, writer.allowed({}))
    library, jobs = open_again(tmp_path)
    jobs.submit([Document("a", "a", LINE)])  # the last act may have been to delete the last document
    jobs.run_next(library)
    library.close()
    state = check(tmp_path, state | {"a": {LINE}})
    for pattern in ("dense/*.faiss", "content.npy", "manifest.json"):
        path = max((tmp_path / "generations").glob(f"*/{pattern}"))
        content = path.read_bytes()
        path.unlink()  # other generations may share the file
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(DamagedIndex, match="extrait rebuild"):
            Library(tmp_path, EMBEDDER())
        publisher = Publisher(tmp_path)
        publisher.rebuild()
        publisher.store.close()
        state = check(tmp_path, state)
        faults[f"a torn {pattern}"] += 1
