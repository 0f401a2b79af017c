"""Reads gold from files: our JSONL, SQuAD 1.1 and 2.0, BEIR folders, chunk highlights. Any file may be `.xz`.

Texts become canonical, as they do when a document is taken in, and the offsets of spans are carried over. What does
not fit is a GoldError with the file and the line (or the question's id, where a file is one long line), never a
question skipped.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from eval.gold import Gold, GoldError, GoldSet, GoldSpan, gather
from index.documents import Document
from index.text import canonical

T = TypeVar("T")
LANGUAGE_IN_NAME = re.compile(r"_(ar|de|el|en|es|fr|hi|it|ro|ru|th|tr|vi|zh)(?=_|$)")


class SquadAnswer(Struct):
    """Offsets count code points of the context as it stands in the file."""

    text: str
    answer_start: int


class SquadQuestion(Struct):
    """`is_impossible` is SQuAD 2.0's; some sets number their questions."""

    id: str | int
    question: str
    answers: list[SquadAnswer] = []
    is_impossible: bool = False


class SquadParagraph(Struct):
    """A context and the questions on it."""

    context: str
    qas: list[SquadQuestion]


class SquadArticle(Struct):
    """An article: paragraphs under a title."""

    paragraphs: list[SquadParagraph]
    title: str = ""


class Squad(Struct):
    """The whole file."""

    data: list[SquadArticle]


class BeirText(Struct):
    """A line of corpus.jsonl or queries.jsonl."""

    id: str = msgspec.field(name="_id")
    text: str
    title: str = ""


class Highlight(Struct):
    """A highlighted range of a corpus."""

    content: str
    start_index: int
    end_index: int


class HighlightedQuestion(Struct):
    """A line of questions.jsonl; `corpus` names a `.md` file beside it."""

    question: str
    corpus: str
    references: list[Highlight]


def name_of(path: Path) -> str:
    """The name of the set in a file or folder: "piaf_fr" for piaf_fr.json.xz."""
    return path.name.split(".")[0]


def language_of(name: str) -> str:
    """The language that a set's name tells ("xquad_ar": ar), or English."""
    found = LANGUAGE_IN_NAME.search(name)
    return found.group(1) if found else "en"


def read_bytes(path: Path) -> bytes:
    """The content, unpacked. Raises GoldError when there is none to read."""
    try:
        data = path.read_bytes()
        return lzma.decompress(data) if path.suffix == ".xz" else data
    except (OSError, lzma.LZMAError) as error:
        raise GoldError(f"{path}: cannot be read ({error}); check the path and the file.") from error


def read_lines(path: Path, line_type: type[T]) -> Iterator[tuple[str, T]]:
    """Each line that is not blank, decoded, with its place ("file:line")."""
    decoder = msgspec.json.Decoder(line_type)
    for number, line in enumerate(read_bytes(path).split(b"\n"), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise GoldError(f"{path}:{number}: {error}; correct the line.") from error


def read_jsonl(path: Path, documents: Iterable[Document]) -> GoldSet:
    """Our own format: a Gold as JSON on each line, on documents loaded elsewhere."""
    return gather(name_of(path), documents, read_lines(path, Gold))


def read_folder(folder: Path, load: Callable[[Path], Document]) -> list[Document]:
    """The files of a folder as documents, by name; notes on where they come from (README, PROVENANCE) are none."""
    if not folder.is_dir():
        raise GoldError(f"{folder}: no such folder; give the one that holds the documents.")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return [load(path) for path in files if name_of(path).upper() not in {"README", "PROVENANCE", "LICENSE"}]


def read_squad(path: Path) -> GoldSet:
    """Each distinct context is a document, "name-0001" in the order of the file."""
    try:
        squad = msgspec.json.decode(read_bytes(path), type=Squad)
    except msgspec.DecodeError as error:
        raise GoldError(f"{path}: {error}; this is no SQuAD file.") from error
    name = name_of(path)
    language = language_of(name)
    documents: dict[str, Document] = {}
    questions: list[tuple[str, Gold]] = []
    for article in squad.data:
        for paragraph in article.paragraphs:
            context = paragraph.context
            fresh = Document(f"{name}-{len(documents) + 1:04d}", article.title, canonical(context), language=language)
            document = documents.setdefault(context, fresh)
            for question in paragraph.qas:
                spans = [carried(context, document, answer) for answer in question.answers]
                gold = Gold(
                    str(question.id),
                    question.question,
                    language,
                    tuple(dict.fromkeys(spans)),
                    answerable=not question.is_impossible,
                )
                questions.append((str(path), gold))
    return gather(name, documents.values(), questions)


def carried(context: str, document: Document, answer: SquadAnswer) -> GoldSpan:
    """The answer's place in the canonical text: what stands before it, made canonical, is as long as its start.

    An offset that was wrong stays wrong, for `gather` to refuse.
    """
    start, end = answer.answer_start, answer.answer_start + len(answer.text)
    if document.text == context:
        return GoldSpan(document.id, start, end, answer.text)
    text = canonical(answer.text) if context[start:end] == answer.text else answer.text
    start = len(canonical(context[:start]))
    return GoldSpan(document.id, start, start + len(text), text)


def read_beir(folder: Path) -> GoldSet:
    """corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv). Questions without a judgement are left out."""
    corpus, queries = one_of(folder, "corpus.jsonl"), one_of(folder, "queries.jsonl")
    name = folder.name
    language = language_of(name)
    documents = [
        Document(text.id, text.title, canonical(f"{text.title}\n\n{text.text}".strip()), language=language)
        for _, text in read_lines(corpus, BeirText)
    ]
    asked = {text.id: (place, Gold(text.id, text.text, language)) for place, text in read_lines(queries, BeirText)}
    relevant = read_qrels(one_of(folder, "qrels.tsv", "qrels/test.tsv"), {item.id for item in documents}, set(asked))
    return gather(name, documents, (asked[id_] for id_ in asked if id_ in relevant), relevant)


def one_of(folder: Path, *names: str) -> Path:
    """The first of these files that is there, packed or not."""
    for name in names:
        for path in (folder / name, folder / f"{name}.xz"):
            if path.is_file():
                return path
    raise GoldError(f"{folder}: no {' or '.join(names)}; a BEIR folder has corpus.jsonl, queries.jsonl and qrels.")


def read_qrels(path: Path, documents: set[str], questions: set[str]) -> Mapping[str, Mapping[str, int]]:
    """Question, document, grade by tabs, with a header; grades of 0 and less are dropped."""
    relevant: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_bytes(path).decode().splitlines(), start=1):
        cells = line.split("\t")
        if number == 1 and cells[-1].strip() == "score":
            continue
        try:
            question, document, grade = cells[0], cells[1], int(cells[2])
        except (IndexError, ValueError) as error:
            raise GoldError(f"{path}:{number}: want question, document, grade by tabs; correct the line.") from error
        if document not in documents:
            raise GoldError(f"{path}:{number}: no document {document!r} in the corpus; correct the id.")
        if question not in questions:
            raise GoldError(f"{path}:{number}: no question {question!r} in the queries; correct the id.")
        if grade > 0:
            relevant.setdefault(question, {})[document] = grade
    return relevant


def read_highlights(folder: Path) -> GoldSet:
    """Chroma's chunking sets: questions.jsonl, and each corpus as a `.md` beside it. A question's id is its line."""
    documents = [
        Document(path.stem, path.stem, canonical(read_bytes(path).decode()), media_type="text/markdown", language="en")
        for path in sorted(folder.glob("*.md"))
    ]
    questions = []
    for place, item in read_lines(folder / "questions.jsonl", HighlightedQuestion):
        spans = tuple(GoldSpan(item.corpus, one.start_index, one.end_index, one.content) for one in item.references)
        line = place.rpartition(":")[2]
        questions.append(
            (place, Gold(f"line-{line}", item.question, "en", spans, kind="highlight", tags=(item.corpus,)))
        )
    return gather(folder.name, documents, questions)
