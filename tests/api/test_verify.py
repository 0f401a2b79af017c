"""POST /v1/verify: a citation is valid, or it is said what differs."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from litestar.testing import TestClient

TEXT = "Prologue inutile. Le projet permettra la création de 2 500 emplois directs. Une fin sans importance."


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


@pytest.fixture(scope="module")
def citation(client: TestClient, finished: Callable) -> dict[str, Any]:
    texts = {"a": TEXT, "b": "Le projet permettra tout autre chose que cela, à vrai dire."}
    finished(client, client.post("/v1/documents", json={"documents": [{"id": i, "text": t} for i, t in texts.items()]}))
    reply = client.post("/v1/answers", json={"question": "Combien d'emplois directs ?", "min_confidence": 0}).json()
    found: dict[str, Any] = reply["citations"][0]
    return found


def check(client: TestClient, *citations: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post("/v1/verify", json={"citations": list(citations)})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_what_we_cited_is_valid(client: TestClient, citation: dict[str, Any]) -> None:
    assert check(client, citation) == [{"valid": True, "differences": []}]


TAMPERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "quote": lambda c: {"quote": c["quote"].replace("2 500", "9 500")},
    "quote and its hash": lambda c: {
        "quote": c["quote"].replace("2 500", "9 500"),
        "sha256": sha256(c["quote"].replace("2 500", "9 500").encode()).hexdigest(),
    },
    "quote by a space": lambda c: {"quote": c["quote"] + " "},
    "hash": lambda _: {"sha256": "0" * 64},
    "start": lambda c: {"start": c["start"] + 1},
    "end": lambda c: {"end": c["end"] - 1},
    "both ends": lambda c: {"start": c["start"] + 1, "end": c["end"] + 1},
    "range beyond the text": lambda _: {"start": 10_000, "end": 10_001},
    "negative range": lambda c: {"start": c["start"] - len(TEXT), "end": c["end"] - len(TEXT)},
    "empty range": lambda c: {"end": c["start"], "quote": "", "sha256": sha256(b"").hexdigest()},
    "document": lambda _: {"document_id": "b"},
    "unknown document": lambda _: {"document_id": "ghost"},
    "revision": lambda _: {"revision": "0" * 64},
    "no revision": lambda _: {"revision": ""},
    "prefix": lambda _: {"prefix": "Il est faux que "},
    "suffix": lambda _: {"suffix": " selon l'opposition."},
    "page": lambda _: {"page": 7},
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_told(client: TestClient, citation: dict[str, Any], kind: str) -> None:
    (verdict,) = check(client, citation | TAMPERED[kind](citation))
    assert not verdict["valid"]
    assert verdict["differences"]
    assert all(len(difference) > 15 for difference in verdict["differences"])


def test_a_range_that_is_no_number_of_ours_is_told(client: TestClient, citation: dict[str, Any]) -> None:
    (verdict,) = check(client, citation | {"start": 0, "end": 10**18})
    assert not verdict["valid"]


def test_each_citation_has_its_verdict_in_order(client: TestClient, citation: dict[str, Any]) -> None:
    results = check(client, citation, citation | {"sha256": "0"}, citation)
    assert [result["valid"] for result in results] == [True, False, True]


def test_no_citation_no_verdict(client: TestClient) -> None:
    assert check(client) == []


def test_an_old_revision_is_verified_against_itself(
    client: TestClient, put: Callable, citation: dict[str, Any]
) -> None:
    put({"id": "a", "text": "Tout autre chose."})
    assert check(client, citation)[0]["valid"]
