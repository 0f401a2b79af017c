"""The pages: served with strict headers, complete without another host."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from litestar.testing import TestClient

BUILT = "extrait.js"  # the widget holds Lit, which makes templates out of its own constants; see test_widget.py
STATIC = Path(__file__).parents[2] / "api" / "static"
OURS = sorted(path for path in STATIC.rglob("*") if path.suffix in {".html", ".js", ".css", ".svg"})
TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."


@pytest.fixture(scope="module")
def filled(shared_client: TestClient, finished: Callable) -> TestClient:
    finished(shared_client, shared_client.post("/v1/documents", json={"documents": [{"id": "été", "text": TEXT}]}))
    return shared_client


@pytest.mark.parametrize("path", ["/", "/docs", "/documents/été"])
def test_a_page_is_html_with_headers_that_keep_others_out(filled: TestClient, path: str) -> None:
    response = filled.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed["default-src"] == allowed["base-uri"] == "'none'"
    assert allowed["script-src"] == allowed["connect-src"] == "'self'"
    assert allowed["style-src"] == ("'self' 'unsafe-inline'" if path == "/docs" else "'self'")
    assert path == "/docs" or allowed["trusted-types"] == "lit-html"
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/docs", "/documents/été"])
def test_everything_that_a_page_asks_for_is_there(filled: TestClient, path: str) -> None:
    html = filled.get(path).text
    asked = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", html)
    waiting = [urljoin(path, one) for one in asked if not one.startswith(("#", "data:"))]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop().split("#")[0]
        if one in seen:
            continue
        seen.add(one)
        response = filled.get(one)
        assert response.status_code == 200, one
        if one.endswith((".js", ".css")) and "swagger-ui" not in one:
            kind = "javascript" if one.endswith(".js") else "css"
            assert kind in response.headers["content-type"]
            more = re.findall(r"""(?:from|import)\s*\(?["']([^"']+)["']|url\(["']?([^"')]+)""", response.text)
            waiting += [urljoin(one, a or b) for a, b in more if not (a or b).startswith("data:")]
    assert path != "/docs" or any("swagger-ui" in one for one in seen)


def test_an_unknown_document_has_no_viewer(filled: TestClient) -> None:
    assert filled.get("/documents/ghost").status_code == 404


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_name_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"""(?:https?:)?//[\w-]+\.[\w.-]+[^\s"'<>)]*""", re.sub(r"(?m)(^|\s)//\s.*$", "", text))
    assert [url for url in named if "www.w3.org" not in url] == []


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".html"], ids=lambda path: path.name)
def test_our_pages_hold_no_script_or_style_of_their_own(path: Path) -> None:
    """The policy forbids it, so that it would not run."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert re.search(r"<html[^>]*\blang=", text)


@pytest.mark.parametrize(
    "path", [path for path in OURS if path.suffix == ".js" and path.name != BUILT], ids=lambda path: path.name
)
def test_our_scripts_make_no_html_out_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
