"""The questions that the ranking and the confidence are fitted on, and the library that they are put to.

Questions of `train/` sets are asked of all their contexts together; questions written for us are asked of their own
document, as people ask about the one in front of them. All are of articles that were held back from the training of
both models. One context in eight is left out of the library, so that its questions have no answer there; many of the
written ones have none in their document. Nothing from `eval/` is read. Knows no models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from random import Random

import xxhash
from msgspec import Struct

from index.documents import Document
from index.ingest import text_document
from index.text import canonical, folded
from qa.training.corpora import held_back
from qa.training.examples import Example, all_examples
from qa.training.written import Written, written_documents

# Shares of the questions. The answerable questions of squad_en_v2 stand in squad_en_v1 already.
SETS = {
    "piaf_fr": 0.2,
    "squad_en_v1": 0.15,
    "squad_en_v2": 0.03,
    "squad_es_v1": 0.06,
    "arcd_ar": 0.05,
    "xquad_de": 0.03,
}
WRITTEN = "written"  # the rest of them
CROSSED = 0.3  # share of the questions of a translated set that are asked in English
CONTEXTS = 1_000  # of each set, at most
LEFT_OUT = 8  # one context in so many is kept out of the library


class Asked(Struct, frozen=True):
    """A question of a set, with the text of its gold answer; none when what it is put to does not hold it.

    `collection` is that of its document, None for the library as it is.
    """

    set: str
    question: str
    answers: tuple[str, ...]
    collection: str | None = None


def documents_and_questions(data: Path, count: int, random: Random) -> tuple[list[Document], list[Asked]]:
    """What goes into the library, and about `count` questions. Raises OSError when a set is not there."""
    examples = all_examples(data)
    documents = [document for name in SETS for document in contexts_of(name, examples)]
    present = {document.text for document in documents}
    asked = [
        one for name, share in SETS.items() for one in asked_of(name, examples, present, random, round(share * count))
    ]
    held = [one for one in written_documents(data) if held_back(one.title)]
    documents += map(collected, held)
    own = [one for document in held for one in asked_of_written(document)]
    return documents, asked + random.sample(own, min(round((1 - sum(SETS.values())) * count), len(own)))


def contexts_of(name: str, examples: Sequence[Example]) -> list[Document]:
    """The contexts of a set that go into the library, those of held-back articles first."""
    mine = [one for one in examples if one.set == name]
    contexts = {one.context: one for one in sorted(mine, key=lambda one: not held_back(one.article))}
    # By its words, since two sets may hold it.
    present = [text for text in contexts if xxhash.xxh64_intdigest(folded(text).encode()) % LEFT_OUT][:CONTEXTS]
    return [
        text_document(Document(f"{name}-{n}", contexts[text].article, text, language=contexts[text].language))
        for n, text in enumerate(present)
    ]


def asked_of(
    name: str, examples: Sequence[Example], present: Collection[str], random: Random, count: int
) -> list[Asked]:
    """A sample of a set's held-back questions. What a translation answers is an answer too."""
    versions: dict[str, list[Example]] = {}
    for one in examples:
        versions.setdefault(one.id, []).append(one)
    held = [one for one in examples if one.set == name and held_back(one.article)]
    asked = []
    for one in random.sample(held, min(count, len(held))):
        others = versions[one.id]
        english = next((other.question for other in others if other.language == "en"), "")
        crossed = one.language != "en" and english and random.random() < CROSSED
        answers = {folded(canonical(v.answer)) for v in others if v.answer and canonical(v.context) in present}
        asked.append(Asked(name, english if crossed else one.question, tuple(sorted(answers))))
    return asked


def collected(written: Written) -> Document:
    """A written document, in a collection of its own."""
    name = f"{WRITTEN} {written.key}"
    text = canonical(written.text)
    return text_document(Document(name, written.title, text, language=written.language, collection=name))


def asked_of_written(written: Written) -> Iterator[Asked]:
    """Its questions, to its collection."""
    for one in written.questions:
        answer = folded(canonical(written.text[one.start : one.end]))
        yield Asked(WRITTEN, one.question, (answer,) if answer else (), f"{WRITTEN} {written.key}")
