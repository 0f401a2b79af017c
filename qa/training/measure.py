"""How good the models are on what was held back from their training: a measure to train by, no evaluation.

Whole passages are read, in as many windows as they need. Knows nothing of the recipes, nor of the networks: a reader is
what gives the outputs of a batch, an embedder is what gives the vectors of texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from msgspec import Struct
from sklearn.metrics import average_precision_score, roc_auc_score

from qa.training.batches import Batch, Task, batch_of
from qa.training.examples import BROAD, Lesson, overlap, sampled
from qa.training.windows import Pieces, Window, cover, cut, sentences_of
from qa.training.written import numbered

Outputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # start, end, evidence, each (windows, pieces)
Read = Callable[[Batch], Outputs]
Encode = Callable[[Sequence[str], str], torch.Tensor]  # texts and a prefix to unit vectors

AT_ONCE = 32  # windows
LONGEST_ANSWER = 40  # pieces
NONE = -1e5  # the score of a span that cannot be


class Reading(Struct, frozen=True):
    """The best span of a text, and how much likelier it is than none."""

    start: int
    end: int
    margin: float


class Shown(Struct, frozen=True):
    """A window of a lesson's passage, with the outputs of its pieces."""

    lesson: int
    window: Window
    start: torch.Tensor
    end: torch.Tensor
    evidence: torch.Tensor


@torch.no_grad()
def shown(
    read: Read, lessons: Sequence[Lesson], questions: dict[str, Pieces], passages: dict[str, Pieces]
) -> list[Shown]:
    """All windows of all passages; those of like length are read together."""
    waiting = [
        (n, one)
        for n, lesson in enumerate(lessons)
        for one in cover(questions[lesson.example.question], passages[lesson.example.context])
    ]
    waiting.sort(key=lambda pair: len(pair[1].ids))
    found = []
    for first in range(0, len(waiting), AT_ONCE):
        part = waiting[first : first + AT_ONCE]
        outputs = read(batch_of([Task([one], [], broad=False) for _, one in part]))
        for (n, one), *rows in zip(part, *(output.float().cpu() for output in outputs), strict=True):
            found.append(Shown(n, one, *rows))
    return found


def best_span(one: Shown, passage: Pieces) -> tuple[int, int, float]:
    """The range in the text of the window's best span, and its score."""
    count = len(one.start)
    rows, columns = torch.arange(count)[:, None], torch.arange(count)[None, :]
    inside = (rows >= one.window.place) & (columns < len(one.window.ids) - 1)
    fits = inside & (rows <= columns) & (columns < rows + LONGEST_ANSWER)
    sums = (one.start[:, None] + one.end[None, :]).masked_fill(~fits, NONE)
    first, last = divmod(int(sums.argmax()), count)
    if not fits[first, last]:
        return 0, 0, NONE
    shift = one.window.first - one.window.place
    return passage.ranges[first + shift][0], passage.ranges[last + shift][1], float(sums[first, last])


def readings(read: Read, lessons: Sequence[Lesson], tokenizer: Any) -> list[Reading]:
    """The best span of each passage, without the space before it; a passage is as silent as its least silent window."""
    questions = cut(tokenizer, (one.example.question for one in lessons))
    passages = cut(tokenizer, (one.example.context for one in lessons))
    best = [(0, 0, NONE)] * len(lessons)
    none = [np.inf] * len(lessons)
    for one in shown(read, lessons, questions, passages):
        found = best_span(one, passages[lessons[one.lesson].example.context])
        best[one.lesson] = max(best[one.lesson], found, key=lambda span: span[2])
        none[one.lesson] = min(none[one.lesson], float(one.start[0] + one.end[0]))
    texts = [lesson.example.context[start:end] for lesson, (start, end, _) in zip(lessons, best, strict=True)]
    return [
        Reading(start + len(text) - len(text.lstrip()), end, score - silence)
        for text, (start, end, score), silence in zip(texts, best, none, strict=True)
    ]


def helping(read: Read, lessons: Sequence[Lesson], tokenizer: Any) -> list[tuple[float, bool]]:
    """Of each sentence of each passage its output, and whether it helps to answer."""
    questions = cut(tokenizer, (one.example.question for one in lessons))
    passages = cut(tokenizer, (one.example.context for one in lessons))
    scores: dict[tuple[int, int], float] = {}
    for one in shown(read, lessons, questions, passages):
        text = lessons[one.lesson].example.context
        for number, pieces in enumerate(sentences_of(passages[text], numbered(text)), 1):
            places = one.window.inside(pieces)
            if places:
                scores.setdefault((one.lesson, number), float(one.evidence[slice(*places)].mean()))
    return [(score, number in lessons[n].sentences) for (n, number), score in scores.items()]


def measure_reader(read: Read, tokenizer: Any, held: Sequence[Lesson], most: int) -> dict[str, float]:
    """On so many held-back lessons of each set: F1 of words, how well it tells what is answered, and what helps."""
    found: dict[str, float] = {}
    for name, lessons in sampled(held, most).items():
        if name == BROAD:
            rows = helping(read, lessons, tokenizer)
            if any(helps for _, helps in rows):
                found[f"{name}, average precision"] = float(
                    average_precision_score([helps for _, helps in rows], [score for score, _ in rows])
                )
            continue
        read_all = list(zip((lesson.example for lesson in lessons), readings(read, lessons, tokenizer), strict=True))
        scores = [overlap(e.context[r.start : r.end], e.answer) for e, r in read_all if e.answer]
        if scores:
            found[f"{name}, F1"] = float(np.mean(scores))
        if 0 < len(scores) < len(read_all):
            answered, margins = [bool(e.answer) for e, _ in read_all], [r.margin for _, r in read_all]
            found[f"{name}, AUC"] = float(roc_auc_score(answered, margins))
    return found


@torch.no_grad()
def measure_embedder(encode: Encode, train: Sequence[Lesson], held: Sequence[Lesson], most: int) -> dict[str, float]:
    """Recall@1 and @10 of so many held-back questions of each set, among all passages of the set, by vectors alone."""
    found: dict[str, float] = {}
    for name, lessons in sampled([one for one in held if one.example.answer], most).items():
        texts = list(dict.fromkeys(one.example.context for one in [*held, *train] if one.example.set == name))
        place = {text: n for n, text in enumerate(texts)}
        scores = encode([one.example.question for one in lessons], "query: ") @ encode(texts, "passage: ").T
        right = scores.gather(1, torch.tensor([[place[one.example.context]] for one in lessons], device=scores.device))
        rank = (scores > right).sum(1)
        for k in (1, 10):
            found[f"{name} ({len(texts)}), recall@{k}"] = float((rank < k).float().mean())
    return found
