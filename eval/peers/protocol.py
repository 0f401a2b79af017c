"""What passes between us and a peer: a folder of JSON, and a script run by the peer's own interpreter.

The folder holds `passages.jsonl` and `questions.jsonl` (an id and a text on each line) and `work.json` (the folders of
the encoder and the reader, and how many passages a question wants). The script indexes the passages, asks the first
question once uncounted, then every question: it searches, reads an answer in what it found, and writes a Result. It
imports nothing of ours, nor we anything of a peer's. Knows nothing of gold or figures.
"""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from index.errors import ExtraitError

DEPTH = 10  # passages for a question; the deepest measure looks at as many
TIME_LIMIT = 3_600.0  # seconds for a whole peer
# No network, no telemetry, no accelerator: Extrait uses none of them here.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "CUDA_VISIBLE_DEVICES": "",
}
LAST_WORDS = 300  # characters of what a failed peer said


class PeerError(ExtraitError):
    """A peer that gave no result; the message says why, and what to do."""


class Text(Struct, frozen=True):
    """A line of passages.jsonl or questions.jsonl."""

    id: str
    text: str


class Work(Struct, frozen=True):
    """work.json. `encoder` is the folder of a sentence-transformers model that reads `window` pieces of a text.

    `before_question` and `before_passage` are the prompts that the encoder was trained with. `reader` is the folder of
    a question-answering model of transformers; "" when no answer is wanted.
    """

    encoder: str
    window: int
    k: int = DEPTH
    reader: str = ""
    before_question: str = ""
    before_passage: str = ""


class Ranked(Struct, frozen=True):
    """A question with the ids of its passages, best first, and the seconds that it took to find them.

    `answer` is what was read in them, "" where nothing was found; `reading_seconds` is the time of that alone, without
    the search, and 0 from a peer that does not read.
    """

    id: str
    passages: tuple[str, ...]
    seconds: float
    answer: str = ""
    reading_seconds: float = 0.0


class Result(Struct, frozen=True):
    """All that a side script writes. `version` is that of the peer; loading the models is not in `index_seconds`."""

    version: str
    index_seconds: float
    questions: tuple[Ranked, ...]


class Peer(Struct, frozen=True):
    """A system in an environment of its own. `install` is the command that makes it."""

    name: str
    python: Path
    script: Path
    install: str = "make peers"


def write_work(folder: Path, passages: Iterable[Text], questions: Iterable[Text], work: Work) -> None:
    """Writes the three files."""
    encoder = msgspec.json.Encoder()
    (folder / "passages.jsonl").write_bytes(encoder.encode_lines(passages))
    (folder / "questions.jsonl").write_bytes(encoder.encode_lines(questions))
    (folder / "work.json").write_bytes(encoder.encode(work))


def run_peer(peer: Peer, folder: Path, limit: float = TIME_LIMIT) -> Result:
    """What the peer makes of the work in this folder. Raises PeerError when it is not installed or gives nothing."""
    if not peer.python.exists():
        raise PeerError(f"{peer.name} is not installed (there is no {peer.python}): run `{peer.install}`.")
    out = folder / f"{peer.name}.json"
    # -I: neither our modules nor the user's reach the peer.
    command = [str(peer.python), "-I", str(peer.script), str(folder), str(out)]
    try:
        done = subprocess.run(  # noqa: S603 (a command of ours)
            command,
            env={**os.environ, **ENVIRONMENT},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{peer.name} was not done after {limit:.0f} s: ask it fewer questions.") from error
    except OSError as error:
        raise PeerError(f"{peer.name} cannot be started ({error}): install it again, by `{peer.install}`.") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing")[-LAST_WORDS:]
        raise PeerError(f"{peer.name} ended with status {done.returncode}; its last words: {said}")
    try:
        result = msgspec.json.decode(out.read_bytes(), type=Result)
    except (OSError, msgspec.DecodeError) as error:
        raise PeerError(f"{peer.name} left no result that can be read ({error}): see {peer.script.name}.") from error
    check(peer.name, result, folder)
    return result


def check(name: str, result: Result, folder: Path) -> None:
    """Raises PeerError unless every question has distinct passages of the corpus, no more than asked for, and times.

    A peer reads for every question or for none.
    """
    passages = {line.id for line in read_texts(folder / "passages.jsonl")}
    asked = [line.id for line in read_texts(folder / "questions.jsonl")]
    k = msgspec.json.decode((folder / "work.json").read_bytes(), type=Work).k
    if [item.id for item in result.questions] != asked:
        raise PeerError(f"{name} answered {len(result.questions)} questions, not the {len(asked)} asked, in order.")
    for item in result.questions:
        given = set(item.passages)
        if len(given) != len(item.passages) or len(given) > k or not given <= passages:
            raise PeerError(f"{name} gave question {item.id!r} no list of up to {k} distinct passages of the corpus.")
    reading = [item.reading_seconds for item in result.questions]
    if not any(reading) and any(item.answer for item in result.questions):
        raise PeerError(f"{name} gave answers and no time of reading; the seconds of each are wanted.")
    times = [result.index_seconds, *(item.seconds for item in result.questions), *(reading if any(reading) else [])]
    if not all(math.isfinite(time) and time > 0 for time in times):
        raise PeerError(f"{name} gave a time that is none; every one should be a positive number of seconds.")


def read_texts(path: Path) -> list[Text]:
    """The lines of a file that `write_work` wrote."""
    return msgspec.json.Decoder(Text).decode_lines(path.read_bytes())
