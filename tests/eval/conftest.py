"""A small set, and a system that answers it without a model: the line that shares most words, and the number in it."""

from __future__ import annotations

import importlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from api.app import create_app
from eval.gold import Gold, GoldSet, GoldSpan, gather
from index.documents import Chunk, Document, Passage, Place, revision_of
from index.ingest import ingest
from index.text import words
from qa.answers import Answer, NoAnswer, Reply
from qa.citations import Citation, cite
from qa.engine import Engine
from qa.settings import Settings

LINES = [
    "L'usine de Tanger créera 2 500 emplois directs.",
    "La première phase ouvrira en septembre 2026.",
    "La production atteindra 25 000 tonnes par an.",
    "Le projet coûte 3 milliards de dirhams au groupe.",
]
QUESTIONS = [
    ("jobs", "Combien d'emplois directs l'usine créera-t-elle ?", "2 500", "amount"),
    ("opening", "Quand la première phase ouvrira-t-elle ?", "2026", "date"),
    ("output", "Quelle production par an ?", "25 000", "amount"),
    ("cost", "Combien coûte le projet ?", "3", "amount"),
    ("capital", "Quel est le prix du homard breton ?", "", "absent"),
    ("weather", "Faut-il arroser les tomates ?", "", "absent"),
]


class WordSystem:
    """Searches lines by shared words. `depth` and `least` are what a planted regression changes."""

    def __init__(self, documents: Sequence[Document], depth: int = 10, least: int = 2) -> None:
        self.documents = documents
        self.depth = depth
        self.least = least
        self.asked: list[str] = []

    def search(self, question: str, k: int) -> list[Passage]:
        wanted = set(words(question))
        found = []
        for document in self.documents:
            for match in re.finditer("[^\n]+", document.text):
                chunk = Chunk(document.id, revision_of(document.text), match.start(), match.end())
                score = float(len(wanted & set(words(match.group()))))
                found.append(Passage(document, chunk, chunk.start, chunk.end, score))
        return sorted(found, key=lambda passage: -passage.score)[: min(k, self.depth)]

    def answer(self, question: str, *, timings: dict[str, float] | None = None) -> Reply:
        self.asked.append(question)
        if timings is not None:
            timings["read"] = 0.001
        best = self.search(question, 1)[0]
        citation = self.cite(best)
        number = re.search(r"\d[\d ]*", citation.quote)
        if best.score < self.least or number is None:
            return NoAnswer(question, "low_confidence", 0.2, (citation,), 1)
        text = number.group().strip()
        start = citation.start + number.start()
        return Answer(question, text, start, start + len(text), min(best.score / 6, 1.0), (citation,), (), 1)

    def cite(self, passage: Passage) -> Citation:
        return cite(passage.document, passage.start, passage.end, [Place("copy", "", 0, 1, 1.0)])


@pytest.fixture
def gold_set() -> GoldSet:
    text = "\n".join(LINES)
    questions = []
    for id_, question, answer, kind in QUESTIONS:
        # "3" stands in "3 milliards" alone; the others are found at their first place.
        start = text.index("3 milliards") if id_ == "cost" else text.index(answer)
        spans = (GoldSpan("btr", start, start + len(answer), answer),) if answer else ()
        questions.append(Gold(id_, question, "fr", spans, answerable=bool(answer), kind=kind))
    return gather("tiny", [Document("btr", "BTR", text)], [("here", gold) for gold in questions])


def open_with_fakes(settings: Settings) -> Engine:
    """As `qa.engine.open_engine`. Spawned processes find it here by name."""
    fakes: Any = importlib.import_module("tests.conftest")
    return fakes.open_fakes(settings)


@pytest.fixture
def open_fakes() -> Callable[[Settings], Engine]:
    return open_with_fakes


def serve_with_fakes(folder: str, port: int) -> None:
    """The service itself, until it is stopped."""
    app = create_app(Settings(data=folder), open_with_fakes)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", ws="none")


@pytest.fixture
def real_server(tmp_path: Path, gold_set: GoldSet) -> Iterator[str]:
    """The address of the service in a process of its own, with the documents of the set, under other ids."""
    folder = tmp_path / "served"
    library = open_with_fakes(Settings(data=str(folder))).library
    documents = [msgspec.structs.replace(document, id=f"there-{document.id}") for document in gold_set.documents]
    assert [outcome.state for _, outcome in ingest(library, documents)] == ["added"]
    library.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = get_context("spawn").Process(target=serve_with_fakes, args=(str(folder), port))
    process.start()
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.join()


def wait_until_ready(url: str, process: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.is_alive():
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server is not ready after {seconds} s")


@pytest.fixture
def system(gold_set: GoldSet) -> WordSystem:
    return WordSystem(gold_set.documents)


@pytest.fixture
def worse_system(gold_set: GoldSet) -> WordSystem:
    """The planted regression: one passage, and never an abstention."""
    return WordSystem([msgspec.structs.replace(item) for item in gold_set.documents], depth=1, least=0)


class Routes(BaseHTTPRequestHandler):
    """The routes of the contract that the suite calls. The server object carries the system and a prefix for ids."""

    server: Any

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        # Two pages, so that the cursor is followed.
        found = [
            {"id": self.server.prefix + item.id, "revision": revision_of(item.text)}
            for item in self.server.system.documents
        ]
        last = "cursor=next" in self.path
        self.reply(200, {"documents": found if last else [], "cursor": "" if last else "next"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["question"]
        if not question:
            self.reply(400, {"detail": "The question is empty."})
        elif question == "nonsense":
            self.reply(200, {"nothing": 1})
        elif self.path == "/v1/answers":
            self.reply(200, self.server.system.answer(question))
        else:
            passages = [
                {"document_id": item.document.id, "revision": item.chunk.revision, "score": item.score}
                | {"start": item.start, "end": item.end, "title": "", "page": 0, "text": ""}
                for item in self.server.system.search(question, body["k"])
            ]
            self.reply(200, {"passages": passages})

    def reply(self, status: int, value: object) -> None:
        # Ids are the server's own: whatever the system calls a document, with the prefix.
        content = msgspec.json.encode(value).replace(
            b'"document_id":"', f'"document_id":"{self.server.prefix}'.encode()
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def served() -> Iterator[Callable[..., str]]:
    """Serves a system; gives its address."""
    servers = []

    def serve(system: WordSystem, prefix: str = "") -> str:
        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Routes)
        server.system, server.prefix, server.daemon_threads = system, prefix, True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
