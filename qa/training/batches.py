"""Draws what one step of the reader learns. The draw depends on the seed and the step alone: a run resumes exactly.

An epoch goes through all lessons once, in portions by their sets. In a step are questions with windows of like length;
each question that its passage answers is put to a passage that does not, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import torch
from msgspec import Struct

from qa.training.base import PAD
from qa.training.examples import BROAD, WRITTEN, Lesson, portioned
from qa.training.windows import LONGEST_ANSWER, Range, Window, answer_of, cut, sentences_of, window
from qa.training.written import numbered

# Reviews, forum threads and privacy policies are far from what is asked of documents.
AT_MOST = {"squadshifts_reddit": 3_000, "squadshifts_amazon_reviews": 3_000, "policyqa": 1_000}
TIMES = {WRITTEN: 2, "piaf_fr": 2, BROAD: 3}  # how often an epoch goes through a set
POOL = 20  # steps whose windows are sorted by length together
MOST_SENTENCES = 80  # of a passage whose sentences are learned
BROAD_WEIGHT = 3.0  # of a sentence, when the question asks for sentences


class Sentence(NamedTuple):
    """The range of a sentence's places in a window, whether it helps to answer, and what that weighs."""

    row: int
    start: int
    end: int
    helps: float
    weight: float


class Task(Struct, frozen=True):
    """One question of a step: a window that holds its answer, if its passage does, and windows that do not."""

    windows: list[Window]
    sentences: list[Sentence]
    broad: bool


class Batch(NamedTuple):
    """Tasks as tensors: rows are windows, `question` is the task of each, `row` the first window of each task."""

    ids: torch.Tensor
    mask: torch.Tensor
    allowed: torch.Tensor  # pieces where an answer may begin or end: those of the passage, and the first
    answer: torch.Tensor  # (rows, 2)
    span: torch.Tensor  # 1 where the question asks for a span
    question: torch.Tensor
    row: torch.Tensor
    sentence: torch.Tensor  # (sentences, 3): row, start, end
    helps: torch.Tensor
    weight: torch.Tensor

    def to(self, device: str) -> Batch:
        """The same tensors there."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


def batch_of(tasks: Sequence[Task]) -> Batch:
    """The tensors of these tasks."""
    rows = [one for task in tasks for one in task.windows]
    longest = (max(len(one.ids) for one in rows) + 7) // 8 * 8
    ids, mask = torch.full((len(rows), longest), PAD), torch.zeros((len(rows), longest), dtype=torch.long)
    allowed = torch.zeros((len(rows), longest), dtype=torch.bool)
    for row, one in enumerate(rows):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        mask[row, : len(one.ids)] = 1
        allowed[row, one.place : len(one.ids) - 1] = True
    allowed[:, 0] = True
    first, sentences = [0], []
    for task in tasks:
        sentences += [one._replace(row=one.row + first[-1]) for one in task.sentences]
        first.append(first[-1] + len(task.windows))
    return Batch(
        ids,
        mask,
        allowed,
        torch.tensor([one.answer for one in rows]),
        torch.tensor([float(not task.broad) for task in tasks for _ in task.windows]),
        torch.tensor([n for n, task in enumerate(tasks) for _ in task.windows]),
        torch.tensor(first[:-1]),
        torch.tensor([one[:3] for one in sentences], dtype=torch.long).reshape(-1, 3),
        torch.tensor([one.helps for one in sentences], dtype=torch.float),
        torch.tensor([one.weight for one in sentences], dtype=torch.float),
    )


class Sampler:
    """Draws tasks from lessons."""

    def __init__(
        self, tokenizer: Any, lessons: Sequence[Lesson], seed: int, size: int, crossed: float, negatives: int
    ) -> None:
        """`size` questions a step, with so many negatives each; a share `crossed` of translations is asked in English.

        Lessons whose answer is no range of pieces, or too long, are left out.
        """
        self.seed, self.size, self.crossed, self.negatives = seed, size, crossed, negatives
        asked = [one.example.question for one in lessons] + [one.english for one in lessons if one.english]
        contexts = [text for one in lessons for text in (one.example.context, *one.negatives)]
        self.questions, self.passages = cut(tokenizer, asked), cut(tokenizer, contexts)
        self.numbered = {text: numbered(text) for text in self.passages}
        self.sentences = {text: sentences_of(self.passages[text], found) for text, found in self.numbered.items()}
        self.answers: dict[tuple[str, int, int], Range] = {}
        self.lessons = [one for one in lessons if self._can_be_learned(one)]
        self.steps = -(-len(self._portions(0)) // size)  # of an epoch
        self._known: tuple[int, list[list[Task]]] = (-1, [])

    def _can_be_learned(self, lesson: Lesson) -> bool:
        one = lesson.example
        if not self.passages[one.context].ids:
            return False
        if one.start == one.end:
            return True
        found = answer_of(self.passages[one.context], one.context, one.start, one.end)
        self.answers[one.context, one.start, one.end] = found
        return 0 < found[1] - found[0] <= LONGEST_ANSWER

    def _portions(self, epoch: int) -> list[Lesson]:
        return portioned(self.lessons, AT_MOST, TIMES, Random(f"{self.seed} {epoch}"))

    def draw(self, step: int) -> list[Task]:
        """The tasks of this step."""
        pool, place = divmod(step % self.steps, POOL)
        key = step // self.steps * self.steps + pool
        if self._known[0] != key:
            self._known = (key, self._pool(step // self.steps, pool))
        return self._known[1][place]

    def _pool(self, epoch: int, pool: int) -> list[list[Task]]:
        random = Random(f"{self.seed} {epoch} {pool}")
        most = POOL * self.size
        lessons = self._portions(epoch)[pool * most : (pool + 1) * most]
        tasks = [self._task(lesson, random) for lesson in lessons]
        tasks.sort(key=lambda task: max(len(one.ids) for one in task.windows))
        groups = [tasks[n : n + self.size] for n in range(0, len(tasks), self.size)]
        random.shuffle(groups)
        return groups

    def _task(self, lesson: Lesson, random: Random) -> Task:
        one = lesson.example
        crossed = lesson.english and random.random() < self.crossed
        question = self.questions[lesson.english if crossed else one.question]
        answer = self.answers.get((one.context, one.start, one.end), (0, 0))
        contexts = [one.context]
        if one.start < one.end:
            contexts += random.sample(lesson.negatives, min(self.negatives, len(lesson.negatives)))
        rows = [window(question, self.passages[c], (0, 0) if n else answer, random) for n, c in enumerate(contexts)]
        sentences = [found for n, c in enumerate(contexts) for found in self._sentences(lesson, n, c, rows[n])]
        return Task(rows, sentences, lesson.broad)

    def _sentences(self, lesson: Lesson, row: int, context: str, shown: Window) -> list[Sentence]:
        """Those that lie wholly in the window. One that holds a part of the answer helps too."""
        if len(self.sentences[context]) >= MOST_SENTENCES:
            return []
        one, found = lesson.example, []
        for number, pieces in enumerate(self.sentences[context]):
            places = shown.inside(pieces)
            if places is not None:
                start, end = self.numbered[context][number]
                helps = row == 0 and (
                    number + 1 in lesson.sentences if lesson.broad else max(start, one.start) < min(end, one.end)
                )
                found.append(Sentence(row, *places, float(helps), BROAD_WEIGHT if lesson.broad else 1.0))
        return found
