"""`python -m eval.peers SET`: Extrait, its legs alone, and its peers on the same passages. Wires; computes nothing.

All search with the same encoder and read with the same weights, and none is asked to abstain: every question has an
answer. A leg alone does not read, nor does anyone where the set has no answers. Times are those of this machine, now: a
process beside this one slows every system, and not all alike, so that a load is said.
Exit status: 0, also when a peer was left out, which is said; 2 for input that cannot be used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from safetensors.numpy import load_file, save_file

from eval.commands import BadInput
from eval.gold import GoldSet
from eval.judgements import asks_for_answers
from eval.origin import ROOT, code_digest, commit
from eval.outcomes import corpus_digest
from eval.peers.corpus import comparable, passages_of, questions_of
from eval.peers.ours import Measured, Reading, as_measured, bm25, dense, extrait
from eval.peers.protocol import DEPTH, Peer, PeerError, Work, run_peer, write_work
from eval.peers.scores import Scores, score
from eval.peers.table import side_by_side
from eval.sets import open_set
from eval.table import print_tables
from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, Embedder
from index.errors import ExtraitError
from index.packed import WEIGHTS, unpacked
from qa.confidence import load_calibration
from qa.engine import CALIBRATION, joint_digest, open_embedder, open_reader
from qa.settings import load_settings
from qa.span_reader import MODEL, WEIGHTS_SHA256, SpanReader

WIDTH = 240  # of the table, where there is no terminal
BUSY = 0.75  # processes for each core, before we began
PEERS = tuple(
    Peer(name, ROOT / "var" / "peers" / folder / "bin" / "python", ROOT / "eval" / "peers" / f"{folder}_side.py")
    for name, folder in (("haystack-ai", "haystack"), ("txtai", "txtai"))
)


class Models(Struct, frozen=True):
    """Two models, each as Extrait opens it and as the folder of plain weights that peers load.

    `open_reading` is given the embedder, since a calibration belongs to the two together.
    """

    make_embedder: Callable[[], Embedder]
    encoder: Path
    open_reading: Callable[[Embedder], Reading]
    reader: Path


class Comparison(Struct, frozen=True):
    """The last line of the output. `left_out` says in words why a peer is missing.

    `load` is how many processes each core had before we began; `reader` is "" where no answer was wanted.
    """

    set: str
    corpus: str
    passages: int
    questions: int
    encoder: str
    encoder_digest: str
    reader: str
    reader_digest: str
    commit: str
    code: str
    load: float
    systems: list[Scores]
    left_out: dict[str, str]


@click.command()
@click.argument("name", metavar="SET")
@click.option("--with", "others", multiple=True, metavar="SET", help="Search this set's passages as well; repeatable.")
@click.option("--questions", type=click.IntRange(min=0), default=0, help="Ask so many, drawn with a fixed seed [all].")
def main(name: str, others: Sequence[str], questions: int) -> None:
    """Compare Extrait with BM25 alone, the dense model alone, haystack-ai and txtai on the questions of SET."""
    printer = Console(width=None if sys.stdout.isatty() else WIDTH)
    try:
        gold_set = comparable(open_set(name), [open_set(other) for other in others], questions)
        with unpacked(DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256) as encoder, unpacked(MODEL, WEIGHTS_SHA256) as reader:
            as_question_answering(reader)
            models = Models(lambda: open_embedder(load_settings()), encoder, shipped_reading, reader)
            comparison = compare(gold_set, models, PEERS, Console(stderr=True))
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    names = [comparison.encoder, comparison.reader] if comparison.reader else [comparison.encoder]
    title = f"{comparison.set}: {comparison.questions} questions, {comparison.passages} passages, {', '.join(names)}"
    print_tables(printer, [side_by_side(title, comparison.systems)])
    for peer, reason in comparison.left_out.items():
        printer.print(f"Left out: {peer}. {reason}", soft_wrap=True, markup=False, highlight=False)
    if comparison.load > BUSY:
        load = f"{comparison.load:.1f} processes a core before we began"
        printer.print(f"The machine was busy ({load}): do not trust the times.", soft_wrap=True, highlight=False)
    click.echo(msgspec.json.encode(comparison).decode())


def as_question_answering(folder: Path) -> None:
    """Makes our reader in this folder one that any library loads, which knows starts and ends alone."""
    config, weights = folder / "config.json", load_file(folder / WEIGHTS)
    known = {"architectures": ["BertForQuestionAnswering"], "id2label": {"0": "start", "1": "end"}}
    config.write_bytes(
        msgspec.json.encode(msgspec.json.decode(config.read_bytes()) | known | {"label2id": {"start": 0, "end": 1}})
    )
    head = {f"qa_outputs.{part}": weights.pop(f"classifier.{part}")[:2].copy() for part in ("weight", "bias")}
    save_file(weights | head, folder / WEIGHTS, metadata={"format": "pt"})


def prompts_of(encoder: Path) -> tuple[str, str]:
    """What a sentence-transformers model wants before a question and before a passage; "" where nothing."""
    path = encoder / "config_sentence_transformers.json"
    prompts = msgspec.json.decode(path.read_bytes()).get("prompts", {}) if path.exists() else {}
    return prompts.get("query", ""), prompts.get("document", "")


def shipped_reading(embedder: Embedder) -> Reading:
    """The reader and the calibration that ship. Raises ManifestMismatch when they are not of this embedder."""
    model = open_reader(load_settings())
    calibration = load_calibration(CALIBRATION, model.name, joint_digest(model.digest, embedder.digest))
    return Reading(SpanReader(model, calibration.ranking), calibration)


def compare(gold_set: GoldSet, models: Models, peers: Sequence[Peer], console: Console) -> Comparison:
    """Every system one after the other, so that each has the machine to itself.

    Each has an embedder of its own too: one that has seen the questions would answer them from memory.
    """
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    systems: list[Measured] = []

    def add(measured: Measured) -> None:
        systems.append(measured)
        console.print(f"{measured.name}: {len(measured.outcomes)} questions answered", highlight=False)

    embedder = models.make_embedder()
    reading = models.open_reading(embedder) if asks_for_answers(gold_set) else None
    add(extrait(gold_set, embedder, reading))
    add(bm25(gold_set))
    embedder = models.make_embedder()
    add(dense(gold_set, embedder))
    left_out: dict[str, str] = {}
    with TemporaryDirectory(prefix="extrait-peers-") as folder:
        # The window counts no special tokens; a peer's does: one at each end.
        reader, prompts = str(models.reader) if reading else "", prompts_of(models.encoder)
        work = Work(str(models.encoder), embedder.window + 2, DEPTH, reader, *prompts)
        write_work(Path(folder), passages_of(gold_set), questions_of(gold_set), work)
        for peer in peers:
            try:
                add(as_measured(peer.name, run_peer(peer, Path(folder)), gold_set))
            except PeerError as error:
                left_out[peer.name] = str(error)
    return Comparison(
        gold_set.name,
        corpus_digest(gold_set.documents),
        len(gold_set.documents),
        len(gold_set.questions),
        embedder.name,
        embedder.digest,
        reading.reader.name if reading else "",
        reading.reader.digest if reading else "",
        commit(),
        code_digest(),
        round(load, 2),
        score(gold_set, systems),
        left_out,
    )


if __name__ == "__main__":
    main()
