"""Gold: the right spans for a question, keyed to document and offsets. Knows nothing of files or of systems.

Because a gold span is a place in a document and not a chunk, it survives every change of the chunker. Laws, which
`gather` holds for whatever a reader brings: ids are unique; every span names a document of the set and its `text` is
`document.text[start:end]`; an answerable question has a span (or relevant documents), an unanswerable one has none; a
set has questions and documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from index.documents import Document
from index.errors import ExtraitError


class GoldError(ExtraitError):
    """Gold that cannot be used; the message begins with the file and the line or question, and ends with the remedy."""


class GoldSpan(Struct, frozen=True):
    """A right answer: `text == document.text[start:end]`."""

    document: str
    start: int
    end: int
    text: str


class Gold(Struct, frozen=True):
    """A question and its right answers, any of which will do. `kind` and `tags` are for grouping the figures."""

    id: str
    question: str
    language: str = "en"
    answers: tuple[GoldSpan, ...] = ()
    answerable: bool = True
    kind: str = ""
    tags: tuple[str, ...] = ()

    def groups(self) -> tuple[str, ...]:
        """What it is counted under: kind, tags, and each tag within its language and, there, within its document."""
        tags = [*self.tags, *(f"{self.language} {tag}" for tag in self.tags)]
        documents = dict.fromkeys(span.document for span in self.answers)
        tags += [f"{self.language} {tag} {document}" for tag in self.tags for document in documents]
        return tuple(dict.fromkeys(name for name in (self.kind, *tags) if name))


class GoldSet(Struct, frozen=True):
    """Documents and the questions on them. `relevant` (question, document, grade) is for sets that judge documents."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[Gold, ...]
    relevant: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """The text of each document, by its id."""
        return {document.id: document.text for document in self.documents}


def gather(
    name: str,
    documents: Iterable[Document],
    questions: Iterable[tuple[str, Gold]],
    relevant: Mapping[str, Mapping[str, int]] | None = None,
) -> GoldSet:
    """The set, checked. `questions` come with the place they were read from ("file:line"). Raises GoldError."""
    texts: dict[str, str] = {}
    kept: list[Document] = []
    for document in documents:
        if document.id in texts:
            raise GoldError(f"{name}: two documents have the id {document.id!r}; give each its own.")
        texts[document.id] = document.text
        kept.append(document)
    if not kept:
        raise GoldError(f"{name}: no documents; point the set to the folder or file that holds them.")
    places: dict[str, str] = {}
    golds: list[Gold] = []
    for place, gold in questions:
        if gold.id in places:
            raise GoldError(f"{place}: the id {gold.id!r} was used at {places[gold.id]}; give each question its own.")
        places[gold.id] = place
        check_question(gold, texts, place, judged=bool(relevant))
        golds.append(gold)
    if not golds:
        raise GoldError(f"{name}: no questions; add at least one line.")
    return GoldSet(name, tuple(kept), tuple(golds), relevant or {})


def check_question(gold: Gold, texts: Mapping[str, str], place: str, *, judged: bool) -> None:
    """Raises GoldError where the question breaks a law of this module."""
    if not gold.question.strip():
        raise GoldError(f"{place}: question {gold.id!r} is empty; write it or delete the line.")
    if gold.answerable and not gold.answers and not judged:
        raise GoldError(f"{place}: question {gold.id!r} has no answers; add one, or set answerable to false.")
    if gold.answers and not gold.answerable:
        raise GoldError(f"{place}: question {gold.id!r} is not answerable and has answers; delete one or the other.")
    for span in gold.answers:
        check_span(span, texts, f"{place}: question {gold.id!r}")


def check_span(span: GoldSpan, texts: Mapping[str, str], place: str) -> None:
    """Raises GoldError unless the span's text stands at its offsets; says where it stands when that is elsewhere."""
    if span.document not in texts:
        known = ", ".join(sorted(texts)[:5])
        raise GoldError(f"{place}: no document {span.document!r} in this set (it has {known}, ...); correct the id.")
    text = texts[span.document]
    if not 0 <= span.start < span.end <= len(text):
        raise GoldError(
            f"{place}: [{span.start}, {span.end}) is no span of {span.document!r}, which has {len(text)} characters; "
            "correct start and end."
        )
    found = text[span.start : span.end]
    if found != span.text:
        elsewhere = text.find(span.text)
        remedy = f"it stands at {elsewhere}" if elsewhere >= 0 else "it stands nowhere in the document"
        raise GoldError(
            f"{place}: {span.document!r} has {found[:60]!r} at [{span.start}, {span.end}) and not {span.text[:60]!r}; "
            f"{remedy}: correct start, end or text."
        )
