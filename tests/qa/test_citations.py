"""qa.citations: a quote is a slice, and a tampered one is told."""

from hashlib import sha256
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from index.documents import Document, Page, Place, revision_of
from index.text import canonical
from qa.citations import CONTEXT, Citation, cite, verify

TEXTS = st.text(alphabet=st.sampled_from("aé😀e\u0301 شجرة\u00a0\n\u200d👩👧.«»\r"), min_size=1, max_size=200).map(
    canonical
)


@given(TEXTS, st.integers(0, 200), st.integers(1, 200), st.lists(st.integers(0, 200), max_size=4))
def test_a_citation_slices_exactly(text: str, start: int, length: int, breaks: list[int]) -> None:
    assume(start < len(text))
    end = min(start + length, len(text))
    pages = tuple(Page(n + 1, left, left) for n, left in enumerate(sorted({0, *breaks})))
    document = Document("d/é", "T", text, pages=pages)
    place = Place("x", "X", 0, 1, 1.0)
    citation = cite(document, start, end, [place])
    assert citation.quote == text[start:end]
    assert citation.sha256 == sha256(text[start:end].encode()).hexdigest()
    assert citation.revision == revision_of(text)
    assert citation.prefix + citation.quote + citation.suffix == text[max(0, start - CONTEXT) : end + CONTEXT]
    assert citation.also_in == (place,)
    assert citation.page == max(page.number for page in pages if page.start <= start)
    assert verify(citation, document).valid
    assert msgspec.json.decode(msgspec.json.encode(citation), type=Citation) == citation


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 99), (4, 5)])
def test_what_is_no_range_is_not_cut(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        cite(Document("d", "D", "text"), start, end)


@given(TEXTS, st.data())
def test_a_tampered_citation_is_told(text: str, data: st.DataObject) -> None:
    assume(len(text) > 1)
    start = data.draw(st.integers(0, len(text) - 2))
    document = Document("d", "D", text)
    citation = cite(document, start, len(text) - 1)
    changed = {
        "quote": citation.quote + "x",
        "sha256": citation.sha256[::-1] if citation.sha256 != citation.sha256[::-1] else "",
        "end": len(text) + 1,
        "start": len(text),
    }
    for name, value in changed.items():
        verdict = verify(msgspec.structs.replace(citation, **{name: value}), document)
        assert not verdict.valid
        assert verdict.differences
    other = Document("d", "D", "\n".join(reversed(text)) + "~")
    assert not verify(citation, other).valid or other.text[start : len(text) - 1] == citation.quote
    assert not verify(citation, None).valid


def test_no_path_of_the_server_is_in_a_citation() -> None:
    text = "une phrase"
    document = Document("d", "D", text, uri="/srv/secret/guide/a.txt", where="guide/a.txt")
    citation = cite(document, 0, 3)
    assert citation.uri == "guide/a.txt"
    assert b"secret" not in msgspec.json.encode(citation)
    assert verify(citation, document).valid
    of_before = msgspec.structs.replace(citation, uri=document.uri)
    assert verify(of_before, document).valid
    assert not verify(msgspec.structs.replace(citation, uri="guide/b.txt"), document).valid


def test_every_difference_is_told() -> None:
    citation = cite(Document("d", "D", "une phrase"), 0, 3)
    verdict = verify(msgspec.structs.replace(citation, sha256="0", quote="un"), Document("d", "D", "une phrase"))
    assert len(verdict.differences) == 2
    assert "'une'" in verdict.differences[1]


LONG = "Un deux trois quatre cinq six sept huit neuf dix onze douze treize."


@pytest.mark.parametrize(
    ("uri", "media_type", "quote", "expected"),
    [
        (
            "https://x.org/a",
            "text/html",
            "Le mot, l'idée - oui",
            "https://x.org/a#:~:text=Le%20mot%2C%20l%27id%C3%A9e%20%2D%20oui",
        ),
        ("https://x.org/a#part", "text/html", "Le  mot\nfin", "https://x.org/a#:~:text=Le%20mot%20fin"),
        (
            "https://x.org/a",
            "text/html",
            LONG,
            "https://x.org/a#:~:text=Un%20deux%20trois%20quatre%20cinq,neuf%20dix%20onze%20douze%20treize.",
        ),
        ("https://x.org/a.pdf", "application/pdf", "mot", "https://x.org/a.pdf#page=3"),
        ("http://x.org/a.pdf?b=c#d", "application/pdf", "mot", "http://x.org/a.pdf?b=c#page=3"),
        ("https://x.org/a.txt", "text/plain", "mot", "/documents/d%2F%C3%A9%20%3F#2-5"),
        ("dossier/a.pdf", "application/pdf", "mot", "/documents/d%2F%C3%A9%20%3F#2-5"),
        ("javascript:alert(1)//https://", "text/html", "mot", "/documents/d%2F%C3%A9%20%3F#2-5"),
        ("", "text/html", "mot", "/documents/d%2F%C3%A9%20%3F#2-5"),
    ],
    ids=[
        "html",
        "html with a fragment",
        "html long",
        "pdf",
        "pdf with a query",
        "text",
        "local pdf",
        "javascript",
        "no place",
    ],
)
def test_links(uri: str, media_type: str, quote: str, expected: str) -> None:
    document = Document("d/é ?", "D", f"a {quote} z", uri, media_type, pages=(Page(3, 0, 99),))
    assert cite(document, 2, 2 + len(quote)).link == expected


@given(st.text(min_size=1, max_size=40).map(canonical))
def test_a_link_is_ascii_and_leads_back_to_the_document(name: str) -> None:
    assume(name)
    link = cite(Document(name, "D", "abc"), 0, 1).link
    assert link.isascii()
    assert not set(link) & set(" \n<>\"'")
    assert unquote(link).startswith(f"/documents/{name}#")
