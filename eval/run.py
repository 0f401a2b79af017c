"""Puts the questions of a set to a system and keeps what comes back. Knows nothing of figures, files of gold or models.

Each outcome is appended to a file as it comes, so that a run cut off is taken up where it stopped: by the same call,
for the same sources, models, settings and documents (`Run.key`). The system is whatever has `answer` and `search`:
an engine, a server, a peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Protocol

import msgspec

from eval.gold import Gold, GoldSet
from eval.judgements import HIGHLIGHT, asks_for_answers
from eval.outcomes import Cited, Found, Outcome, Run, corpus_digest, save_run
from eval.ranges import Range
from index.documents import Passage
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


Track = Callable[[Iterable[Gold], int], Iterable[Gold]]


def measure(
    gold_set: GoldSet, system: System, header: Run, folder: Path, track: Track | None = None
) -> tuple[Run, Path]:
    """The run and its file. `track` may show progress. Errors of the system go through; outcomes stay."""
    folder.mkdir(parents=True, exist_ok=True)
    header = msgspec.structs.replace(
        header, name=gold_set.name, corpus=corpus_digest(gold_set.documents), started=datetime.now(UTC).isoformat()
    )
    stem = f"{gold_set.name}-{header.key()}"
    partial = folder / f"{stem}.partial.jsonl"
    done = {outcome.id: outcome for outcome in read_partial(partial)}
    left = [gold for gold in gold_set.questions if gold.id not in done or done[gold.id].question != gold.question]
    answering = asks_for_answers(gold_set)
    depth = DEPTH_FOR_DOCUMENTS if gold_set.relevant else DEPTH
    if left:
        ask(system, left[0], depth, answering=answering)  # uncounted: the first question pays for loading the models
    with partial.open("ab") as file:
        for gold in track(left, len(left)) if track else left:
            done[gold.id] = ask(system, gold, depth, answering=answering)
            file.write(msgspec.json.encode(done[gold.id]) + b"\n")
            file.flush()
    run = msgspec.structs.replace(header, outcomes=tuple(done[gold.id] for gold in gold_set.questions))
    path = folder / f"{stem}.json"
    save_run(run, path)
    partial.unlink()
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


def ask(system: System, gold: Gold, depth: int, *, answering: bool) -> Outcome:
    """Searches, and answers too where the set has answers; each is timed."""
    start = perf_counter()
    passages = system.search(gold.question, k=depth)
    latency = {"search": perf_counter() - start}
    outcome = Outcome(gold.id, gold.question, tuple(map(found, passages)), latency=latency)
    if not answering or gold.kind == HIGHLIGHT:
        return outcome
    start = perf_counter()
    stages: dict[str, float] = {}
    reply = system.answer(gold.question, timings=stages)
    latency |= {"answer": perf_counter() - start} | stages
    return with_reply(outcome, reply)


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
