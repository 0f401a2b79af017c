"""What every system is given: passages and questions by id and text, nothing else. Knows no system.

The questions are a fixed sample of those that can be answered. The passages are all of their set, and of other sets
that make the search harder (issue 4's rule: questions of `eval/`, contexts of train and eval together).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from eval.combined import joined
from eval.gold import Gold, GoldError, GoldSet
from eval.peers.protocol import Text
from index.documents import Document

SEED = 20_240


def comparable(gold_set: GoldSet, others: Sequence[GoldSet], n: int) -> GoldSet:
    """The set with the passages of the others besides, and n of its questions (0: all), in their order.

    Titles and languages are dropped: a peer has no use for them, so Extrait gets none either. Raises GoldError when
    nothing can be asked.
    """
    questions = sampled(gold_set.questions, n)
    if not questions:
        raise GoldError(f"{gold_set.name}: no question that can be answered, so there is nothing to search for.")
    documents = tuple(map(plain, joined(gold_set, others).documents))
    return GoldSet(gold_set.name, documents, questions, gold_set.relevant)


def plain(document: Document) -> Document:
    """The text under its id, and nothing else."""
    return Document(document.id, "", document.text)


def sampled(questions: Sequence[Gold], n: int) -> tuple[Gold, ...]:
    """n of the questions that can be answered, drawn with a fixed seed; 0 for all."""
    answerable = [gold for gold in questions if gold.answerable]
    if not n or n >= len(answerable):
        return tuple(answerable)
    return tuple(answerable[place] for place in sorted(random.Random(SEED).sample(range(len(answerable)), n)))


def passages_of(gold_set: GoldSet) -> list[Text]:
    """The passages as peers get them."""
    return [Text(document.id, document.text) for document in gold_set.documents]


def questions_of(gold_set: GoldSet) -> list[Text]:
    """The questions as peers get them."""
    return [Text(gold.id, gold.question) for gold in gold_set.questions]
