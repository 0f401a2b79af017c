"""What both models are trained on: questions with a passage, and the span or the sentences of it that answer them.

The sets are those of `qa/training/corpora.py` and `qa/training/written.py`. One article in eight is held back from all
training, and a written document by its title. Each lesson has passages of its language that share words with the
question and do not answer it, as a search would offer. Knows nothing of models.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sklearn.feature_extraction.text import TfidfVectorizer

from index.text import folded, words
from qa.training.corpora import QUESTIONS, all_passages, held_back
from qa.training.written import broad_questions, written_documents

WRITTEN, BROAD = "written", "evidence"  # the names of the two sets of `written/`
NEAREST, NEGATIVES = 14, 6  # passages by words that are looked at, and of these are kept


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


class Lesson(Struct, frozen=True):
    """An example as it is learned.

    `english` is its question in English where the passage is a translation, otherwise "". `sentences` are the numbers
    of those that help, from 1, when its set is that of broad questions. `negatives` are passages that do not answer.
    """

    example: Example
    english: str = ""
    sentences: tuple[int, ...] = ()
    negatives: tuple[str, ...] = ()

    @property
    def broad(self) -> bool:
        """Whether sentences answer it, and not a span."""
        return self.example.set == BROAD


class Lessons(Struct, frozen=True):
    """What is trained on, and what is held back to measure."""

    train: list[Lesson]
    held: list[Lesson]


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
    """Every question of `train/` once in each language, under the English title of its article."""
    articles = {key: p.article for p in all_passages(data) for key in p.ids}
    found: dict[tuple[str, str], Example] = {}
    for name in QUESTIONS:
        if (data / "train" / f"{name}.json.xz").exists():
            for one in read_examples(data, name):
                found.setdefault((one.language, one.id), replace(one, article=articles.get(one.id, one.article)))
    return list(found.values())


def all_lessons(data: Path) -> Lessons:
    """Everything that there is to learn; a minute, most of it for the negatives. Raises ValueError on a fault."""
    examples = all_examples(data)
    english = {one.id: one.question for one in examples if one.language == "en"}
    lessons = [Lesson(one, english.get(one.id, "") if one.language != "en" else "") for one in examples]
    lessons += written_lessons(data)
    parts: tuple[list[Lesson], list[Lesson]] = ([], [])
    for lesson in lessons:
        parts[held_back(lesson.example.article)].append(lesson)
    return Lessons(with_negatives(parts[0]), parts[1])


def written_lessons(data: Path) -> list[Lesson]:
    """Those of `written/`; their language is that of the document."""
    documents = written_documents(data)
    found = [
        Lesson(
            Example(
                f"{one.key} {n}", WRITTEN, one.language, one.title, asked.question, one.text, asked.start, asked.end
            )
        )
        for one in documents
        for n, asked in enumerate(one.questions)
    ]
    for n, broad in enumerate(broad_questions(data, documents)):
        one = broad.document
        example = Example(f"{one.key} + {n}", BROAD, one.language, one.title, broad.question, one.text, 0, 0)
        found.append(Lesson(example, sentences=broad.sentences))
    return found


def with_negatives(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The same lessons in the same order, each with the passages of its language nearest to its question by words."""
    by_language: dict[str, list[int]] = defaultdict(list)
    for place, lesson in enumerate(lessons):
        by_language[lesson.example.language].append(place)
    found: dict[int, Lesson] = {}
    for places in by_language.values():
        mine = [lessons[place] for place in places]
        for place, lesson, near in zip(places, mine, _nearest([one.example for one in mine]), strict=True):
            found[place] = replace(lesson, negatives=near)
    return [found[place] for place in range(len(lessons))]


def _nearest(examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """For each question passages near to it by tf-idf that are not its own and do not hold its answer."""
    contexts = list(dict.fromkeys(one.context for one in examples))
    plain = [folded(context) for context in contexts]
    model = TfidfVectorizer(sublinear_tf=True, strip_accents="unicode")
    passages = model.fit_transform(contexts).T.tocsc()
    found = []
    for start in range(0, len(examples), 500):
        part = examples[start : start + 500]
        scores = (model.transform([one.question for one in part]) @ passages).toarray()
        for one, row in zip(part, scores, strict=True):
            answer = folded(one.answer)
            nearest = row.argsort()[::-1][:NEAREST]
            fit = [n for n in nearest if contexts[n] != one.context and not (answer and answer in plain[n])]
            found.append(tuple(contexts[n] for n in fit[:NEGATIVES]))
    return found


def portioned(lessons: Sequence[Lesson], most: dict[str, int], times: dict[str, int], random: Random) -> list[Lesson]:
    """Lessons in random order: of some sets at most so many, others so many times."""
    by_set: dict[str, list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        by_set[lesson.example.set].append(lesson)
    taken: list[Lesson] = []
    for name, found in by_set.items():
        random.shuffle(found)
        taken += found[: most.get(name)] * times.get(name, 1)
    random.shuffle(taken)
    return taken


def sampled(lessons: Sequence[Lesson], most: int) -> dict[str, list[Lesson]]:
    """At most so many of each set, the same every time."""
    by_set: dict[str, list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        by_set[lesson.example.set].append(lesson)
    return {name: Random(name).sample(found, min(most, len(found))) for name, found in sorted(by_set.items())}


def overlap(given: str, gold: str) -> float:
    """F1 of their words, 0..1; a measure to train by, the evaluation has the official one."""
    one, other = Counter(words(given)), Counter(words(gold))
    shared = sum((one & other).values())
    return 2 * shared / (sum(one.values()) + sum(other.values())) if shared else float(one == other)
