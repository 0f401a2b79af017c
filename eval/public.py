"""Reads the classic test collections (Cranfield, CISI, CACM) in the shapes they have had since the sixties.

Documents and queries come in SMART's format (`.I` number, then fields as `.T`, `.W`) or as TREC's XML; judgements as
"query document ..." by white space. A document is its title and its abstract; one with neither is left out, with the
judgements on it, because there is nothing to find. A query that is longer than a question may be (CISI has one of 2,038
characters) is cut between words.
"""

from __future__ import annotations

import re
from pathlib import Path

from eval.gold import Gold, GoldError, GoldSet, gather
from eval.readers import one_of, read_bytes
from index.documents import Document
from index.text import canonical
from qa.engine import MAX_QUESTION

Texts = dict[str, tuple[str, str]]  # number: title, text
SMART_FIELD = re.compile(r"^\.([A-Z])\s*$", re.MULTILINE)
XML_PART = r"<{0}>(.*?)</{0}>"
ASKABLE = re.compile(rf".{{1,{MAX_QUESTION}}}(?!\S)", re.DOTALL)


def read_cranfield(folder: Path) -> GoldSet:
    """Its judgements count the queries from 1 in the order of the file, not by their numbers; grade 0 is irrelevant."""
    documents = {
        part("docno", item): (part("title", item), part("text", item))
        for item in re.findall(XML_PART.format("doc"), read_text(folder, "cran.all.1400.xml"), re.DOTALL)
    }
    queries = re.findall(XML_PART.format("top"), read_text(folder, "cran.qry.xml"), re.DOTALL)
    asked = {str(number): part("title", query) for number, query in enumerate(queries, start=1)}
    return collection(folder, documents, asked, read_text(folder, "cranqrel.trec.txt"), document_at=2, grade_at=3)


def read_cisi(folder: Path) -> GoldSet:
    """1,460 abstracts of library science."""
    asked = {number: text for number, (_, text) in smart(read_text(folder, "CISI.QRY")).items()}
    return collection(folder, smart(read_text(folder, "CISI.ALL")), asked, read_text(folder, "CISI.REL"))


def read_cacm(folder: Path) -> GoldSet:
    """3,204 titles, half of them with an abstract, of computing before 1980. Judgements write "01" for query 1."""
    asked = {number: text for number, (_, text) in smart(read_text(folder, "query.text")).items()}
    return collection(folder, smart(read_text(folder, "cacm.all")), asked, read_text(folder, "qrels.text"))


def collection(
    folder: Path,
    texts: Texts,
    asked: dict[str, str],
    judgements: str,
    *,
    document_at: int = 1,
    grade_at: int | None = None,
) -> GoldSet:
    """The set; questions without a judgement are left out. `document_at` and `grade_at` are columns, from 0."""
    documents = [
        Document(number, title, canonical(f"{title}\n\n{text}".strip()), language="en")
        for number, (title, text) in texts.items()
        if title or text
    ]
    known = {document.id for document in documents}
    relevant: dict[str, dict[str, int]] = {}
    for number, line in enumerate(judgements.splitlines(), start=1):
        cells = line.split()
        if not cells or (grade_at is not None and cells[grade_at] == "0"):
            continue
        question, document = str(int(cells[0])), str(int(cells[document_at]))
        if question not in asked or document not in texts:
            raise GoldError(f"{folder}: judgement {number} ({line.strip()}) names an unknown query or document.")
        if document in known:
            relevant.setdefault(question, {})[document] = 1
    questions = [(f"{folder}: query {id_}", Gold(id_, askable(asked[id_]))) for id_ in asked if id_ in relevant]
    return gather(folder.name, documents, questions, relevant)


def askable(query: str) -> str:
    """The words that fit into a question, as the product counts them; a single word is cut anywhere."""
    query = canonical(query).strip()
    whole = ASKABLE.match(query)
    return whole.group().rstrip() if whole else query[:MAX_QUESTION]


def read_text(folder: Path, name: str) -> str:
    """A file of the folder, packed or not, with every stray byte kept as a character."""
    return read_bytes(one_of(folder, name)).decode("latin-1").replace("\r\n", "\n")


def part(name: str, text: str) -> str:
    """The words of an element; the collection escapes nothing, so it is no XML that a parser would take."""
    found = re.search(XML_PART.format(name), text, re.DOTALL)
    return found.group(1).strip() if found else ""


def smart(text: str) -> Texts:
    """Title (.T) and text (.W) by number (.I)."""
    texts: Texts = {}
    for record in re.split(r"^\.I\s+", text, flags=re.MULTILINE)[1:]:
        number, _, body = record.partition("\n")
        pieces = SMART_FIELD.split(body)
        fields = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        texts[number.strip()] = (fields.get("T", "").strip(), fields.get("W", "").strip())
    return texts
