"""Documents over HTTP: put in, listed, read, replaced, deleted."""

import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from index.ingest import ingest, sources
from index.jobs import Jobs

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
QUESTION = "Combien d'emplois directs seront créés par le projet ?"


def test_texts_are_taken_in_as_a_job(client: TestClient) -> None:
    response = client.post("/v1/documents", json={"documents": [{"text": JOBS}]})
    assert response.status_code == 202
    assert set(response.json()) == {"job_id", "url"}
    assert response.json()["url"] == f"/v1/jobs/{response.json()['job_id']}" == response.headers["location"]


def test_what_became_of_each_text_is_told(put: Callable) -> None:
    assert [f["state"] for f in put({"id": "a", "text": JOBS}, {"id": "b", "text": BRIDGE})["files"]] == [
        "added",
        "added",
    ]
    states = [f["state"] for f in put({"id": "a", "text": JOBS}, {"id": "b", "text": JOBS}, {"text": " "})["files"]]
    assert states == ["unchanged", "replaced", "failed"]


def test_duplicates_are_counted(put: Callable) -> None:
    job = put({"id": "a", "text": JOBS}, {"id": "b", "text": JOBS})
    assert (job["chunks"], job["duplicates"]) == (2, 1)


def test_a_document_is_described_without_its_text(client: TestClient, put: Callable) -> None:
    put(
        {
            "id": "a",
            "title": "Titre",
            "text": f"{JOBS}\r\n",
            "uri": "u",
            "collection": "c",
            "metadata": {"n": 1, "f": 0.5},
        }
    )
    canonical = f"{JOBS}\n"
    expected = {
        "id": "a",
        "title": "Titre",
        "revision": sha256(canonical.encode()).hexdigest(),
        "length": len(canonical),
        "uri": "u",
        "media_type": "text/plain",
        "language": "fr",
        "collection": "c",
        "pages": [],
        "headings": [],
        "metadata": {"n": 1, "f": 0.5},
    }
    assert client.get("/v1/documents/a").json() == expected
    assert client.get("/v1/documents").json() == {"documents": [expected], "cursor": ""}


def test_the_text_is_plain_and_exact(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": "\ufeffL'é\u0301té <b>😀</b>\r\nشجرة\u2028fin\n"})
    response = client.get("/v1/documents/a/text")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == "L'é\u0301té <b>😀</b>\nشجرة\nfin\n"


def test_a_list_comes_in_pages(client: TestClient, put: Callable) -> None:
    names = [f"d{n}" for n in range(7)]
    put(*({"id": name, "text": f"Note {name}.", "collection": "odd" if int(name[1]) % 2 else "even"} for name in names))
    found: list[str] = []
    cursor, pages = "", 0
    while True:
        page = client.get("/v1/documents", params={"limit": 3, "cursor": cursor}).json()
        found += [d["id"] for d in page["documents"]]
        pages += 1
        if not (cursor := page["cursor"]):
            break
    assert (found, pages) == (names, 3)
    assert [d["id"] for d in client.get("/v1/documents?collection=odd").json()["documents"]] == ["d1", "d3", "d5"]


def test_a_replaced_document_is_answered_by_its_new_text_only(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": JOBS}, {"id": "b", "text": BRIDGE})
    old = client.get("/v1/documents/a").json()["revision"]
    put({"id": "a", "text": JOBS.replace("2 500", "9 999")})
    reply = client.post("/v1/answers", json={"question": QUESTION}).json()
    assert reply["text"] == "9 999"
    assert "2 500" not in str(reply)
    assert client.get("/v1/documents/a/text", params={"revision": old}).text == JOBS


def test_after_a_deletion_no_call_returns_it(client: TestClient, put: Callable) -> None:
    put({"id": "gone", "title": "Partie", "text": f"{JOBS}\n{BRIDGE}"}, {"id": "stays", "text": JOBS})
    before = client.post("/v1/answers", json={"question": QUESTION}).json()
    revision = client.get("/v1/documents/gone").json()["revision"]
    assert "gone" in str(before)
    receipt = client.delete("/v1/documents/gone")
    assert receipt.status_code == 200
    assert receipt.json()["document_id"] == "gone"
    assert receipt.json()["deleted"] is True
    asked: list[Any] = [
        client.post("/v1/answers", json={"question": question, "min_confidence": least, "top_k": 50})
        for question in (QUESTION, BRIDGE, "pont suspendu")
        for least in (0, 1)
    ]
    asked += [client.post("/v1/search", json={"question": question, "k": 50}) for question in (QUESTION, BRIDGE)]
    asked += [client.get("/v1/documents")]
    for response in asked:
        assert response.status_code == 200
        assert "gone" not in response.text
        assert "Partie" not in response.text
    assert "2 500" in asked[0].text  # the copy answers now
    for path in (
        "/v1/documents/gone",
        "/v1/documents/gone/text",
        f"/v1/documents/gone/text?revision={revision}",
        "/documents/gone",
    ):
        assert client.get(path).status_code == 404
    cited = [c for c in before["citations"] if c["document_id"] == "gone"]
    verdicts = client.post("/v1/verify", json={"citations": cited}).json()["results"]
    assert all(not verdict["valid"] and "gone" in verdict["differences"][0] for verdict in verdicts)
    assert client.delete("/v1/documents/gone").status_code == 404


def test_after_a_deletion_no_file_of_the_server_has_its_words(
    make_client: Callable, finished: Callable, tmp_path: Path
) -> None:
    """Neither the index, nor feedback on a reply that quoted it, nor the job that brought it."""
    client = make_client()
    text = f"{JOBS} Le code du coffre est hortensia."
    finished(client, client.post("/v1/documents", json={"documents": [{"text": text}, {"id": "b", "text": BRIDGE}]}))
    (gone,) = [d["id"] for d in client.get("/v1/documents").json()["documents"] if d["id"] != "b"]
    for least in (0, 1):
        reply = client.post("/v1/answers", json={"question": QUESTION, "min_confidence": least}).json()
        assert "2 500" in str(reply)
        assert client.post("/v1/feedback", json={"question": "?", "reply": reply, "helpful": True}).status_code == 201
    assert client.delete(f"/v1/documents/{gone}").status_code == 200
    client.__exit__(None, None, None)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"hortensia" not in path.read_bytes(), path
            assert b"2 500" not in path.read_bytes(), path
    assert b"sha256" in (tmp_path / "service.sqlite").read_bytes(), "of the feedback, the places are kept"
    client.__enter__()  # so that the fixture can close it


def test_an_upload_acknowledged_before_a_deletion_does_not_undo_it(
    client: TestClient, put: Callable, finished: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    put({"id": "a", "text": JOBS})
    runs, let_go = Jobs.run_next, threading.Event()
    monkeypatch.setattr(Jobs, "run_next", lambda self, library: let_go.is_set() and runs(self, library))
    time.sleep(0.1)
    late = client.post("/v1/documents", json={"documents": [{"id": "a", "text": BRIDGE}]})
    assert client.delete("/v1/documents/a").status_code == 200
    let_go.set()
    (outcome,) = finished(client, late)["files"]
    assert outcome["state"] == "failed"
    assert "deleted after it was sent" in outcome["reason"]
    assert client.get("/v1/documents/a").status_code == 404


def test_a_deletion_holds_after_a_restart(make_client: Callable, finished: Callable) -> None:
    client = make_client()
    finished(
        client,
        client.post("/v1/documents", json={"documents": [{"id": "a", "text": JOBS}, {"id": "b", "text": BRIDGE}]}),
    )
    client.delete("/v1/documents/a")
    client.__exit__(None, None, None)
    again = make_client()
    assert [d["id"] for d in again.get("/v1/documents").json()["documents"]] == ["b"]
    assert "2 500" not in again.post("/v1/search", json={"question": QUESTION}).text
    client.__enter__()  # so that the fixture can close it


def test_a_deleted_id_can_be_given_again(client: TestClient, put: Callable) -> None:
    put({"id": "a", "text": JOBS, "title": "Old"})
    client.delete("/v1/documents/a")
    job = put({"id": "a", "text": JOBS, "title": "New"})
    assert job["files"][0]["state"] == "added"
    assert client.get("/v1/documents/a").json()["title"] == "New"
    reply = client.post("/v1/answers", json={"question": QUESTION}).json()
    assert reply["citations"][0]["title"] == "New"


def test_files_come_with_a_collection_and_metadata(client: TestClient, upload: Callable) -> None:
    job = upload(
        ("a.txt", JOBS.encode()), ("b.md", f"# Le pont\n\n{BRIDGE}".encode()), collection="c", metadata='{"year": 2024}'
    )
    assert [f["state"] for f in job["files"]] == ["added", "added"]
    documents = client.get("/v1/documents?collection=c").json()["documents"]
    assert [(d["metadata"], d["collection"]) for d in documents] == [({"year": 2024}, "c")] * 2
    assert {d["title"] for d in documents} >= {"Le pont"}
    assert next(d for d in documents if d["title"] == "Le pont")["headings"]


def test_the_same_file_again_is_unchanged_and_new_bytes_replace_it(client: TestClient, upload: Callable) -> None:
    first = upload(("a.txt", JOBS.encode()))["files"][0]
    assert upload(("a.txt", JOBS.encode()))["files"][0]["state"] == "unchanged"
    again = upload(("a.txt", BRIDGE.encode()))["files"][0]
    assert (again["state"], again["document_id"]) == ("replaced", first["document_id"])


def test_a_file_in_an_old_encoding_is_read(client: TestClient, upload: Callable) -> None:
    job = upload(("old.txt", (JOBS + " " + BRIDGE).encode("cp1252")))
    assert client.get(f"/v1/documents/{job['files'][0]['document_id']}/text").text == JOBS + " " + BRIDGE


def test_a_name_is_shown_as_it_was_sent(upload: Callable) -> None:
    names = ["rapport été 2024.txt", "../../x.txt", "تقرير.txt", "a<b>.txt"]
    job = upload(*((name, f"{JOBS} {n}".encode()) for n, name in enumerate(names)))
    assert [f["name"] for f in job["files"]] == names
    assert len({f["document_id"] for f in job["files"]}) == 4


def test_no_reply_gives_a_path_of_the_server(make_client: Callable, open_library: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "srv"
    (folder / "guide").mkdir(parents=True)
    (folder / "guide" / "usine.txt").write_text(JOBS, encoding="utf-8")
    list(ingest(open_library(), sources([folder])))
    client = make_client()
    (listed,) = client.get("/v1/documents").json()["documents"]
    assert listed["uri"] == "guide/usine.txt"
    question = {"question": "Combien d'emplois directs à Tanger ?", "min_confidence": 0}
    for response in (
        client.get("/v1/documents"),
        client.get(f"/v1/documents/{listed['id']}"),
        client.post("/v1/answers", json=question),
        client.post("/v1/search", json={"question": "emplois"}),
    ):
        assert response.status_code == 200
        assert str(tmp_path) not in response.text
