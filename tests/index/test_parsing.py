"""index.parsing: a file costs itself, whatever it does to the process that reads it."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import DocumentError, EmptyText, EncryptedFile, MalformedFile, TooLarge, UnsupportedFormat
from index.ingest import ingest, sources
from index.library import Library
from index.loaders import load
from index.parsing import LIMITS, ROOT, Parser

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
# Stands in for a file that does something to its reader: the worker runs it instead of the loader.
HOSTILE = """
import ctypes, os, sys, time
import index.worker
def load(data, name):
    exec(data.decode())
    return original(data, name)
original, index.worker.load = index.worker.load, load
from index.worker import main; main()
"""


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with_worker = Parser(msgspec.structs.replace(LIMITS, seconds=60))  # the machine may be busy
    yield with_worker
    with_worker.close()


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parser]:
    monkeypatch.setattr("index.parsing.PROGRAM", HOSTILE)
    with_worker = Parser(msgspec.structs.replace(LIMITS, seconds=60, memory=700_000_000, output=1_000_000))
    yield with_worker
    with_worker.close()


def saved(folder: Path, data: bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def works(parser: Parser, folder: Path) -> bool:
    """Whether it reads the next file as if nothing had been."""
    return parser.parse(saved(folder, TEXT.encode(), "good.txt"), "good.txt").text == TEXT


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([b"", b"<html>", b"# a\n", b"%PDF-1.4", b"PK\x03\x04", b"a,b\n"]), st.binary(max_size=60))
def test_it_says_what_the_loaders_say(parser: Parser, tmp_path: Path, head: bytes, data: bytes) -> None:
    for name in ("a.txt", "a.md", "a.csv"):
        path = saved(tmp_path, head + data)
        results = []
        for read in (lambda: parser.parse(path, name), lambda: load(head + data, name)):  # noqa: B023
            try:
                results.append(read())
            except DocumentError as error:
                results.append((type(error), str(error)))
        assert results[0] == results[1]


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        ("ctypes.string_at(0)", MalformedFile, r"made the program that reads it crash \(SIGSEGV\)"),
        ("os.kill(os.getpid(), 9)", DocumentError, "was killed, perhaps because the machine ran out of memory"),
        ("os._exit(3)", MalformedFile, r"crash \(exit code 3\)"),
        ("os.abort()", MalformedFile, r"crash \(SIGABRT, perhaps for want of memory: it may take 0.7 GB\)"),
        ("raise KeyboardInterrupt", MalformedFile, r"crash \("),
        ("x = bytearray(900_000_000)", TooLarge, "needs more than 0.7 GB of memory"),
        ("def f(g): g(g)\nf(f)", MalformedFile, "nested too deeply"),
        ("raise ZeroDivisionError('zero')", MalformedFile, r"could not be parsed \(zero\)"),
        ("# " + "x" * 2_000_000, TooLarge, "unfolds to more than 1,000,000 bytes"),
        ("os.write(1, b'x' * 99)", DocumentError, None),
    ],
    ids=[
        "segfault",
        "kill",
        "exit",
        "abort",
        "unforeseen",
        "memory",
        "recursion",
        "defect",
        "output",
        "noise",
    ],
)
def test_a_hostile_file_costs_itself(
    hostile: Parser, tmp_path: Path, code: str, error: type[DocumentError], reason: str | None
) -> None:
    path = saved(tmp_path, code.encode(), "bad.txt")
    if reason is None:
        assert hostile.parse(path, "bad.txt").text == code
    else:
        with pytest.raises(error, match=rf"bad\.txt .*{reason}") as caught:
            hostile.parse(path, "bad.txt")
        assert type(caught.value) is error
    assert hostile.parse(saved(tmp_path, b"# rien"), "a.txt").text == "# rien"


@pytest.mark.parametrize("code", ["time.sleep(60)", "while True: pass"], ids=["asleep", "busy"])
def test_a_file_that_takes_too_long_is_given_up(hostile: Parser, tmp_path: Path, code: str) -> None:
    patient, hostile.limits = hostile.limits, msgspec.structs.replace(hostile.limits, seconds=1)
    path = saved(tmp_path, code.encode(), "slow.txt")
    with pytest.raises(TooLarge, match=r"slow\.txt was given up: it takes over 1 seconds to read"):
        hostile.parse(path, "slow.txt")
    hostile.limits = patient
    assert hostile.parse(saved(tmp_path, b"# rien"), "a.txt").text == "# rien"


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "wordprocessingml.document.main")
        with package.open("word/document.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * 1_000_000)
    return stream.getvalue()


REAL = {
    "bomb.docx": (bomb, TooLarge, "unpacks to 300,000,030 bytes"),
    "torn.pdf": (lambda: b"%PDF-1.7\n1 0 obj\n<<", MalformedFile, "damaged PDF"),
    "torn.xlsx": (lambda: b"PK\x03\x04torn", MalformedFile, "damaged or cut short"),
    "deep.html": (lambda: b"<html><body>" + b"<div>" * 200_000 + b"a", None, ""),
    "deep.md": (lambda: b"> " * 20_000 + b"a", None, ""),
    "empty.pptx": (lambda: b"", EmptyText, "is empty"),
    "picture.pdf": (lambda: b"\x89PNG\r\n\x1a\n", UnsupportedFormat, "a PNG image"),
    "locked.eml": (lambda: b"Subject: a\nContent-Type: multipart/encrypted\n\n", EncryptedFile, "encrypted"),
}


@pytest.mark.parametrize("name", REAL)
def test_broken_files(parser: Parser, tmp_path: Path, name: str) -> None:
    data, error, reason = REAL[name]
    path = saved(tmp_path, data(), name)
    if error is None:
        with suppress(DocumentError):
            parser.parse(path, name)
    else:
        with pytest.raises(error, match=rf"{name} .*{reason}") as caught:
            parser.parse(path, name)
        assert type(caught.value) is error
    assert works(parser, tmp_path)


def test_a_file_that_is_not_there(parser: Parser, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.txt cannot be read: No such file"):
        parser.parse(tmp_path / "gone.txt", "gone.txt")


def test_the_process_is_kept_and_replaced_when_it_was_killed(parser: Parser, tmp_path: Path) -> None:
    assert works(parser, tmp_path)
    first = parser._process
    assert works(parser, tmp_path)
    assert parser._process is first
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    assert works(parser, tmp_path)  # it had nothing to do: no file is to blame
    assert parser._process is not first


def test_the_memory_of_who_started_the_process_is_not_its_own(tmp_path: Path) -> None:
    memory = 700_000_000
    held = bytearray(memory)  # of zeros, which take no memory until they are written
    for place in range(0, len(held), 4096):
        held[place] = 1
    parser = Parser(msgspec.structs.replace(LIMITS, seconds=60, memory=memory))
    assert works(parser, tmp_path)
    first = parser._process
    assert first is not None
    assert works(parser, tmp_path)
    assert parser._process is first
    parser.close()
    assert len(held) == memory


def test_paths_are_those_of_the_caller(parser: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        saved(tmp_path / folder, f"{TEXT} {folder}".encode())
        monkeypatch.chdir(tmp_path / folder)
        assert parser.parse(Path("a.txt"), "a.txt").text.endswith(folder)


def test_a_name_that_is_no_unicode(parser: Parser, tmp_path: Path) -> None:
    path = saved(tmp_path, b"", os.fsdecode(b"\xff\xfe.txt"))
    with pytest.raises(EmptyText, match=r"\.txt is empty"):
        parser.parse(path, path.name)


def test_many_threads_at_once(parser: Parser, tmp_path: Path) -> None:
    paths = [saved(tmp_path, f"{TEXT} {n}".encode(), f"{n}.txt") for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        texts = list(pool.map(lambda path: parser.parse(path, path.name).text, paths))
    assert texts == [f"{TEXT} {n}" for n in range(12)]


def test_an_interrupt_leaves_no_stale_answer(hostile: Parser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    assert hostile.parse(saved(tmp_path, b"# un"), "a.txt").text == "# un"
    with monkeypatch.context() as patch:
        patch.setattr(hostile, "_received", interrupted)
        with pytest.raises(KeyboardInterrupt):
            hostile.parse(saved(tmp_path, b"# deux"), "a.txt")
    assert hostile.parse(saved(tmp_path, b"# trois"), "a.txt").text == "# trois"


def test_a_close_amid_a_file_blames_no_file(hostile: Parser, tmp_path: Path) -> None:
    hostile.parse(saved(tmp_path, b"# un"), "a.txt")
    timer = threading.Timer(0.5, hostile.close)
    timer.start()
    with pytest.raises(OSError, match="the program ends"):
        hostile.parse(saved(tmp_path, b"time.sleep(60)", "slow.txt"), "slow.txt")
    timer.join()
    with pytest.raises(OSError, match="the program ends"):
        hostile.parse(saved(tmp_path, b"# deux"), "a.txt")


def test_a_close_amid_a_start_is_no_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.parsing.PROGRAM", "import time; time.sleep(60)")
    slow = Parser()
    timer = threading.Timer(0.3, slow.close)
    timer.start()
    with pytest.raises(OSError, match="the program ends"):
        slow.parse(saved(tmp_path, b"a"), "a.txt")
    timer.join()


def test_that_no_process_can_be_started_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.parsing.PROGRAM", "raise SystemExit(1)")
    with pytest.raises(OSError, match="did not start"):
        Parser().parse(saved(tmp_path, b"a"), "a.txt")


@pytest.mark.parametrize("code", ["# rien", "time.sleep(60)", "while True: pass"], ids=["idle", "asleep", "busy"])
def test_no_orphan_when_the_parent_is_killed(tmp_path: Path, code: str) -> None:
    saved(tmp_path, code.encode())
    script = f"""
import sys, threading, time
from pathlib import Path
import index.parsing
index.parsing.PROGRAM = {HOSTILE!r}
parser = index.parsing.Parser()
Path("first.txt").write_text("# rien")
parser.parse(Path("first.txt"), "first.txt")
threading.Thread(target=parser.parse, args=(Path("a.txt"), "a.txt"), daemon=True).start()
time.sleep(0.5)
print(parser._process.pid, flush=True)
time.sleep(60)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert alive(worker)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # meant for the parent
            os.kill(worker, number)
        time.sleep(0.2)
        assert alive(worker)
        parent.kill()
        until(lambda: not alive(worker))


def test_the_process_loads_neither_models_nor_an_index() -> None:
    heavy = {"torch", "transformers", "sentence_transformers", "faiss", "tantivy", "lxml"}
    script = f"import sys, index.worker; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_a_crash_costs_one_outcome_of_an_ingestion(
    hostile: Parser, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.parser", lambda: hostile)
    files = [saved(tmp_path, b"ctypes.string_at(0)", "bad.txt"), saved(tmp_path, f"# {TEXT}".encode(), "good.txt")]
    outcomes = dict(ingest(library, sources(files)))
    assert [outcomes[n].state for n in (0, 1)] == ["failed", "added"]
    assert "bad.txt made the program that reads it crash (SIGSEGV)" in outcomes[0].reason
    assert library.search("emplois directs")[0].document.text == f"# {TEXT}"
