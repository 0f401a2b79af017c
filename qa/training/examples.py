"""What the reader is trained on: questions with a passage, and the span that answers them or none.

The sets are those of `index/training/corpora.py`, without the articles that are held back from all training. A part of
the questions is put to a passage of their language that shares words with them and does not answer them, as a search
would offer; another part is asked in English of a passage in its translation. Knows nothing of models.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sklearn.feature_extraction.text import TfidfVectorizer

from index.text import folded
from index.training.corpora import QUESTIONS, all_passages, held_back

Shares = Mapping[str, float]  # of each language; their sum is 1
# Reviews, forum threads and privacy policies are far from what is asked of documents.
AT_MOST = {"squadshifts_reddit": 1500, "squadshifts_amazon_reviews": 1500, "policyqa": 800}
STRANGE = 0.2  # share of the answerable questions that get a passage which does not answer them
CROSSED = 0.25  # share of the questions of a translation that are asked in English
NEIGHBOURS = 8  # passages that a strange one is drawn from
CROP = (350, 700)  # characters of a passage around its answer


class Example(Struct, frozen=True):
    """A question and a passage; `start == end` when the passage does not answer."""

    id: str
    set: str
    language: str
    article: str
    question: str
    context: str
    start: int
    end: int

    @property
    def answer(self) -> str:
        return self.context[self.start : self.end]


def read_examples(data: Path, name: str) -> list[Example]:
    """The questions of one SQuAD file. Raises OSError when it is not there."""
    articles = json.loads(lzma.decompress((data / "train" / f"{name}.json.xz").read_bytes()))["data"]
    found = []
    for article in articles:
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                gold: dict[str, Any] = next(iter(item["answers"]), {"answer_start": 0, "text": ""})
                found.append(
                    Example(
                        str(item["id"]),
                        name,
                        QUESTIONS[name],
                        article["title"],
                        item["question"],
                        paragraph["context"],
                        gold["answer_start"],
                        gold["answer_start"] + len(gold["text"]),
                    )
                )
    return found


def all_examples(data: Path) -> list[Example]:
    """Every question once in each language, under the English title of its article."""
    articles = {key: p.article for p in all_passages(data) for key in p.ids}
    found: dict[tuple[str, str], Example] = {}
    for name in QUESTIONS:
        if (data / "train" / f"{name}.json.xz").exists():
            for one in read_examples(data, name):
                found.setdefault((one.language, one.id), replace(one, article=articles.get(one.id, one.article)))
    return list(found.values())


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """What may be trained on, and what is held back."""
    parts: tuple[list[Example], list[Example]] = ([], [])
    for one in examples:
        parts[held_back(one.article)].append(one)
    return parts


def drawn(examples: Sequence[Example], count: int, shares: Shares, seed: int) -> list[Example]:
    """So many examples in the shares of their languages, in random order; each set again and again if it is small."""
    random = Random(seed)
    english = {one.id: one.question for one in examples if one.language == "en"}
    by_set = defaultdict(list)
    for one in examples:
        by_set[one.set].append(one)
    pools: dict[str, list[Example]] = defaultdict(list)
    for name, found in by_set.items():
        random.shuffle(found)
        pools[QUESTIONS[name]] += found[: AT_MOST.get(name)]
    taken = []
    for language, share in shares.items():
        pool = pools.get(language, [])
        wanted: list[Example] = []
        while pool and len(wanted) < share * count:
            random.shuffle(pool)
            wanted += pool
        chosen = wanted[: round(share * count)]
        strange = strangers(chosen, random)
        for one, other in zip(chosen, strange, strict=True):
            if one.start < one.end and other is not None and random.random() < STRANGE:
                one = replace(one, context=other, start=0, end=0)  # noqa: PLW2901
            if language != "en" and one.id in english and random.random() < CROSSED:
                one = replace(one, question=english[one.id])  # noqa: PLW2901
            taken.append(crop(one, random))
    random.shuffle(taken)
    return taken


def strangers(examples: Sequence[Example], random: Random) -> list[str | None]:
    """For each question a passage near to it by its words that does not hold the answer; None when there is none."""
    if not examples:
        return []
    contexts = list(dict.fromkeys(one.context for one in examples))
    plain = [folded(context) for context in contexts]
    model = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode")
    passages = model.fit_transform(contexts).T.tocsc()
    found: list[str | None] = []
    for start in range(0, len(examples), 500):
        part = examples[start : start + 500]
        scores = (model.transform([one.question for one in part]) @ passages).toarray()
        for one, row in zip(part, scores, strict=True):
            nearest = row.argsort()[::-1][: NEIGHBOURS + 4]
            answer = folded(one.answer)
            fit = [n for n in nearest if contexts[n] != one.context and answer and answer not in plain[n]]
            found.append(contexts[random.choice(fit[:NEIGHBOURS])] if fit else None)
    return found


def crop(one: Example, random: Random) -> Example:
    """The same example in a part of its passage, cut between words; training on less text is as much faster."""
    room = max(random.randint(*CROP), one.end - one.start + 40)
    if len(one.context) <= room:
        return one
    answered = one.start < one.end
    least, most = max(0, one.end - room), min(one.start if answered else len(one.context), len(one.context) - room)
    begin = random.randint(min(least, most), most)
    end = begin + room
    while begin > 0 and not one.context[begin - 1].isspace():
        begin -= 1
    while end < len(one.context) and not one.context[end].isspace():
        end += 1
    shift = begin if answered else 0
    return replace(one, context=one.context[begin:end], start=one.start - shift, end=one.end - shift)
