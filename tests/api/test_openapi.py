"""The OpenAPI document, held as a golden file. `UPDATE_GOLDENS=1 pytest tests/api/test_openapi.py` writes it anew."""

import json
import os
import re
from pathlib import Path

import pytest
from litestar.testing import TestClient

GOLDEN = Path(__file__).with_name("openapi.json")
CONTRACT = [
    ("post", "/v1/answers", 200),
    ("post", "/v1/search", 200),
    ("post", "/v1/documents", 202),
    ("get", "/v1/jobs/{job_id}", 200),
    ("get", "/v1/jobs/{job_id}/events", 200),
    ("get", "/v1/documents", 200),
    ("get", "/v1/documents/{document_id}", 200),
    ("get", "/v1/documents/{document_id}/text", 200),
    ("delete", "/v1/documents/{document_id}", 200),
    ("post", "/v1/verify", 200),
    ("post", "/v1/feedback", 201),
    ("post", "/v1/widget-tokens", 201),
    ("get", "/health/live", 200),
    ("get", "/health/ready", 200),
]


@pytest.fixture(scope="module")
def document(shared_client: TestClient) -> dict:
    response = shared_client.get("/openapi.json")
    assert response.status_code == 200
    assert "json" in response.headers["content-type"]
    return response.json()


def test_it_is_the_golden_one(document: dict) -> None:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text, "run UPDATE_GOLDENS=1 pytest tests/api/test_openapi.py, and look"


@pytest.mark.parametrize(("method", "path", "status"), CONTRACT)
def test_every_call_of_the_contract_is_there(document: dict, method: str, path: str, status: int) -> None:
    operation = document["paths"][path][method]
    assert str(status) in operation["responses"]
    assert operation["summary"]


@pytest.mark.parametrize("path", ["/", "/docs", "/metrics", "/openapi.json"])
def test_the_other_calls_of_the_contract_are_there(shared_client: TestClient, path: str) -> None:
    assert shared_client.get(path).status_code == 200


def test_every_error_is_a_problem(document: dict) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_the_two_replies_are_told_apart_by_their_type(document: dict) -> None:
    schemas = document["components"]["schemas"]
    assert {"Answer", "NoAnswer", "Citation"} <= set(schemas)
    assert "answer" in json.dumps(schemas["Answer"]["properties"]["type"])
    assert "no_answer" in json.dumps(schemas["NoAnswer"]["properties"]["type"])


def test_every_reference_leads_somewhere(document: dict) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
