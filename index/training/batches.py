"""Draws what one training step reads. The draw depends on the seed and the step alone: a run resumes exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
from msgspec import Struct
from sklearn.feature_extraction.text import TfidfVectorizer

from index.training.corpora import Corpora, Pair, Passage

NEIGHBOURS = 4  # passages of a step that are one another's hard negatives: of one article at first, then mined
NEAREST = 6  # mined ones that a passage has to draw from
SAME = 0.6  # cosine of their words above which two passages are versions of one, and no negatives
ASKED = 3  # questions of a passage in a step
CROSSED = 0.4  # share of the questions that are put in another language, where a translation is at hand
# Shares of the steps, and of the translations in a step. French first; the others as far as the data goes.
READ = {"fr": 0.36, "en": 0.24, "es": 0.13, "it": 0.08, "ar": 0.11, "de": 0.08}
TRANSLATED = {"fr": 0.52, "es": 0.14, "it": 0.1, "de": 0.1, "ar": 0.14}


class Sizes(Struct, frozen=True):
    """How much one step reads."""

    sentences: int = 96
    paragraphs: int = 14
    passages: int = 22


class Batch(Struct, frozen=True):
    """`answer[n]` is the place in `passages` of the one that answers `questions[n]`."""

    translations: list[Pair]
    language: str
    questions: list[str]
    answer: list[int]
    passages: list[str]


class Sampler:
    """Draws batches from the corpora."""

    def __init__(self, corpora: Corpora, sizes: Sizes, seed: int, mined_from: int) -> None:
        """From the step `mined_from` on, hard negatives are mined."""
        self.corpora, self.sizes, self.seed, self.mined_from = corpora, sizes, seed, mined_from
        self.mined = {code: mined(found) for code, found in corpora.passages.items()}
        self.articles = {code: _articles(found) for code, found in corpora.passages.items()}
        self.wordings: dict[str, list[str]] = {}
        for found in corpora.passages.values():
            for passage in found:
                for key, question in zip(passage.ids, passage.questions, strict=True):
                    self.wordings.setdefault(f"{passage.article} {key}", []).append(question)

    def draw(self, step: int) -> Batch:
        """The batch of this step."""
        random = Random(f"{self.seed} {step}")
        translations = [
            *self._translations(random, self.corpora.sentences, self.sizes.sentences),
            *self._translations(random, self.corpora.paragraphs, self.sizes.paragraphs),
        ]
        language = _pick(random, READ, self.articles)
        passages = self._passages(random, language, step >= self.mined_from)
        questions, answer = [], []
        for place, passage in enumerate(passages):
            for number in random.sample(range(len(passage.questions)), min(ASKED, len(passage.questions))):
                others = self.wordings[f"{passage.article} {passage.ids[number]}"]
                crossed = random.random() < CROSSED
                questions.append(random.choice(others) if crossed else passage.questions[number])
                answer.append(place)
        return Batch(translations, language, questions, answer, [p.text for p in passages])

    def _translations(self, random: Random, pairs: dict[str, list[Pair]], size: int) -> list[Pair]:
        return [random.choice(pairs[_pick(random, TRANSLATED, pairs)]) for _ in range(size)]

    def _passages(self, random: Random, language: str, hard: bool) -> list[Passage]:
        found: dict[str, Passage] = {}  # by text: two sets may hold the same passage
        articles = self.articles[language]
        while len(found) < min(self.sizes.passages, sum(map(len, articles))):
            article = random.choice(articles)
            first = random.choice(article)
            near = self.mined[language][first.text] if hard else [p for p in article if p is not first]
            for passage in [first, *random.sample(near, min(NEIGHBOURS - 1, len(near)))]:
                found.setdefault(passage.text, passage)
        return list(found.values())[: self.sizes.passages]


def mined(passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    """For each text, the other passages that share most words with its questions, as a search confuses them."""
    rows = list({passage.text: passage for passage in passages}.values())
    model = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode")
    table = model.fit_transform([row.text for row in rows])
    found = {}
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        asked = (model.transform([" ".join(row.questions) for row in part]) @ table.T).toarray()
        alike = (table[start : start + 500] @ table.T).toarray()
        asked[alike > SAME] = -1
        for row, scores in zip(part, asked, strict=True):
            nearest = [rows[n] for n in np.argsort(-scores, kind="stable")[: 2 * NEAREST] if scores[n] > 0]
            found[row.text] = [one for one in nearest if not set(one.ids) & set(row.ids)][:NEAREST]
    return found


def _pick(random: Random, shares: dict[str, float], present: Mapping[str, Sequence[object]]) -> str:
    codes = [code for code in shares if present.get(code)]
    return random.choices(codes, [shares[code] for code in codes])[0]


def _articles(passages: list[Passage]) -> list[list[Passage]]:
    """Passages by article, each text once."""
    by_article: dict[str, dict[str, Passage]] = {}
    for passage in passages:
        by_article.setdefault(passage.article, {}).setdefault(passage.text, passage)
    return [list(found.values()) for found in by_article.values()]
