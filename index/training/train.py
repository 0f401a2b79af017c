"""Trains the embedder that ships in `index/models/embedder/`. `make train-embedder`.

The teacher is all-MiniLM-L6-v2, and the student starts as its copy with a wider vocabulary. A step has three losses:
the student's vector of a translation, and of the English itself, nears the teacher's vector of the English; among the
teacher's vectors of the step, a translation picks its own; among the passages of the step, many from the same article,
a question picks the one that answers it. A run that was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from msgspec import Struct
from msgspec.json import encode as to_json
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import AutoModel

from index.embedder import DEFAULT_MODEL, has_bf16
from index.packed import WEIGHTS, save_packed
from index.training.base import base_model
from index.training.batches import Batch, Sampler, Sizes
from index.training.corpora import Corpora, Passage, all_passages, held_back, read_corpora
from index.training.vocabulary import extend, start_rows, with_pieces

LONGEST = 200  # pieces of a text that training reads
SHARPNESS = 20.0  # of the softmax over cosines
CHECKPOINT, MEASURE = 50, 150  # steps between two
GROUP = 24  # texts of like length that are read together
# Of the base model's folder; the model card and the vocabulary are our own.
NOT_OURS = (WEIGHTS, ".gitattributes", "README.md", "data_config.json", "tokenizer.json", "vocab.txt")


class Recipe(Struct, frozen=True):
    """What a run depends on, next to the data."""

    # (step, factor of the rates), joined by straight lines: up, slowly down, to 0, and once more with mined negatives.
    pace: tuple[tuple[int, float], ...] = (
        (0, 0.04),
        (24, 0.94),
        (200, 0.52),
        (300, 0.0),
        (320, 0.8),
        (460, 0.545),
        (600, 0.0),
    )
    mined_from: int = 300  # the step from which hard negatives are mined
    rate: float = 2e-4
    row_rate: float = 6e-4  # of the word rows, most of which a step does not touch
    near: float = 6.0  # weight of the distances to the teacher, which are small numbers
    seed: int = 20261123
    wider: bool = True  # add pieces to the vocabulary
    sizes: Sizes = Sizes()

    @property
    def steps(self) -> int:
        """How many steps the run has."""
        return self.pace[-1][0]


class Encoder:
    """A BERT encoder with mean pooling over its own tokenizer."""

    def __init__(self, model: Any, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer
        tokenizer.enable_truncation(LONGEST)
        tokenizer.enable_padding()

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors, shape (len(texts), dimension), in order; texts of like length are read together."""
        order = np.argsort([len(text) for text in texts], kind="stable")
        parts = []
        for start in range(0, len(order), GROUP):
            cut = self.tokenizer.encode_batch([texts[n] for n in order[start : start + GROUP]])
            ids = torch.tensor([e.ids for e in cut])
            mask = torch.tensor([e.attention_mask for e in cut])
            with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16()):
                hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            weight = mask.unsqueeze(-1).to(hidden.dtype)
            parts.append(functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=1))
        back = torch.from_numpy(np.argsort(order, kind="stable"))
        return torch.cat(parts)[back]


def base() -> tuple[Any, Tokenizer]:
    """The model that all starts from."""
    folder = base_model()
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    return model, Tokenizer.from_file(str(folder / "tokenizer.json"))


def texts_by_language(corpora: Corpora) -> dict[str, list[str]]:
    """What the pieces of each language are taken from; passages three times, for they are nearest to documents."""
    found = {
        code: list(dict.fromkeys(p.text for p in [*corpora.sentences.get(code, []), *corpora.paragraphs.get(code, [])]))
        for code in {**corpora.sentences, **corpora.passages}
        if code != "en"
    }
    for code in found:
        found[code] += [p.text for p in corpora.passages.get(code, [])] * 3
        found[code] += [q for p in corpora.passages.get(code, []) for q in p.questions]
    found["fr"] += corpora.french
    return found


def student(corpora: Corpora, recipe: Recipe) -> Encoder:
    """A copy of the teacher, with more pieces when the recipe says so."""
    model, old = base()
    old.no_truncation()
    old.no_padding()
    tokenizer = old
    table = model.embeddings.word_embeddings.weight.detach()
    if recipe.wider:
        english = [p.text for p in corpora.passages.get("en", [])]
        english += list({p.english for found in corpora.sentences.values() for p in found})
        fresh = extend(old, texts_by_language(corpora), sorted(english))
        tokenizer = with_pieces(old, fresh)
        rows, learned = start_rows(old, tokenizer, fresh, corpora.sentences, table.numpy())
        table = torch.cat([table, torch.from_numpy(rows)])
        click.echo(f"{len(fresh)} new pieces, {learned} of them from the lexicon", err=True)
    return _with_table(model, table, tokenizer)


def _with_table(model: Any, table: torch.Tensor, tokenizer: Tokenizer) -> Encoder:
    rows = torch.nn.Embedding(len(table), table.shape[1], padding_idx=0, sparse=True)
    rows.weight = torch.nn.Parameter(table.clone())
    model.embeddings.word_embeddings = rows
    model.config.vocab_size = len(table)
    return Encoder(model, tokenizer)


def loss_of(student: Encoder, teacher: Encoder, batch: Batch, near: float) -> dict[str, torch.Tensor]:
    """The three losses of a step."""
    english = [pair.english for pair in batch.translations]
    # English is kept by reading a third of it again; English passages are held near the teacher as well.
    again = english[::3]
    passages = batch.passages if batch.language == "en" else []
    with torch.no_grad():
        target = teacher(english)
        kept = teacher(passages) if passages else None
    vectors = student([pair.text for pair in batch.translations] + again)
    translated, same = vectors[: len(english)], vectors[len(english) :]
    losses = {
        "near": near * (1 - (translated * target).sum(1)).mean() + near / 2 * (1 - (same * target[::3]).sum(1)).mean(),
        "translation": functional.cross_entropy(SHARPNESS * translated @ target.T, _places(english)),
    }
    asked, found = student(batch.questions), student(batch.passages)
    losses["answer"] = functional.cross_entropy(SHARPNESS * asked @ found.T, torch.tensor(batch.answer))
    if kept is not None:
        losses["kept"] = near / 4 * (1 - (found * kept).sum(1)).mean()
    return losses


def _places(texts: Sequence[str]) -> torch.Tensor:
    """Where each text stands first: an English sentence with two translations is one target."""
    first: dict[str, int] = {}
    return torch.tensor([first.setdefault(text, place) for place, text in enumerate(texts)])


def dense_recall(encode: Callable[[Sequence[str]], torch.Tensor], passages: Sequence[Passage]) -> float:
    """Share of the held-back questions whose passage comes first among all of the set, by vectors alone."""
    texts = list(dict.fromkeys(p.text for p in passages))
    asked = [(q, texts.index(p.text)) for p in passages if held_back(p.article) for q in p.questions]
    with torch.no_grad():
        scores = encode([q for q, _ in asked]) @ encode(texts).T
    return float((scores.argmax(1) == torch.tensor([place for _, place in asked])).float().mean())


class Run:
    """A training run in a folder that holds its checkpoint."""

    def __init__(self, folder: Path, recipe: Recipe, corpora: Corpora, passages: Sequence[Passage]) -> None:
        self.file, self.recipe, self.passages = folder / "checkpoint.pt", recipe, passages
        self.sampler = Sampler(corpora, recipe.sizes, recipe.seed, recipe.mined_from)
        self.teacher = Encoder(*base())
        state = torch.load(self.file, weights_only=True) if self.file.exists() else None
        if state and state["recipe"] != to_json(recipe).decode():
            raise click.UsageError(f"{self.file} belongs to another recipe; delete it to begin again.")
        if state:
            table = state["model"]["embeddings.word_embeddings.weight"]
            self.student = _with_table(base()[0], table, Tokenizer.from_str(state["tokenizer"]))
            self.student.model.load_state_dict(state["model"])
        else:
            self.student = student(corpora, recipe)
        self.student.model.eval()  # no dropout: the target is a fixed function
        rows = self.student.model.embeddings.word_embeddings.weight
        self.dense = [p for p in self.student.model.parameters() if p is not rows]
        self.optimizers = [
            torch.optim.AdamW(self.dense, lr=recipe.rate, weight_decay=0.01),
            torch.optim.SparseAdam([rows], lr=recipe.row_rate),
        ]
        self.step = 0
        if state:
            self.step = state["step"]
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)

    def pace(self) -> float:
        """The factor of the learning rates at this step."""
        steps, factors = zip(*self.recipe.pace, strict=True)
        return float(np.interp(self.step, steps, factors))

    def advance(self) -> dict[str, float]:
        """One step; its losses."""
        for optimizer, rate in zip(self.optimizers, (self.recipe.rate, self.recipe.row_rate), strict=True):
            optimizer.param_groups[0]["lr"] = rate * self.pace()
            optimizer.zero_grad(set_to_none=True)
        losses = loss_of(self.student, self.teacher, self.sampler.draw(self.step), self.recipe.near)
        sum(losses.values(), torch.zeros(())).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.dense, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        state = {
            "recipe": to_json(self.recipe).decode(),
            "step": self.step,
            "model": self.student.model.state_dict(),
            "tokenizer": self.student.tokenizer.to_str(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, self.file.with_suffix(".new"))
        self.file.with_suffix(".new").replace(self.file)

    def go(self) -> None:
        """Trains to the end."""
        began, first = time.perf_counter(), self.step
        self.save()
        while self.step < self.recipe.steps:
            losses = self.advance()
            if self.step % 10 == 0:
                pace = (time.perf_counter() - began) / (self.step - first)
                shown = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
                click.echo(f"step {self.step} of {self.recipe.steps}, {pace:.1f} s each: {shown}", err=True)
            if self.step % CHECKPOINT == 0:
                self.save()
            if self.step % MEASURE == 0 or self.step == self.recipe.steps:
                click.echo(f"step {self.step}: held-back recall@1 {dense_recall(self.student, self.passages):.3f}")
        self.save()

    def finish(self, folder: Path) -> str:
        """Writes the model as it ships; the SHA-256 of its weights."""
        shutil.copytree(base_model(), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_OURS))
        config = json.loads((folder / "config.json").read_bytes())
        config |= {"vocab_size": self.student.model.config.vocab_size, "_name_or_path": "extrait-minilm"}
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
        self.student.tokenizer.no_truncation()
        self.student.tokenizer.no_padding()
        self.student.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        weights = {name: tensor.numpy() for name, tensor in self.student.model.state_dict().items()}
        return save_packed(weights, folder / WEIGHTS)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder of training data.")
@click.option(
    "--run", "folder", default="checkpoints/embedder", type=click.Path(path_type=Path), help="Its checkpoint."
)
@click.option("--out", default=str(DEFAULT_MODEL), type=click.Path(path_type=Path), help="Where the model goes.")
def main(data: Path, folder: Path, out: Path) -> None:
    """Train the embedder, or go on with a run that was stopped."""
    if not (data / "train").is_dir():
        raise click.UsageError(f"There is no folder {data / 'train'}: name the one that holds train/ with --data.")
    piaf = [passage for passage in all_passages(data) if passage.set == "piaf_fr"]
    run = Run(folder, Recipe(), read_corpora(data), piaf)
    run.go()
    click.echo(f"wrote {out}; SHA-256 {run.finish(out)}: put it into index/embedder.py")


if __name__ == "__main__":
    main()
