"""Citations: exact quotes with their place. The one place where a quote is made, and it is made by cutting.

Laws: `quote == text[start:end]` of the document's revision, and `sha256` is that of the quote in UTF-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import quote as percent_encoded

from msgspec import Struct

from index.documents import Document, Place, page_at

CONTEXT = 60  # characters of the text kept on either side, so that a citation can be found again in another copy
UNCHECKED = ("also_in", "also_in_total")


class Citation(Struct, frozen=True):
    """A quote, where it stands, and other places that say the same. Offsets are code points into the revision.

    `also_in` lists the first of those places; `also_in_total` is how many there are.
    """

    document_id: str
    revision: str
    title: str
    uri: str
    page: int
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str
    sha256: str
    language: str = ""
    also_in: tuple[Place, ...] = ()
    link: str = ""
    also_in_total: int = 0


class Cited(Struct, frozen=True):
    """What a reply cites, whichever of the two it is."""

    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    alternatives: tuple[Cited, ...] = ()

    def all(self) -> list[Citation]:
        """Every citation, in the order of the reply."""
        return [*self.citations, *(one for other in self.alternatives for one in other.all()), *self.closest]


class Verdict(Struct, frozen=True):
    """Whether a citation holds; if not, `differences` says in sentences what does not.

    `not_checked` names what the citation says beside that and is not vouched for: other documents may change meanwhile.
    """

    valid: bool
    differences: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()


def cite(document: Document, start: int, end: int, places: Sequence[Place] = (), total: int = 0) -> Citation:
    """Cuts the quote. `start` and `end` lie inside the text; `places` are the first of a `total` that say the same."""
    if not 0 <= start < end <= len(document.text):
        raise ValueError(f"[{start}:{end}] is no range of a text of {len(document.text)} characters")
    quote = document.text[start:end]
    page = page_at(document.pages, start)
    return Citation(
        document_id=document.id,
        revision=document.revision,
        title=document.title,
        uri=document.shown_uri,
        page=page,
        start=start,
        end=end,
        quote=quote,
        prefix=document.text[max(0, start - CONTEXT) : start],
        suffix=document.text[end : end + CONTEXT],
        sha256=sha256(quote.encode()).hexdigest(),
        language=document.language,
        also_in=tuple(places),
        link=link_to(document, quote, start, end, page),
        also_in_total=max(total, len(places)),
    )


def link_to(document: Document, quote: str, start: int, end: int, page: int) -> str:
    """Into the original where a browser can follow it there, otherwise into our viewer."""
    on_the_web = document.uri.startswith(("https://", "http://"))
    if on_the_web and document.media_type == "text/html":
        return f"{document.uri.partition('#')[0]}#:~:text={text_fragment(quote)}"
    if on_the_web and document.media_type == "application/pdf" and page:
        return f"{document.uri.partition('#')[0]}#page={page}"
    return f"/documents/{percent_encoded(document.id, safe='')}#{start}-{end}"


def text_fragment(quote: str) -> str:
    """The quote as a text directive; a long one by its first and last words, so that the link stays short."""
    words = quote.split()
    parts = [" ".join(words)] if len(words) <= 12 else [" ".join(words[:5]), " ".join(words[-5:])]
    return ",".join(percent_encoded(part, safe="").replace("-", "%2D") for part in parts)


def verify(citation: Citation, document: Document | None) -> Verdict:
    """Cuts the quote again from the revision that the citation names, and compares; None when there is no such text.

    Where a citation came from is compared with what the document says of itself now: a title may change and the text
    stay. An older citation may have no `language` and no `link`.
    """
    differences = []
    if sha256(citation.quote.encode()).hexdigest() != citation.sha256:
        differences.append("The SHA-256 is not that of the quote.")
    if document is None:
        differences.append(
            f"There is no document {citation.document_id!r} at revision {citation.revision!r}; "
            "it may have been deleted since."
        )
    elif not 0 <= citation.start < citation.end <= len(document.text):
        differences.append(
            f"[{citation.start}:{citation.end}] is no range of a text of {len(document.text)} characters."
        )
    else:
        found = cite(document, citation.start, citation.end)
        differences += [
            f"At [{citation.start}:{citation.end}] the {name} is {str(getattr(found, name))[:200]!r}, "
            f"not {str(getattr(citation, name))[:200]!r}."
            for name in ("revision", "quote", "prefix", "suffix", "page")
            if getattr(found, name) != getattr(citation, name)
        ]
        differences += [
            f"The document's {name} is {getattr(found, name)[:200]!r}, not {getattr(citation, name)[:200]!r}."
            for name, known in (
                ("title", {found.title}),
                ("uri", {found.uri, document.uri}),  # the latter in a citation of before
                ("language", {found.language, ""}),
                ("link", {found.link, ""}),
            )
            if getattr(citation, name) not in known
        ]
    return Verdict(not differences, tuple(differences), tuple(name for name in UNCHECKED if getattr(citation, name)))
