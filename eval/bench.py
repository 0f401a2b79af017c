"""Speed, on this machine, now. `make bench`; the last line of the output is one JSON document.

Search is timed over 10,000 chunks without the question's embedding; `/v1/answers` over HTTP, on a server of its own
with the seed documents among 10,000 chunks of sentences made of their words, and their gold questions, each asked for
the first time, again, and by several clients at once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep

import click
import httpx
import numpy as np

from eval.made_up import made_up
from index.documents import Document
from index.embedder import Vectors
from index.library import Library
from qa.engine import open_embedder
from qa.settings import load_settings

ROOT = Path(__file__).parent.parent
CHUNKS = 10_000
WORDS_PER_DOCUMENT = 400
QUESTIONS = 300
CLIENTS = 8
SEEDS = ROOT / "seeds" / "documents"
START_LIMIT = 120.0  # seconds


class RandomEmbedder:
    """Unit vectors that mean nothing, at once: what is timed is the search, not a model."""

    name, digest, dimension, window = "random", "random", 384, 254

    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def encode(self, texts: Sequence[str], role: str) -> Vectors:  # noqa: ARG002 - a role means nothing here
        vectors = self._random.standard_normal((len(texts), self.dimension), np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def made_documents() -> Iterator[Document]:
    """Documents of made-up words that are as unevenly frequent as those of a language, without end."""
    random = np.random.default_rng(2)
    while True:
        drawn = np.minimum(random.zipf(1.3, WORDS_PER_DOCUMENT), 50_000)
        text = " ".join(f"mot{rank}" + ("." if place % 15 == 14 else "") for place, rank in enumerate(drawn))
        yield Document(f"d{random.integers(2**60)}", "", text, language="fr")


def time_search(folder: Path) -> dict[str, float]:
    """Milliseconds of a search over CHUNKS chunks, without the question's embedding."""
    library = Library(folder, RandomEmbedder())
    documents, count = made_documents(), 0
    while count < CHUNKS:
        count += sum(outcome.chunks for outcome in library.add(next(documents) for _ in range(100)))
        click.echo(f"{count} chunks", err=True)
    start = perf_counter()
    library.publish()
    built = perf_counter() - start
    random = np.random.default_rng(3)
    taken = []
    for _ in range(QUESTIONS):
        question = " ".join(f"mot{rank}" for rank in np.minimum(random.zipf(1.3, 8), 50_000))
        start = perf_counter()
        library.search(question)
        taken.append(perf_counter() - start)
    library.close()
    return {**spread("search", taken), "chunks": count, "generation_s": round(built, 2)}


class Quick(RandomEmbedder):
    """The default embedder's name over random vectors, so that a library for it is filled in seconds."""

    def __init__(self) -> None:
        super().__init__()
        model = open_embedder(load_settings())
        self.name, self.digest, self.window = model.name, model.digest, model.window
        self.count_pieces = model.count_pieces  # type: ignore[method-assign]


def fill(folder: Path) -> None:
    """A library of CHUNKS chunks that share their words with the seeds."""
    library = Library(folder, Quick())
    documents, count = made_up(CHUNKS, 100), 0
    while count < CHUNKS:
        count += sum(outcome.chunks for outcome in library.add(islice(documents, 20)))
    library.publish()
    library.close()


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, float]]:
    """A server on the filled library, and the seconds until it was ready the second time it started."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = str(Path(sys.executable).with_name("extrait"))
    environment = {**os.environ, "EXTRAIT_DATA": str(folder), "EXTRAIT_LOG_LEVEL": "warning", "HF_HUB_OFFLINE": "1"}
    fill(folder)
    subprocess.run([program, "ingest", str(SEEDS)], env=environment, check=True, capture_output=True)  # noqa: S603
    command = [program, "serve", "--port", str(port)]
    for last in (False, True):
        start = perf_counter()
        with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - our own command
            try:
                wait_until_ready(url, process)
                if last:
                    yield url, perf_counter() - start
            finally:
                process.terminate()


def free_port() -> int:
    import socket  # noqa: PLC0415 - only here

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Raises RuntimeError when the server does not get ready."""
    start = perf_counter()
    while perf_counter() - start < START_LIMIT and process.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            sleep(0.05)
    raise RuntimeError(f"the server did not get ready in {START_LIMIT} s; its last words are above")


def time_answers(folder: Path) -> dict[str, float]:
    """Milliseconds of POST /v1/answers, for questions asked for the first time, again, and by CLIENTS at once."""
    questions = gold_questions()
    with server(folder) as (url, started), httpx.Client() as client:
        found: dict[str, float] = {"second_start_s": round(started, 1)}
        for name in ("answers_first", "answers_again"):
            taken = []
            for question in questions:
                start = perf_counter()
                client.post(f"{url}/v1/answers", json={"question": question}).raise_for_status()
                taken.append(perf_counter() - start)
            found |= spread(name, taken)

        def ask(question: str) -> float:
            start = perf_counter()
            client.post(f"{url}/v1/answers", json={"question": question + " "}).raise_for_status()
            return perf_counter() - start

        start = perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            found |= spread("answers_together", list(pool.map(ask, questions)))
        found["answers_together_a_second"] = round(len(questions) / (perf_counter() - start), 1)
    return found


def time_questions() -> dict[str, float]:
    """Milliseconds of the vector of a question that was not asked before."""
    model = open_embedder(load_settings())
    model.encode(["Une question, pour commencer ?"], "question")
    taken = []
    for question in gold_questions():
        start = perf_counter()
        model.encode([question], "question")
        taken.append(perf_counter() - start)
    return spread("embed_question", taken)


def gold_questions() -> list[str]:
    """The questions about the seeds."""
    lines = (ROOT / "eval" / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    return {
        f"{name}_median_ms": round(float(np.median(seconds)) * 1000, 2),
        f"{name}_p95_ms": round(float(np.percentile(seconds, 95)) * 1000, 2),
    }


@click.command()
def main() -> None:
    """Measure the speed of search and of /v1/answers."""
    with tempfile.TemporaryDirectory() as folder:
        found = time_search(Path(folder) / "search") | time_questions() | time_answers(Path(folder) / "answers")
    width = max(map(len, found))
    for name, value in found.items():
        click.echo(f"{name:<{width}}  {value:>12,.2f}")
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
