"""What a system gave for a question; a run is all of its outcomes with what made them. Knows no gold or figures.

Only offsets and the system's own claims (quotes, hashes) are kept, so that a run is small and every figure can be
computed again from it and the documents. Law: two runs of the same code on the same documents are equal but for
`started` and `latency`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct, field

from eval.gold import GoldError
from eval.ranges import Range
from index.documents import Document, revision_of


class Found(Struct, frozen=True):
    """A passage, by offsets, in the order of the list that holds it."""

    document: str
    start: int
    end: int
    score: float

    def range(self) -> Range:
        """Where it stands."""
        return Range(self.document, self.start, self.end)


class Cited(Struct, frozen=True):
    """A citation as it was claimed; `also_in` are the places of its duplicates."""

    document: str
    revision: str
    start: int
    end: int
    quote: str
    sha256: str
    also_in: tuple[Range, ...] = ()

    def places(self) -> tuple[Range, ...]:
        """Every place it lists, its own first."""
        return (Range(self.document, self.start, self.end), *self.also_in)


class Outcome(Struct, frozen=True):
    """A question's passages and reply. `citations` are the closest ones when it was not answered.

    `answered` is None in sets that judge the search alone. `latency` is in seconds, by stage.
    """

    id: str
    question: str
    passages: tuple[Found, ...] = ()
    answered: bool | None = None
    reason: str = ""
    text: str = ""
    start: int = 0
    end: int = 0
    confidence: float = 0.0
    citations: tuple[Cited, ...] = ()
    latency: dict[str, float] = field(default_factory=dict)


class Run(Struct, frozen=True):
    """Outcomes by question, and all that could have changed them. `code` digests the sources, committed or not."""

    name: str
    corpus: str
    commit: str = ""
    code: str = ""
    models: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    started: str = ""
    outcomes: tuple[Outcome, ...] = ()

    def key(self) -> str:
        """Names what is being measured: the same for a run taken up again, another after any change."""
        same = msgspec.structs.replace(self, started="", outcomes=())
        return sha256(msgspec.json.encode(same, order="deterministic")).hexdigest()[:12]


def corpus_digest(documents: Iterable[Document]) -> str:
    """SHA-256 over the ids and revisions of the documents, sorted: one figure for "the same corpus"."""
    lines = sorted(f"{document.id}\t{revision_of(document.text)}\n" for document in documents)
    return sha256("".join(lines).encode()).hexdigest()


def save_run(run: Run, path: Path) -> None:
    """Writes the run as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.with_suffix(".tmp")
    torn.write_bytes(msgspec.json.encode(run, order="deterministic") + b"\n")
    torn.replace(path)


def load_run(path: Path) -> Run:
    """The run in this file. Raises GoldError when there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except (OSError, msgspec.DecodeError) as error:
        raise GoldError(
            f"{path}: no run can be read from it ({error}); give a file that `extrait eval` wrote."
        ) from error
