"""Puts the questions of a set to a system and keeps what comes back. Knows nothing of figures, files of gold or models.

Each outcome is appended to a file as it comes, so that a run cut off is taken up where it stopped: by the same call,
for the same sources, models, settings and documents (`Run.key`). The system is whatever has `answer` and `search`:
an engine, a server, a peer. `measure` asks one, a question after the other; `record` leaves the asking to its caller.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Protocol

import msgspec
from msgspec import Struct

from eval.gold import Gold, GoldSet
from eval.judgements import HIGHLIGHT, asks_for_answers
from eval.outcomes import Cited, Found, Outcome, Run, corpus_digest, save_run
from eval.ranges import Range
from index.documents import Passage
from index.errors import OUTAGES, ExtraitError
from qa.answers import Answer, Reply
from qa.citations import Citation

# The deepest measure looks at 10 passages; whole documents need more, because several passages can be of one.
DEPTH = 10
DEPTH_FOR_DOCUMENTS = 50
# Scores differ in the last bits between machines; this many digits are kept.
DIGITS = 6


class System(Protocol):
    """What is measured. The engine of `qa` is one as it stands."""

    def answer(self, question: str, *, timings: dict[str, float] | None = None) -> Reply:
        """The reply to a question. `timings` receives the seconds of each stage, from a system that knows them."""

    def search(self, question: str, k: int) -> Sequence[Passage]:
        """The best k passages, best first."""


class Errand(Struct, frozen=True):
    """How every question of a set is asked: for so many passages, and for an answer or not."""

    depth: int
    answering: bool


class Stopped(ExtraitError):
    """A run that is not whole; the message names set and question, and what is kept."""


Asking = Callable[[Sequence[Gold], Errand], Generator[Outcome, None, None]]
Track = Callable[[Iterable[Outcome], int], Iterable[Outcome]]


def measure(
    gold_set: GoldSet, system: System, header: Run, folder: Path, track: Track | None = None
) -> tuple[Run, Path]:
    """The run and its file, from one system. `track` may show progress. Raises Stopped; outcomes stay."""
    return record(gold_set, partial(one_by_one, system), header, folder, track)


def one_by_one(system: System, questions: Sequence[Gold], errand: Errand) -> Generator[Outcome, None, None]:
    """The outcomes in order. The first question is asked twice, because it pays for loading the models."""
    ask(system, questions[0], errand)
    for gold in questions:
        yield ask(system, gold, errand)


def record(
    gold_set: GoldSet, asking: Asking, header: Run, folder: Path, track: Track | None = None
) -> tuple[Run, Path]:
    """As `measure`. `asking` is given the questions that are left, at least one, and yields their outcomes in order."""
    folder.mkdir(parents=True, exist_ok=True)
    header = msgspec.structs.replace(
        header, name=gold_set.name, corpus=corpus_digest(gold_set.documents), started=datetime.now(UTC).isoformat()
    )
    stem = f"{gold_set.name}-{header.key()}"
    kept = folder / f"{stem}.partial.jsonl"
    done = {outcome.id: outcome for outcome in read_partial(kept)}
    left = [gold for gold in gold_set.questions if gold.id not in done or done[gold.id].question != gold.question]
    errand = Errand(DEPTH_FOR_DOCUMENTS if gold_set.relevant else DEPTH, asks_for_answers(gold_set))
    if left:
        # Closed here whatever happens, so that no process outlives the run.
        with kept.open("ab") as file, closing(asking(left, errand)) as outcomes:
            try:
                for outcome in track(outcomes, len(left)) if track else outcomes:
                    done[outcome.id] = outcome
                    file.write(msgspec.json.encode(outcome) + b"\n")
                    file.flush()
            except ExtraitError as error:
                raise Stopped(
                    f"{gold_set.name}: {error} (What was measured is kept in {kept}; the same command takes it up.)"
                ) from error
    run = msgspec.structs.replace(header, outcomes=tuple(done[gold.id] for gold in gold_set.questions))
    path = folder / f"{stem}.json"
    save_run(run, path)
    kept.unlink(missing_ok=True)
    return run, path


def read_partial(path: Path) -> list[Outcome]:
    """The outcomes kept so far. A last line torn by a crash is cut off, so that the next one starts on its own."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        path.write_bytes(whole)
    decoder = msgspec.json.Decoder(Outcome)
    return [decoder.decode(line) for line in whole.splitlines()]


def ask(system: System, gold: Gold, errand: Errand) -> Outcome:
    """Searches, and answers too where the set has answers. Raises Stopped, with the question's id.

    Only what is asked first is timed: a system remembers the vector of a question, so that a search after its answer
    looks faster than it is. The search within an answer is one of its stages ("retrieve").
    """
    answering = errand.answering and gold.kind != HIGHLIGHT
    stages: dict[str, float] = {}
    try:
        start = perf_counter()
        reply = system.answer(gold.question, timings=stages) if answering else None
        answered = perf_counter()
        passages = system.search(gold.question, k=errand.depth)
        searched = perf_counter()
    except (ExtraitError, *OUTAGES) as error:
        raise Stopped(f"question {gold.id!r}: {error}") from error
    latency = {"answer": answered - start} | stages if reply else {"search": searched - answered}
    outcome = Outcome(gold.id, gold.question, tuple(map(found, passages)), latency=latency)
    return with_reply(outcome, reply) if reply else outcome


def with_reply(outcome: Outcome, reply: Reply) -> Outcome:
    """The outcome with the offsets and claims of the reply."""
    if isinstance(reply, Answer):
        return msgspec.structs.replace(
            outcome,
            answered=True,
            text=reply.text,
            start=reply.start,
            end=reply.end,
            confidence=round(reply.confidence, DIGITS),
            citations=tuple(map(cited, reply.citations)),
        )
    return msgspec.structs.replace(
        outcome,
        answered=False,
        reason=reply.reason,
        confidence=round(reply.confidence, DIGITS),
        citations=tuple(map(cited, reply.closest)),
    )


def found(passage: Passage) -> Found:
    """The passage, by offsets."""
    return Found(passage.document.id, passage.start, passage.end, round(passage.score, DIGITS))


def cited(citation: Citation) -> Cited:
    """The claims of a citation."""
    places = tuple(Range(place.document_id, place.start, place.end) for place in citation.also_in)
    return Cited(
        citation.document_id,
        citation.revision,
        citation.start,
        citation.end,
        citation.quote,
        citation.sha256,
        places,
    )
