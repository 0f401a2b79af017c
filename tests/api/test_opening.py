"""api.opening: what passes is tried again, and said meanwhile; what does not pass is raised."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from api.app import create_app
from index.documents import Document
from index.errors import ManifestMismatch
from index.library import Library
from qa.engine import Engine
from qa.settings import Settings

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.opening.REST", 0.05)
    monkeypatch.setattr("index.schema.PATIENCE", 0.05)


@pytest.fixture
def serve(tmp_path: Path, embedder, reader, calibration) -> Iterator[Callable[..., TestClient]]:
    """A server; `before` is called first whenever it tries to open the library."""
    started: list[TestClient] = []

    def start(before: Callable[[], object] = lambda: None) -> TestClient:
        def opener(_: Settings) -> Engine:
            before()
            return Engine(Library(tmp_path, embedder), reader, calibration, None)

        client = TestClient(create_app(Settings(data=str(tmp_path)), opener))
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in started:
        client.__exit__(None, None, None)


def until(wanted: Callable[[], Any], seconds: float = 20.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_a_library_that_cannot_be_opened_is_tried_again(serve: Callable, tmp_path: Path, open_library) -> None:
    library = open_library()
    list(library.add([Document("a", "A", TEXT)]))
    library.publish()
    mended = threading.Event()

    def fail() -> None:
        if not mended.is_set():
            raise OSError(5, "Input/output error")

    client = serve(fail)
    ready = until(lambda: "Input/output" in client.get("/health/ready").text and client.get("/health/ready"))
    assert ready.status_code == 503
    assert client.get("/health/live").status_code == 200
    for reply in (client.post("/v1/search", json={"question": "emplois"}), client.get("/v1/documents")):
        assert reply.status_code == 503
        assert "Input/output error" in reply.json()["detail"]
    mended.set()
    until(lambda: client.get("/health/ready").status_code == 200)
    assert client.post("/v1/search", json={"question": "emplois"}).json()["passages"][0]["document_id"] == "a"


def test_a_database_that_is_locked_is_waited_for(serve: Callable, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "library.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        client = serve()
        ready = until(lambda: "locked" in client.get("/health/ready").text and client.get("/health/ready"))
        assert "backup" not in ready.text
        other.rollback()
    until(lambda: client.get("/health/ready").status_code == 200)


def test_a_server_that_never_opened_its_library_stops(serve: Callable) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    client = serve(fail)
    until(lambda: "No space left" in client.get("/health/ready").text)


def test_what_does_not_pass_is_tried_once(serve: Callable) -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise ManifestMismatch("It was made by another embedder.")

    client = serve(fail)
    for _ in range(5):
        reply = until(lambda: "another embedder" in client.get("/health/ready").text and client.get("/health/ready"))
        assert reply.status_code == 503
        time.sleep(0.05)
    assert len(tries) == 1
