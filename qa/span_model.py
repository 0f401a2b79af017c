"""A transformers question-answering model: a question and texts in, spans out. The only home of its loading.

Long texts are read in overlapping windows. A span's score is the sum of its start's and its end's logits; that of no
answer is the same sum at the first piece, by the custom of SQuAD 2. Offsets come straight from the tokenizer, so that
a span is exact in the text that was given. Knows nothing of documents.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from msgspec import Struct

from index.compiled import OPENVINO, TORCH, compute_by_openvino
from index.embedder import state_digest

WINDOW = 320  # pieces of question and text that the model reads at once
STRIDE = 96  # pieces that two windows share
LONGEST_ANSWER = 40  # pieces
BATCH = 16  # windows that are read at once

Floats = np.ndarray[Any, np.dtype[np.float32]]
Logits = tuple[Floats, Floats]  # of the start and of the end, for each piece of a window


class Window(Struct, frozen=True):
    """Pieces of one question with a part of a text. `spans` gives, by piece, its range in the text; None outside it."""

    text: int
    inputs: dict[str, list[int]]
    spans: list[tuple[int, int] | None]

    def __len__(self) -> int:
        return len(self.spans)


class Found(NamedTuple):
    """A range of a text, and its score; compares within one model only."""

    start: int
    end: int
    score: float


class Reading(NamedTuple):
    """What one text gave: spans that do not overlap, best first, and the score of no answer."""

    spans: list[Found]
    none: float


def windows(tokenizer: Any, questions: Sequence[str], texts: Sequence[str], most: int = WINDOW) -> list[Window]:
    """Each question with its text, in as many windows as the text needs. A question takes half of one at most."""
    room = most // 2
    cut = tokenizer(list(questions), add_special_tokens=False, truncation=True, max_length=room, verbose=False)
    questions = [
        question if len(ids) < room else tokenizer.decode(ids)
        for question, ids in zip(questions, cut["input_ids"], strict=True)
    ]
    taken = tokenizer(
        questions,
        list(texts),
        truncation="only_second",
        max_length=most,
        stride=min(STRIDE, most // 4),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        verbose=False,
    )
    names = [name for name in taken if name not in {"offset_mapping", "overflow_to_sample_mapping"}]
    return [
        Window(
            text,
            {name: taken[name][row] for name in names},
            [
                tuple(span) if sequence == 1 and span[0] < span[1] else None
                for sequence, span in zip(taken.sequence_ids(row), taken["offset_mapping"][row], strict=True)
            ],
        )
        for row, text in enumerate(taken["overflow_to_sample_mapping"])
    ]


def padded(tokenizer: Any, batch: Sequence[Window]) -> dict[str, torch.Tensor]:
    """The inputs of a batch, each of shape (windows, longest)."""
    return dict(tokenizer.pad([window.inputs for window in batch], return_tensors="pt", verbose=False))


def in_batches(all_windows: Sequence[Window], size: int = BATCH) -> Iterator[list[int]]:
    """Places of windows of like length, so that little is padded."""
    order = sorted(range(len(all_windows)), key=lambda place: len(all_windows[place]))
    return (order[start : start + size] for start in range(0, len(order), size))


def best_spans(window: Window, start: Floats, end: Floats, count: int) -> list[Found]:
    """The spans of one window with the highest sums, none of which overlaps a better one."""
    inside = np.array([span is not None for span in window.spans])
    sums = np.where(inside[:, None] & inside[None, :], start[:, None] + end[None, :], -np.inf)
    rows, columns = np.indices(sums.shape)
    sums[(columns < rows) | (columns >= rows + LONGEST_ANSWER)] = -np.inf
    found: list[Found] = []
    while len(found) < count:
        first, last = np.unravel_index(sums.argmax(), sums.shape)
        if sums[first, last] == -np.inf:
            break
        begins, ends = window.spans[first] or (0, 0), window.spans[last] or (0, 0)  # never None: those sums are -inf
        found.append(Found(begins[0], ends[1], float(sums[first, last])))
        sums[(rows <= last) & (columns >= first)] = -np.inf
    return found


class SpanModel:
    """Reads with any question-answering model that transformers can load from a folder or a name.

    Threads may share it. One of them reads at a time; those that came meanwhile are read together, in the same batches.
    """

    def __init__(self, source: str, name: str = "", *, half: bool = False, backend: str = TORCH) -> None:
        """`half` computes the layers, all but the head, in numbers of half the bits (bfloat16).

        `backend` is what computes, torch or openvino (`index.compiled`).
        """
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer  # noqa: PLC0415 - seconds to import
        from transformers.modeling_outputs import QuestionAnsweringModelOutput  # noqa: PLC0415

        self.name = name or source
        self.tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True)
        self.model = AutoModelForQuestionAnswering.from_pretrained(source, dtype=torch.float32).eval()
        self.digest = state_digest(self.model)
        head = getattr(self.model, "qa_outputs", None)
        if backend == OPENVINO:
            names, outputs = self.tokenizer.model_input_names, ["start_logits", "end_logits"]
            compute_by_openvino(self.model, names, QuestionAnsweringModelOutput, outputs, half=half)
        elif half and head is not None:
            self.model.to(torch.bfloat16)
            head.float().register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))
        self._cutting, self._reading = Lock(), Lock()
        self._waiting: deque[tuple[list[Window], Future[list[Logits]]]] = deque()

    def read(self, question: str, texts: Sequence[str], count: int) -> list[Reading]:
        """What each text gives, in order: at most `count` spans of each of its windows."""
        return self.read_all([question] * len(texts), texts, count)

    def read_all(self, questions: Sequence[str], texts: Sequence[str], count: int) -> list[Reading]:
        """The same for one question to each text."""
        if not texts:
            return []
        with self._cutting:  # the tokenizer keeps its limits between two lines
            cut = windows(self.tokenizer, questions, texts)
        spans: list[list[Found]] = [[] for _ in texts]
        none = [np.inf] * len(texts)
        for window, (start, end) in zip(cut, self.shared(cut), strict=True):
            spans[window.text] += best_spans(window, start, end, count)
            # A text says nothing only when none of its windows does.
            none[window.text] = min(none[window.text], float(start[0] + end[0]))
        return [Reading(distinct(found), score) for found, score in zip(spans, none, strict=True)]

    def shared(self, cut: list[Window]) -> list[Logits]:
        """Of each window, read together with the windows of the threads that wait."""
        mine: Future[list[Logits]] = Future()
        self._waiting.append((cut, mine))
        with self._reading:
            if not mine.done():
                taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
                try:
                    found = iter(self.logits([window for theirs, _ in taken for window in theirs]))
                    for theirs, future in taken:
                        future.set_result(list(islice(found, len(theirs))))
                except BaseException as error:
                    for _, future in taken:
                        future.set_exception(error)
                    raise
        return mine.result()

    def logits(self, cut: Sequence[Window]) -> list[Logits]:
        """Of each window, computed in batches of like length."""
        found: dict[int, Logits] = {}
        for places in in_batches(cut):
            inputs = padded(self.tokenizer, [cut[place] for place in places])
            with torch.inference_mode():
                output = self.model(**inputs)
            starts, ends = output.start_logits.float().numpy(), output.end_logits.float().numpy()
            for place, start, end in zip(places, starts, ends, strict=True):
                found[place] = start[: len(cut[place])], end[: len(cut[place])]
        return [found[place] for place in range(len(cut))]


def distinct(found: Sequence[Found]) -> list[Found]:
    """Those that overlap no better one, best first; two windows find the same span where they overlap."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start)):
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept
