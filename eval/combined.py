"""Sets made of sets: a part of one, others beside it, its questions on the passages of another. Knows no files."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from eval.gold import GoldError, GoldSet

SEED = 20261126


def joined(gold_set: GoldSet, others: Sequence[GoldSet]) -> GoldSet:
    """The set, with the documents of the others to be searched as well; their questions are not asked.

    A document of another set is left out when its text is there already; its id gets a prefix, since two files of one
    name number alike.
    """
    documents = list(gold_set.documents)
    texts = {document.text for document in documents}
    for number, other in enumerate(others, start=1):
        for document in other.documents:
            if document.text not in texts:
                texts.add(document.text)
                documents.append(replace(document, id=f"{number}+{document.id}"))
    return replace(gold_set, documents=tuple(documents))


def drawn(gold_set: GoldSet, n: int) -> GoldSet:
    """The set with n of its questions, drawn with a fixed seed, under a name of its own; as it is for 0."""
    if not n or n >= len(gold_set.questions):
        return gold_set
    places = sorted(Random(SEED).sample(range(len(gold_set.questions)), n))
    return replace(
        gold_set, name=f"{gold_set.name}-{n}", questions=tuple(gold_set.questions[place] for place in places)
    )


def crossed(asked: GoldSet, held: GoldSet) -> GoldSet:
    """The questions of `asked` on the documents of `held`, its translation: a question has one id in both.

    Answers are those of `held`, compared by the rules of its language. Raises GoldError unless the ids are the same.
    """
    questions = {gold.id: gold.question for gold in asked.questions}
    name = f"{asked.name}@{held.name}"
    if alone := questions.keys() ^ {gold.id for gold in held.questions}:
        raise GoldError(
            f"{name}: {len(alone)} questions are in one of the two sets alone ({min(alone)!r}); give a set and its "
            "translation, with the same ids."
        )
    return replace(
        held, name=name, questions=tuple(replace(gold, question=questions[gold.id]) for gold in held.questions)
    )
