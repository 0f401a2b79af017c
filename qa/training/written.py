"""Reads the sets written for this project: documents with questions (`*.txt`), and broad questions (`*.evidence`).

A file of documents: each opens with `# title`, then comes its text, then its questions.

    ? question | answer        the answer is cut from the text; `| answer @ 2` is its second place there
    ?en question | answer      the same, asked in another language than that of the text
    ! question                 the text does not say (`!en`, `!ar` likewise)

A file of evidence: `@ file place` names a document, by the place in its file; then come its broad questions.

    + question | 2 3 7         these sentences help to answer; `numbered` numbers them, from 1 (`+en` likewise)
    - question                 none does

A fault is a ValueError that begins with file and line. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

QUESTION = re.compile(r"([?!+-])([a-z]{2})? (.+)")
PLACE = re.compile(r"(.+) @ (\d+)")
DOCUMENT = re.compile(r"@ (\S+) (\d+)\s*(?:#.*)?")
SENTENCE_END = re.compile(r"[.!?…؟]+[»\"”’)\]]*\s+(?=[«\"“(\[]*\s*[A-ZÀ-ÖØ-ÞŒ0-9\u0600-\u06ff])")
INITIAL = re.compile(r"\b[A-Z]\.$")
ABBREVIATED = re.compile(
    r"(?:M|Mme|Mlle|Dr|St|[aA]rt|p|cf|etc|No|n°|Mr|Mrs|Ms|e\.g|i\.e|vs|av|apr|env|[tT]él|bd|[LRD]|J\.-C|Inc|Ltd|Co|[fF]ig)\.$"
)


class Question(Struct, frozen=True):
    """A question to a document; `start == end` when its text does not say."""

    question: str
    language: str
    start: int
    end: int


class Written(Struct, frozen=True):
    """A document with its questions. `language` is that of its text; `key` is its file and its place there."""

    key: str
    title: str
    text: str
    language: str
    questions: tuple[Question, ...]


class Broad(Struct, frozen=True):
    """A broad question to a document, and the numbers of the sentences that help, from 1; none when none does."""

    document: Written
    question: str
    language: str
    sentences: tuple[int, ...]


def written_documents(data: Path) -> list[Written]:
    """All documents of `written/`, in the order of the files' names."""
    return [document for path in sorted((data / "written").glob("*.txt")) for document in read_written(path)]


def broad_questions(data: Path, documents: Sequence[Written]) -> list[Broad]:
    """All broad questions to these documents."""
    by_key = {document.key: document for document in documents}
    paths = sorted((data / "written").glob("*.evidence"))
    return [broad for path in paths for broad in read_evidence(path, by_key)]


def read_written(path: Path) -> list[Written]:
    """The documents of one file. Its name begins with the language of the texts."""
    language = path.stem.split("-")[0]
    titles: list[str] = []
    bodies: list[list[str]] = []
    asked: list[list[tuple[int, str]]] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("# "):
            titles.append(line[2:].strip())
            bodies.append([])
            asked.append([])
        elif titles and line[:1] in ("?", "!") and QUESTION.fullmatch(line):
            asked[-1].append((number, line))
        elif line.strip() and (not titles or asked[-1]):
            raise ValueError(f"{path}:{number}: text {'below a question' if titles else 'before the first title'}")
        elif titles and not asked[-1]:
            bodies[-1].append(line)
    found = []
    for place, (title, body, lines) in enumerate(zip(titles, bodies, asked, strict=True)):
        text = "\n".join(body).strip()
        questions = tuple(_question(f"{path}:{number}", line, text, language) for number, line in lines)
        found.append(Written(f"{path.stem} {place}", title, text, language, questions))
    return found


def _question(where: str, line: str, text: str, language: str) -> Question:
    kind, other, rest = _parts(line)
    if kind == "!":
        if " | " in rest:
            raise ValueError(f"{where}: an answer to a question that the text does not answer")
        return Question(rest.strip(), other or language, 0, 0)
    question, bar, answer = rest.rpartition(" | ")
    if not bar:
        raise ValueError(f"{where}: no ' | ' before the answer")
    placed = PLACE.fullmatch(answer)
    answer, place = (placed[1].strip(), int(placed[2])) if placed else (answer.strip(), 1)
    start = -1
    for _ in range(place):
        start = text.find(answer, start + 1)
        if start < 0:
            raise ValueError(f"{where}: not {place} times in the text: {answer!r}")
    return Question(question.strip(), other or language, start, start + len(answer))


def read_evidence(path: Path, documents: dict[str, Written]) -> Iterator[Broad]:
    """The broad questions of one file, to documents by their keys."""
    document: Written | None = None
    count = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        if named := DOCUMENT.fullmatch(line):
            document = documents.get(f"{named[1]} {named[2]}")
            if document is None:
                raise ValueError(f"{where}: there is no document {named[2]} in {named[1]}.txt")
            count = len(numbered(document.text))
        elif document is None:
            raise ValueError(f"{where}: a question before the first document")
        else:
            question, language, sentences = _broad(where, line, count)
            yield Broad(document, question, language or document.language, sentences)


def _broad(where: str, line: str, count: int) -> tuple[str, str, tuple[int, ...]]:
    kind, language, rest = _parts(line)
    if kind not in ("+", "-"):
        raise ValueError(f"{where}: neither a document (@) nor a question (+ or -)")
    if kind == "-":
        return rest.strip(), language, ()
    question, bar, numbers = rest.rpartition(" | ")
    if not bar or not re.fullmatch(r"\d+(?:[ ,]+\d+)*", numbers.strip()):
        raise ValueError(f"{where}: no ' | ' and numbers of sentences at its end")
    sentences = tuple(int(one) for one in re.findall(r"\d+", numbers))
    if not all(1 <= one <= count for one in sentences):
        raise ValueError(f"{where}: the document has the sentences 1 to {count}")
    return question.strip(), language, sentences


def _parts(line: str) -> tuple[str, str, str]:
    match = QUESTION.fullmatch(line)
    return (match[1], match[2] or "", match[3]) if match else ("", "", line)


def numbered(text: str) -> list[tuple[int, int]]:
    """The ranges of the sentences of a text, as evidence numbers them; never blank.

    The numbers were given by this rule; `index/sentences.py` divides one text in five differently.
    """
    found = []
    for line in re.finditer(r"[^\n]+", text):
        begin = line.start()
        for match in SENTENCE_END.finditer(line[0]):
            before = line[0][: match.end()].rstrip()
            if not ABBREVIATED.search(before) and not INITIAL.search(before):
                found.append((begin, line.start() + match.end()))
                begin = line.start() + match.end()
        found.append((begin, line.end()))
    stripped = (
        (start + len(text[start:end]) - len(text[start:end].lstrip()), start + len(text[start:end].rstrip()))
        for start, end in found
    )
    return [(start, end) for start, end in stripped if start < end]
