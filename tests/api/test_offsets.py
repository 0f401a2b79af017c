"""The table of offsets that the browser tests share: Python cuts the same words out of the same text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from index.text import canonical

CASES = json.loads((Path(__file__).parents[1] / "browser" / "offsets.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def filled(shared_client: TestClient, finished: Callable[..., dict[str, Any]]) -> TestClient:
    documents = [{"id": case["id"], "text": case["text"]} for case in CASES]
    finished(shared_client, shared_client.post("/v1/documents", json={"documents": documents}))
    return shared_client


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_offsets_are_code_points_of_the_canonical_text(filled: TestClient, case: dict[str, Any]) -> None:
    text = filled.get(f"/v1/documents/{case['id']}/text").text
    assert text == canonical(case["text"])
    assert text[case["start"] : case["end"]] == case["words"]
