"""Trains the reader that ships in `qa/models/reader/`. `make train-reader`.

It starts as the project's embedder with a question-answering head, and learns where the answer to a question begins
and ends in a passage; for a question that the passage does not answer, both are the first piece. The word rows stay as
they are: most are seen too seldom here to learn. A run that was stopped goes on from its last checkpoint. About two
hours on 2 cores; uses a GPU where there is one.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
import torch
from msgspec import Struct
from msgspec.json import encode as to_json
from torch.nn import functional

from index.embedder import DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256, has_bf16
from index.packed import WEIGHTS, save_packed, unpacked
from index.text import words
from qa.span_model import SpanModel, Window, padded, windows
from qa.training.examples import Example, all_examples, drawn, split
from qa.training.switching import Lexicon, french_pairs, induced, switched

READER = Path(__file__).parents[1] / "models" / "reader"
CHECKPOINT, MEASURE = 200, 1_000  # steps between two
HELD = {"piaf_fr": 300, "squad_en_v2": 200, "squad_es_v1": 100, "arcd_ar": 100}  # held-back questions that are measured


class Pass(Struct, frozen=True):
    """Examples drawn anew, and the rates falling to 0 once."""

    examples: int
    shares: dict[str, float]  # of each language
    french: float = 0.0  # share of the English examples with words put into French
    dropout: bool = False  # for a pass that sees each example many times
    keep: float = 0.0  # share of the model before the pass in the model after it


FIRST = {"fr": 0.32, "en": 0.38, "es": 0.09, "it": 0.08, "de": 0.04, "ar": 0.09}
LAST = {"fr": 0.26, "en": 0.50, "es": 0.07, "it": 0.06, "de": 0.03, "ar": 0.08}


class Recipe(Struct, frozen=True):
    """What a run depends on, next to the data."""

    passes: tuple[Pass, ...] = (
        Pass(44_000, FIRST),
        Pass(36_000, FIRST, keep=0.3),
        Pass(96_000, LAST, french=0.5, dropout=True, keep=0.2),
    )
    batch: int = 16
    rate: float = 2e-4  # of the encoder, after the warm-up, falling to 0 in each pass
    head_rate: float = 1e-3
    warm: float = 0.06  # share of the steps of a pass that warm up
    window: int = 192  # pieces that training reads at once
    seed: int = 20261124


def targets(window: Window, example: Example) -> tuple[int, int]:
    """The pieces where the answer begins and ends; the first piece twice when the window has none, or half of it."""
    if example.start == example.end:
        return 0, 0
    inside = [place for place, span in enumerate(window.spans) if span]
    begins = [p for p in inside if window.spans[p][0] <= example.start < window.spans[p][1]]  # type: ignore[index]
    ends = [p for p in inside if window.spans[p][0] < example.end <= window.spans[p][1]]  # type: ignore[index]
    return (begins[0], ends[0]) if begins and ends and begins[0] <= ends[0] else (0, 0)


def batches(tokenizer: Any, examples: Sequence[Example], recipe: Recipe) -> list[list[tuple[Window, tuple[int, int]]]]:
    """One window of each example, that with its answer, in batches of like length and in random order."""
    best: dict[int, tuple[Window, tuple[int, int]]] = {}
    cut = windows(tokenizer, [e.question for e in examples], [e.context for e in examples], recipe.window)
    for window in cut:
        found = targets(window, examples[window.text])
        if window.text not in best or found != (0, 0):
            best[window.text] = (window, found)
    random = Random(recipe.seed)
    taken = []
    pool = recipe.batch * 40
    for start in range(0, len(examples), pool):
        part = sorted((best[n] for n in range(start, min(start + pool, len(examples)))), key=lambda row: len(row[0]))
        groups = [part[n : n + recipe.batch] for n in range(0, len(part), recipe.batch)]
        random.shuffle(groups)
        taken += groups
    return taken


def loss_of(model: Any, tokenizer: Any, batch: Sequence[tuple[Window, tuple[int, int]]]) -> torch.Tensor:
    """Cross-entropy of the start and of the end, over the pieces of the text and the first."""
    device = next(model.parameters()).device
    inputs = {name: tensor.to(device) for name, tensor in padded(tokenizer, [window for window, _ in batch]).items()}
    with torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device.type)):
        output = model(**inputs)
    allowed = torch.zeros(inputs["input_ids"].shape, dtype=torch.bool)
    for row, (window, _) in enumerate(batch):
        allowed[row, : len(window)] = torch.tensor([span is not None for span in window.spans])
    allowed[:, 0] = True
    wanted = torch.tensor([target for _, target in batch], device=device)
    losses = [
        functional.cross_entropy(logits.float().masked_fill(~allowed.to(device), -1e4), wanted[:, side])
        for side, logits in enumerate((output.start_logits, output.end_logits))
    ]
    return (losses[0] + losses[1]) / 2


def overlap(given: str, gold: str) -> float:
    """F1 of their words, 0..1; a measure to train by, the evaluation has the official one."""
    one, other = Counter(words(given)), Counter(words(gold))
    shared = sum((one & other).values())
    return 2 * shared / (sum(one.values()) + sum(other.values())) if shared else float(one == other)


def measure(reader: SpanModel, held: Sequence[Example]) -> dict[str, float]:
    """Mean F1 by set; no answer counts as an empty one."""
    found: dict[str, list[float]] = {}
    readings = reader.read_all([e.question for e in held], [e.context for e in held], 1)
    for example, reading in zip(held, readings, strict=True):
        best = reading.spans[0] if reading.spans else None
        # Every question of the other sets has an answer; only SQuAD 2 asks whether there is one.
        silent = best is None or (example.set == "squad_en_v2" and reading.none > best.score)
        given = "" if silent or best is None else example.context[best.start : best.end]
        found.setdefault(example.set, []).append(overlap(given, example.answer))
    return {name: float(np.mean(scores)) for name, scores in found.items()}


class Run:
    """A training run in a folder that holds its checkpoint."""

    def __init__(self, folder: Path, recipe: Recipe, examples: Sequence[Example], known: Lexicon) -> None:
        self.file, self.recipe = folder / "checkpoint.pt", recipe
        torch.manual_seed(recipe.seed)  # of the head's first weights
        with unpacked(DEFAULT_MODEL, DEFAULT_WEIGHTS_SHA256) as source:
            self.reader = SpanModel(str(source))
        train, held = split(examples)
        random = Random(recipe.seed)
        self.held = [
            one
            for name, count in HELD.items()
            for found in [[e for e in held if e.set == name]]
            for one in random.sample(found, min(count, len(found)))
        ]
        self.batches, self.ends = [], [0]  # the step at which each pass ends
        for place, one in enumerate(recipe.passes):
            taken = drawn(train, one.examples, one.shares, recipe.seed + place)
            taken = [
                switched(e, known, random) if e.language == "en" and random.random() < one.french else e for e in taken
            ]
            self.batches += batches(self.reader.tokenizer, taken, recipe)
            self.ends.append(len(self.batches))
        self.model = self.reader.model
        self.model.set_attn_implementation("eager")  # faster to train on a CPU than the fused one
        rows = self.model.get_input_embeddings().weight
        rows.requires_grad = False
        head = list(self.model.qa_outputs.parameters())
        others = [p for p in self.model.parameters() if p is not rows and not any(p is h for h in head)]
        self.optimizer = torch.optim.AdamW(
            [{"params": others, "peak": recipe.rate}, {"params": head, "peak": recipe.head_rate}],
            weight_decay=0.01,
            fused=True,
        )
        self.step = 0
        self.before: dict[str, torch.Tensor] = self.weights()  # the model at the end of the last pass
        if self.file.exists():
            state = torch.load(self.file, weights_only=True)
            if state["recipe"] != to_json(recipe).decode():
                raise click.UsageError(f"{self.file} belongs to another recipe; delete it to begin again.")
            self.step, self.before = state["step"], state["before"]
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of the model's."""
        return {name: tensor.cpu().clone() for name, tensor in self.model.state_dict().items()}

    def current(self) -> int:
        """The place of the pass that this step belongs to."""
        return next(place for place, end in enumerate(self.ends[1:]) if self.step < end)

    def pace(self) -> float:
        """The factor of the learning rates at this step."""
        first, last = self.ends[self.current() :][:2]
        warm = first + self.recipe.warm * (last - first)
        return float(np.interp(self.step, [first, warm, last], [0.02, 1.0, 0.0]))

    def advance(self) -> float:
        """One step; its loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self.pace()
        self.model.train(self.recipe.passes[self.current()].dropout)
        self.optimizer.zero_grad(set_to_none=True)
        loss = loss_of(self.model, self.reader.tokenizer, self.batches[self.step])
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        if self.step in self.ends:
            keep = self.recipe.passes[self.ends.index(self.step) - 1].keep
            mean = {name: keep * self.before[name] + (1 - keep) * now for name, now in self.weights().items()}
            self.model.load_state_dict(mean)
            self.before = self.weights()
        return float(loss.detach())

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        state = {
            "recipe": to_json(self.recipe).decode(),
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "before": self.before,
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, self.file.with_suffix(".new"))
        self.file.with_suffix(".new").replace(self.file)

    def go(self) -> None:
        """Trains to the end."""
        began, first, losses = time.perf_counter(), self.step, []
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model.to(device)
        while self.step < len(self.batches):
            losses.append(self.advance())
            last = self.step == len(self.batches)
            if self.step % 50 == 0:
                pace = (time.perf_counter() - began) / (self.step - first)
                shown = f"{pace:.2f} s each: loss {np.mean(losses[-50:]):.3f}"
                click.echo(f"step {self.step} of {len(self.batches)}, {shown}", err=True)
            if self.step % CHECKPOINT == 0 or self.step in self.ends:
                self.save()
            if self.step % MEASURE == 0 or last:
                self.model.eval().to("cpu")
                shown = ", ".join(f"{name} {score:.3f}" for name, score in measure(self.reader, self.held).items())
                click.echo(f"step {self.step}: held-back F1 {shown}")
                self.model.to(device)
        self.model.to("cpu")

    def finish(self, folder: Path) -> str:
        """Writes the model as it ships; the SHA-256 of its weights."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.config.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            if (DEFAULT_MODEL / name).exists():
                shutil.copy(DEFAULT_MODEL / name, folder / name)
        return save_packed({name: tensor.numpy() for name, tensor in self.weights().items()}, folder / WEIGHTS)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder of training data.")
@click.option("--run", "folder", default="checkpoints/reader", type=click.Path(path_type=Path), help="Its checkpoint.")
@click.option("--out", default=str(READER), type=click.Path(path_type=Path), help="Where the model goes.")
def main(data: Path, folder: Path, out: Path) -> None:
    """Train the reader, or go on with a run that was stopped."""
    if not (data / "train").is_dir():
        raise click.UsageError(f"There is no folder {data / 'train'}: name the one that holds train/ with --data.")
    run = Run(folder, Recipe(), all_examples(data), induced(french_pairs(data)))
    run.go()
    click.echo(f"wrote {out}; SHA-256 {run.finish(out)}: put it into qa/span_reader.py")


if __name__ == "__main__":
    main()
