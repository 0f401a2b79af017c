"""Every bad input is a problem+json with the right status and a sentence that says what to do."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from litestar.testing import TestClient
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from index.cutter import Cutter
from index.library import Library
from index.publishing import Publisher
from index.renewal import renew

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
DEEP = '{"unknown": ' + "[" * 200_000 + "]" * 200_000 + "}"


def assert_problem(response: Any, *statuses: int) -> str:
    assert response.status_code in statuses, (response.status_code, response.text[:300])
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["status"] == response.status_code
    detail: str = body["detail"]
    assert len(detail) >= 15
    assert " " in detail
    assert "Traceback" not in detail
    return detail


@pytest.fixture(scope="module")
def filled(shared_client: TestClient, finished: Callable) -> TestClient:
    finished(shared_client, shared_client.post("/v1/documents", json={"documents": [{"id": "a", "text": TEXT}]}))
    return shared_client


JSON = {"Content-Type": "application/json"}
BAD_BODIES = {
    "no JSON": (b"not json", 400),
    "half JSON": (b'{"question": "x"', 400),
    "no UTF-8": (b'{"question": "\xff\xfe"}', 400),
    "a lone surrogate": (b'{"question": "\\ud800"}', 400),
    "nothing": (b"", 400),
    "a list": (b"[]", 400),
    "null": (b"null", 400),
    "no question": (b"{}", 400),
    "a number for a question": (b'{"question": 5}', 400),
    "null for a question": (b'{"question": null}', 400),
    "an empty question": (b'{"question": ""}', 400),
    "a blank question": (b'{"question": " \\n\\t\\u00a0"}', 400),
    "an invisible question": (b'{"question": "\\u0000"}', 400),
    "a long question": (b'{"question": "' + b"x" * 2_001 + b'"}', 400),
    "a 100 kB question": (b'{"question": "' + b"x" * 100_000 + b'"}', 413),
    "an unknown field": (b'{"question": "x", "topk": 3}', 400),
    "an unknown collection": (b'{"question": "x", "collection": "nowhere"}', 404),
    "a filter that is a list": (b'{"question": "x", "filters": {"a": [1]}}', 400),
    "filters that are a list": (b'{"question": "x", "filters": [1]}', 400),
    "a yes or no as a filter": (b'{"question": "x", "filters": {"a": true}}', 400),
    "a deep body": (DEEP.encode()[:60_000], 400),
}


@pytest.mark.parametrize("path", ["/v1/answers", "/v1/search"])
@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_question_that_cannot_be_asked(filled: TestClient, path: str, body: bytes, status: int) -> None:
    assert_problem(filled.post(path, content=body, headers=JSON), status)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("top_k", 0),
        ("top_k", 51),
        ("top_k", -1),
        ("top_k", 1.5),
        ("top_k", None),
        ("top_k", 10**30),
        ("min_confidence", -0.1),
        ("min_confidence", 1.1),
        ("min_confidence", "high"),
    ],
)
def test_a_number_out_of_range_names_its_field(filled: TestClient, field: str, value: object) -> None:
    detail = assert_problem(filled.post("/v1/answers", json={"question": "emplois ?", field: value}), 400)
    assert field in detail


@pytest.mark.parametrize("k", [0, 51, -1, "x"])
def test_k_of_a_search_out_of_range_names_its_field(filled: TestClient, k: object) -> None:
    assert "k" in assert_problem(filled.post("/v1/search", json={"question": "emplois ?", "k": k}), 400)


def test_an_empty_question_and_a_long_one_say_what_to_do(filled: TestClient) -> None:
    assert "ask something" in assert_problem(filled.post("/v1/answers", json={"question": ""}), 400)
    assert "2,000" in assert_problem(filled.post("/v1/answers", json={"question": "x" * 5_000}), 400)


def test_an_unknown_collection_is_named(filled: TestClient) -> None:
    body = {"question": "emplois ?", "collection": "ailleurs"}
    assert "'ailleurs'" in assert_problem(filled.post("/v1/answers", json=body), 404)
    assert "'ailleurs'" in assert_problem(filled.get("/v1/documents", params={"collection": "ailleurs"}), 404)


STRANGE_IDS = [
    "ghost",
    "%20",
    "a%20b",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "..%5c..",
    "%00",
    "été",
    "%F0%9F%98%80",
    "%ff",
    "a%0Ab",
    "x" * 5_000,
    "'; DROP TABLE documents; --",
    "%252e%252e%252f",
    "{document_id:str}",
]


@pytest.mark.parametrize("document_id", STRANGE_IDS, ids=lambda name: name[:24])
@pytest.mark.parametrize("suffix", ["", "/text"])
def test_an_unknown_document_is_not_found(filled: TestClient, document_id: str, suffix: str) -> None:
    assert_problem(filled.get(f"/v1/documents/{document_id}{suffix}"), 404, 400)
    assert filled.get(f"/documents/{document_id}{suffix}").status_code in {400, 404}  # a page: the viewer says so


@pytest.mark.parametrize("document_id", STRANGE_IDS, ids=lambda name: name[:24])
def test_an_unknown_document_cannot_be_deleted(filled: TestClient, document_id: str) -> None:
    assert_problem(filled.delete(f"/v1/documents/{document_id}"), 404, 400, 405)
    assert filled.get("/v1/documents/a").status_code == 200


def test_an_unknown_revision_and_job_are_not_found(filled: TestClient) -> None:
    assert "r2" in assert_problem(filled.get("/v1/documents/a/text?revision=r2"), 404)
    assert "'j1'" in assert_problem(filled.get("/v1/jobs/j1"), 404)
    assert_problem(filled.get("/v1/jobs/j1/events"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/v1",
        "/v1/nothing",
        "/v2/answers",
        "/static/nothing.js",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/swagger/../../app.py",
    ],
)
def test_what_is_nowhere_is_not_found(filled: TestClient, path: str) -> None:
    assert_problem(filled.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/answers"),
        ("PUT", "/v1/documents"),
        ("DELETE", "/v1/documents"),
        ("POST", "/v1/documents/a"),
        ("POST", "/health/ready"),
        ("GET", "/v1/verify"),
        ("PATCH", "/v1/jobs/x"),
        ("DELETE", "/"),
    ],
)
def test_a_wrong_method_says_so(filled: TestClient, method: str, path: str) -> None:
    response = filled.request(method, path)
    assert method in assert_problem(response, 405)
    assert response.headers.get("allow"), "RFC 9110 wants the methods that are possible"


@pytest.mark.parametrize("path", ["/v1/answers", "/v1/search", "/v1/verify"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/xml"])
def test_a_wrong_content_type_is_the_askers_fault(filled: TestClient, path: str, kind: str) -> None:
    assert_problem(filled.post(path, content=b"question=emplois", headers={"Content-Type": kind}), 400, 415)


BAD_DOCUMENTS = {
    "no JSON": b"not json",
    "no documents": b"{}",
    "none of them": b'{"documents": []}',
    "no text": b'{"documents": [{"id": "x"}]}',
    "an unknown field": b'{"documents": [{"text": "x", "name": "y"}]}',
    "an empty id": b'{"documents": [{"text": "x", "id": ""}]}',
    "an id with a slash": b'{"documents": [{"text": "x", "id": "../../etc/passwd"}]}',
    "an id with a space": b'{"documents": [{"text": "x", "id": "a b"}]}',
    "an id with a no-break space": '{"documents": [{"text": "x", "id": "a\u00a0b"}]}'.encode(),
    "an id that ends with a line": b'{"documents": [{"text": "x", "id": "abc\\n"}]}',
    "an id with a question mark": b'{"documents": [{"text": "x", "id": "a?b"}]}',
    "an id that is a dot": b'{"documents": [{"text": "x", "id": "."}]}',
    "an id that is two dots": b'{"documents": [{"text": "x", "id": ".."}]}',
    "a long id": b'{"documents": [{"text": "x", "id": "' + b"x" * 201 + b'"}]}',
    "metadata in metadata": b'{"documents": [{"text": "x", "metadata": {"a": {"b": 1}}}]}',
    "metadata of nothing": b'{"documents": [{"text": "x", "metadata": {"a": null}}]}',
    "a yes or no as metadata": b'{"documents": [{"text": "x", "metadata": {"a": true}}]}',
    "an empty collection": b'{"documents": [{"text": "x", "collection": ""}]}',
    "too many": b'{"documents": [' + b",".join([b'{"text": "x"}'] * 1_001) + b"]}",
    "a lone surrogate": b'{"documents": [{"text": "\\ud800"}]}',
    "no UTF-8": b'{"documents": [{"text": "\xff"}]}',
    "a deep body": DEEP.encode(),
    "a huge number": b'{"documents": [{"text": "x", "metadata": {"a": 1e999}}]}',
}


@pytest.mark.parametrize("body", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_documents_that_cannot_be_taken_in(filled: TestClient, body: bytes) -> None:
    assert_problem(filled.post("/v1/documents", content=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "document_id", ["été", "ملف", "😀", "a.b-c_d~e", "a&b=c", "a+b", "100%", "a;b", "a\\b", "...", "text"]
)
def test_an_id_that_is_accepted_can_be_read_and_deleted(
    filled: TestClient, finished: Callable, document_id: str
) -> None:
    job = finished(filled, filled.post("/v1/documents", json={"documents": [{"id": document_id, "text": TEXT}]}))
    assert job["files"][0]["document_id"] == document_id
    url = f"/v1/documents/{quote(document_id, safe='')}"
    assert filled.get(url).json()["id"] == document_id
    assert filled.get(f"{url}/text").text == TEXT
    assert filled.get(f"/documents/{quote(document_id, safe='')}").status_code == 200
    assert filled.delete(url).status_code == 200
    assert_problem(filled.get(url), 404)


BAD_FORMS: dict[str, dict[str, Any]] = {
    "no file": {"data": {"collection": "x"}},
    "a file in another field": {"files": [("file", ("a.txt", b"x"))]},
    "a text for a file": {"files": [("x", ("y", b"z"))], "data": {"files": "text"}},
    "metadata that is no JSON": {"files": [("files", ("a.txt", b"x"))], "data": {"metadata": "{"}},
    "metadata that is a list": {"files": [("files", ("a.txt", b"x"))], "data": {"metadata": "[1]"}},
    "metadata that is a file": {"files": [("files", ("a.txt", b"x")), ("metadata", ("m.json", b"{}"))]},
    "a collection that is a file": {"files": [("files", ("a.txt", b"x")), ("collection", ("c", b"c"))]},
    "a long collection": {"files": [("files", ("a.txt", b"x"))], "data": {"collection": "x" * 101}},
    "no boundary": {"content": b"--x\r\n\r\n", "headers": {"Content-Type": "multipart/form-data"}},
    "a torn body": {
        "content": b"--x\r\nContent-Disposition: form-data; name=",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
    "a body of another kind": {"content": b"<a/>", "headers": {"Content-Type": "text/xml"}},
    "no body": {},
}


@pytest.mark.parametrize("request_parts", BAD_FORMS.values(), ids=BAD_FORMS)
def test_an_upload_that_cannot_be_taken(filled: TestClient, request_parts: dict[str, Any]) -> None:
    assert_problem(filled.post("/v1/documents", **request_parts), 400, 415)


def encrypted_pdf() -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, encrypt=StandardEncryption("user secret", "owner secret", canPrint=0))
    page.drawString(72, 720, TEXT)
    page.save()
    return buffer.getvalue()


BAD_FILES = {
    "zero.txt": (b"", ["zero.txt", "empty"]),
    "locked.pdf": (encrypted_pdf(), ["locked.pdf", "password"]),
    "binary.txt": (bytes(range(256)) * 64, ["binary.txt"]),
    "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(5_000), ["picture.txt"]),
    "torn.pdf": (b"%PDF-1.7\n1 0 obj", ["torn.pdf"]),
    "torn.docx": (b"PK\x03\x04" + bytes(100), ["torn.docx"]),
    "blank.txt": (b" \n\n ", ["blank.txt"]),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_fails_says_why_and_the_others_go_on(client: TestClient, upload: Callable, name: str) -> None:
    data, said = BAD_FILES[name]
    job = upload((name, data), ("good.txt", TEXT.encode()))
    assert (job["state"], job["done"], job["total"]) == ("done", 2, 2)
    bad, good = job["files"]
    assert (bad["name"], bad["state"]) == (name, "failed")
    assert all(part in bad["reason"] for part in said)
    assert (good["name"], good["state"]) == ("good.txt", "added")
    reply = client.post("/v1/search", json={"question": "emplois directs"}).json()
    assert reply["passages"][0]["text"] == TEXT
    assert [d["id"] for d in client.get("/v1/documents").json()["documents"]] == [good["document_id"]]


def test_an_upload_over_the_limit_is_refused(make_client: Callable) -> None:
    client = make_client(upload_limit=10_000)
    detail = assert_problem(client.post("/v1/documents", files=[("files", ("a.txt", b"x" * 20_000))]), 413)
    assert "10,000" in detail or "less" in detail
    assert_problem(client.post("/v1/documents", json={"documents": [{"text": "x" * 20_000}]}), 413)
    chunks = (b"x" * 1_000 for _ in range(30))  # no Content-Length: the limit is found on the way
    assert_problem(client.post("/v1/documents", content=chunks, headers=JSON), 413)
    assert client.post("/v1/documents", files=[("files", ("a.txt", b"x" * 2_000))]).status_code == 202


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=", "limit=99999999999999999999"]
)
def test_a_list_that_cannot_be_given(filled: TestClient, query: str) -> None:
    assert "limit" in assert_problem(filled.get(f"/v1/documents?{query}"), 400)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"citations": 1}', b'{"citations": [{}]}', b'{"citations": [{"document_id": 1}]}', DEEP.encode()],
    ids=["no citations", "a list", "a number", "an empty one", "a wrong type", "deep"],
)
def test_citations_that_are_none(filled: TestClient, body: bytes) -> None:
    assert_problem(filled.post("/v1/verify", content=body, headers=JSON), 400)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"question": "x", "reply": {}, "helpful": true}', DEEP.encode()],
    ids=["empty", "no reply", "deep"],
)
def test_feedback_that_is_none(filled: TestClient, body: bytes) -> None:
    assert_problem(filled.post("/v1/feedback", content=body, headers=JSON), 400)


def test_a_defect_of_ours_is_told_in_brief_and_logged_whole(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /etc/shadow")

    monkeypatch.setattr("qa.engine.Engine.answer", broken)
    client.app.debug = False
    response = client.post("/v1/answers", json={"question": "emplois ?"})
    detail = assert_problem(response, 500)
    assert "secret" not in response.text
    assert "log" in detail


def test_a_library_embedded_anew_under_the_server_is_an_outage_in_words(
    client: TestClient, put: Callable, tmp_path: Path, other_embedder
) -> None:
    """The server's vectors and the library's would not fit: it finds and writes nothing, and says why."""
    put({"id": "a", "text": "Le projet permettra la création de 2 500 emplois directs."})
    publisher = Publisher(tmp_path)
    assert len(list(renew(publisher, Cutter(other_embedder)))) == 1
    number = publisher.generation.manifest.number
    publisher.store.close()
    question = {"question": "Combien d'emplois directs ?"}
    for response in (
        client.post("/v1/answers", json=question),
        client.post("/v1/search", json=question),
        client.delete("/v1/documents/a"),
        client.get("/health/ready"),
    ):
        detail = assert_problem(response, 503)
        assert "embedded anew since this program started, by the embedder other-words: start" in detail
    assert client.get("/v1/documents/a").status_code == 200
    job = put({"id": "b", "text": "Un texte de plus."})
    assert job["state"] == "failed"
    assert "embedded anew" in job["error"]
    renewed = Library(tmp_path, other_embedder)
    assert renewed.generation.manifest.number == number
    assert [p.document.id for p in renewed.search("emplois directs")] == ["a"]
    renewed.close()


def test_an_outage_is_no_empty_answer(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "current").write_text("torn")
    detail = assert_problem(client.post("/v1/answers", json={"question": "Combien d'emplois ?"}), 503)
    assert "extrait rebuild" in detail
