"""Speed, on this machine, now. `make bench`; the last line of the output is one JSON document.

Search is timed over 10,000 chunks without the question's embedding; `/v1/answers` over HTTP, on a server of its own
with the seed documents and their gold questions, each asked for the first time and then again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep

import click
import httpx
import numpy as np

from index.documents import Document
from index.embedder import Vectors
from index.library import Library

ROOT = Path(__file__).parent.parent
CHUNKS = 10_000
WORDS_PER_DOCUMENT = 400
QUESTIONS = 300
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


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, float]]:
    """A server on the seeds, and the seconds until it was ready the second time it started."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).with_name("extrait")),
        "serve",
        "--port",
        str(port),
        "--seed",
        str(ROOT / "seeds" / "documents"),
    ]
    environment = {**os.environ, "EXTRAIT_DATA": str(folder), "EXTRAIT_LOG_LEVEL": "warning", "HF_HUB_OFFLINE": "1"}
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
    """Milliseconds of POST /v1/answers on the seeds, for questions asked for the first time, and again."""
    lines = (ROOT / "eval" / "gold" / "seeds.jsonl").read_text().splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    with server(folder) as (url, started), httpx.Client() as client:
        found: dict[str, float] = {"second_start_s": round(started, 1)}
        for name in ("answers_first", "answers_again"):
            taken = []
            for question in questions:
                start = perf_counter()
                client.post(f"{url}/v1/answers", json={"question": question}).raise_for_status()
                taken.append(perf_counter() - start)
            found |= spread(name, taken)
    return found


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
        found = time_search(Path(folder) / "search") | time_answers(Path(folder) / "answers")
    width = max(map(len, found))
    for name, value in found.items():
        click.echo(f"{name:<{width}}  {value:>12,.2f}")
    click.echo(json.dumps(found))


if __name__ == "__main__":
    main()
