"""A question-answering model: a question and texts in, spans out. The only home of its loading.

Long texts are read in overlapping windows. A span's score is the sum of its start's and its end's logits; that of no
answer is the same sum at the first piece, by the custom of SQuAD 2. A model may say a third thing of each piece:
whether it is evidence, part of what helps to answer. Offsets come straight from the tokenizer, without the space that a
piece may begin with, so that a span is exact in the text that was given. Knows nothing of documents.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from msgspec import Struct

from index.compiled import About, Loaded, in_batches, padded
from index.embedder import has_bf16, on_threads, state_digest
from index.errors import IndexFault

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

WINDOW = 384  # pieces of question and text that the model reads at once
STRIDE = 96  # pieces that two windows share
LONGEST_ANSWER = 40  # pieces
EVIDENCE = "evidence"  # the name of the third output

Floats = np.ndarray[Any, np.dtype[np.float32]]
Logits = tuple[Floats, ...]  # of the start, of the end and, by some models, of evidence, for each piece of a window


class Window(Struct, frozen=True):
    """Pieces of one question with a part of a text. `spans` gives, by piece, its range in the text; None outside it."""

    text: int
    encoding: Encoding
    spans: list[tuple[int, int] | None]

    def __len__(self) -> int:
        return len(self.spans)


class Found(NamedTuple):
    """A range of a text, and its score; compares within one model only."""

    start: int
    end: int
    score: float


class Reading(NamedTuple):
    """What one text gave: spans that do not overlap, best first, and the score of no answer.

    `evidence` holds ranges of the text with the logit that they help to answer; none by a model that does not say.
    """

    spans: list[Found]
    none: float
    evidence: Sequence[Found] = ()

    def helps(self, start: int, end: int) -> float:
        """The mean logit of evidence of a range; 0, which is no opinion, where the model has none."""
        inside = [one.score for one in self.evidence if one.start < end and start < one.end]
        return sum(inside) / len(inside) if inside else 0.0


def windows(tokenizer: Tokenizer, questions: Sequence[str], texts: Sequence[str], most: int = WINDOW) -> list[Window]:
    """Each question with its text, in as many windows as the text needs. A question takes half of one at most."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(most // 2)
    short = tokenizer.encode_batch(list(questions), add_special_tokens=False)
    # Cut by offsets, since a tokenizer may not give the same words back from its pieces.
    asked = [
        question[: row.offsets[-1][1]] if row.overflowing else question
        for question, row in zip(questions, short, strict=True)
    ]
    tokenizer.enable_truncation(most, stride=min(STRIDE, most // 4), strategy="only_second")
    taken = tokenizer.encode_batch(list(zip(asked, texts, strict=True)))
    return [
        Window(place, one, ranges(one, texts[place]))
        for place, row in enumerate(taken)
        for one in (row, *row.overflowing)
    ]


def ranges(encoding: Encoding, text: str) -> list[tuple[int, int] | None]:
    """Of each piece, its range in the text without white space around it; None for one that is not of the text."""
    found: list[tuple[int, int] | None] = []
    for sequence, (begins, ends) in zip(encoding.sequence_ids, encoding.offsets, strict=True):
        piece = text[begins:ends]
        start, end = begins + len(piece) - len(piece.lstrip()), begins + len(piece.rstrip())
        found.append((start, end) if sequence == 1 and start < end else None)
    return found


def best_spans(window: Window, start: Floats, end: Floats, count: int) -> list[Found]:
    """The spans of one window with the highest sums, none of which overlaps a better one."""
    inside = np.array([span is not None for span in window.spans])
    ends = np.concatenate([np.where(inside, end, -np.inf), np.full(LONGEST_ANSWER - 1, -np.inf)])
    # By first piece and length; a row is the sums of all spans that begin there.
    sums = np.where(inside, start, -np.inf)[:, None] + np.lib.stride_tricks.sliding_window_view(ends, LONGEST_ANSWER)
    firsts = np.arange(len(inside))[:, None]
    lasts = firsts + np.arange(LONGEST_ANSWER)
    found: list[Found] = []
    while len(found) < count:
        first, more = divmod(int(sums.argmax()), LONGEST_ANSWER)
        if sums[first, more] == -np.inf:
            break
        last = first + more
        begins, stops = window.spans[first] or (0, 0), window.spans[last] or (0, 0)  # never None: those sums are -inf
        found.append(Found(begins[0], stops[1], float(sums[first, more])))
        sums[(firsts <= last) & (lasts >= first)] = -np.inf
    return found


def load_model(source: str, digest: str = "") -> Loaded:
    """Any question-answering model of transformers, or one with three outputs a piece: start, end, evidence.

    Raises OSError or ValueError when there is none. `digest` names its weights; without one they are looked at.
    """
    import torch  # noqa: PLC0415 - seconds to import
    from transformers import (  # noqa: PLC0415
        AutoConfig,
        AutoModelForQuestionAnswering,
        AutoModelForTokenClassification,
        AutoTokenizer,
    )

    tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True)
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise ValueError("its tokenizer is no fast one, which alone knows offsets")
    inputs = tuple(tokenizer.model_input_names)
    three = EVIDENCE in (AutoConfig.from_pretrained(source).label2id or {})
    kind = AutoModelForTokenClassification if three else AutoModelForQuestionAnswering
    found = kind.from_pretrained(source, dtype=torch.float32).eval()

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = found

        def forward(self, *tensors: Any) -> Any:
            output = self.model(**dict(zip(inputs, tensors, strict=True)), return_dict=True)
            if three:
                return tuple(output.logits[..., place] for place in range(3))
            return output.start_logits, output.end_logits

    about = About(inputs, int(tokenizer.pad_token_id or 0), WINDOW, {}, digest or state_digest(found))
    return Loaded(Whole(), tokenizer.backend_tokenizer, about)


class Computed(Protocol):
    """What computes the outputs of a model, `index.compiled.Compiled` or torch."""

    tokenizer: Tokenizer
    about: About

    def __call__(self, rows: Sequence[Encoding]) -> list[Floats]:
        """An array for each output, of shape (rows, longest of them or more)."""
        ...


class ByTorch:
    """Computed by torch, on all threads; its layers, all but the head, have half the bits where that is faster."""

    def __init__(self, loaded: Loaded) -> None:
        import torch  # noqa: PLC0415

        self._module, self.tokenizer, self.about = loaded
        self._threads = torch.get_num_threads()
        head = getattr(self._module.model, "qa_outputs", None) or getattr(self._module.model, "classifier", None)
        if has_bf16() and head is not None:
            self._module.to(torch.bfloat16)
            head.float().register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))

    def __call__(self, rows: Sequence[Encoding]) -> list[Floats]:
        """An array for each output, of shape (rows, longest of them or more)."""
        import torch  # noqa: PLC0415

        tensors = [torch.from_numpy(one) for one in padded(rows, self.about)]
        with torch.inference_mode(), on_threads(self._threads):
            return [output.float().numpy() for output in self._module(*tensors)]


class SpanModel:
    """Reads with a question-answering model.

    Threads may share it. One of them reads at a time; those that came meanwhile are read together, in the same batches.
    """

    def __init__(self, computed: Computed, name: str) -> None:
        self.name, self.digest, self.tokenizer = name, computed.about.digest, computed.tokenizer
        self._computed = computed
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
        evidence: list[list[Found]] = [[] for _ in texts]
        for window, (start, end, *helping) in zip(cut, self.shared(cut), strict=True):
            spans[window.text] += best_spans(window, start, end, count)
            for logits in helping:
                pieces = zip(window.spans, logits.tolist(), strict=True)
                evidence[window.text] += [Found(*span, score) for span, score in pieces if span]
            # A text says nothing only when none of its windows does.
            none[window.text] = min(none[window.text], float(start[0] + end[0]))
        return [Reading(distinct(ours), score, said) for ours, score, said in zip(spans, none, evidence, strict=True)]

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
        for places in in_batches([len(window) for window in cut]):
            outputs = self._computed([cut[place].encoding for place in places])
            if not all(np.isfinite(output).all() for output in outputs):  # it would look like "not in the documents"
                raise IndexFault(f"The model {self.name} gave a score that is not finite; its weights may be damaged.")
            for row, place in enumerate(places):
                found[place] = tuple(output[row, : len(cut[place])] for output in outputs)
        return [found[place] for place in range(len(cut))]


def distinct(found: Sequence[Found]) -> list[Found]:
    """Those that overlap no better one, best first; two windows find the same span where they overlap."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start)):
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept
