"""Trains the reader that ships in `qa/models/reader/`. `make train-reader`.

It starts as the base (`qa/training/base.py`) with a head of three outputs a piece: does an answer start here, does it
end here, does this sentence help to answer. A question that its passage does not answer starts and ends at the first
piece. Among the pieces of all passages of a question together, those of the answer are to be the likeliest. The output
of a sentence is the mean of its pieces'. What is written is a moving average of the weights. Word rows stay as they
are. Minutes on a GPU, days on 2 cores; a run that was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from msgspec import Struct
from torch.nn import functional
from transformers import BertConfig, BertForTokenClassification

from qa.training.base import Base, shipped_base
from qa.training.batches import Batch, Sampler, Task, batch_of
from qa.training.examples import Lesson, all_lessons
from qa.training.measure import Outputs, measure_reader
from qa.training.run import Group, Pace, Run, device, finish, half, usage_errors
from qa.training.windows import shipped_tokenizer

READER = Path(__file__).parents[1] / "models" / "reader"
OUTPUTS = ("start", "end", "evidence")
NEVER = -1e4  # the logit of a piece where no answer may be
AT_ONCE = {"cuda": 64, "cpu": 8}  # questions whose gradients are computed together; as many as the memory holds


class Recipe(Struct, frozen=True):
    """What a run depends on, next to the data. `epochs` are times through all lessons."""

    epochs: float = 2.4
    batch: int = 64  # questions of a step
    negatives: int = 1  # passages of a step that do not answer, for each question
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    warm: int = 200
    dropout: float = 0.1
    crossed: float = 0.3  # share of the questions of a translation that are asked in English
    together: float = 1.0  # weight of the softmax over the passages of a question
    evidence: float = 2.0  # weight of the sentences
    average: float = 0.9975  # share of the old in the moving average, at each step
    seed: int = 1


def reader_of(base: Base, dropout: float) -> Any:
    """The base with a new head."""
    config = BertConfig(
        **base.config()
        | {
            "architectures": ["BertForTokenClassification"],
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": dropout,
            "id2label": dict(enumerate(OUTPUTS)),
            "label2id": {name: n for n, name in enumerate(OUTPUTS)},
        }
    )
    model: Any = BertForTokenClassification(config)
    model.bert.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in base.weights.items()})
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    model.to(device())
    return model


def outputs_of(model: Any, batch: Batch) -> Outputs:
    """The three outputs, each of shape (rows, pieces); start and end are NEVER outside the passage."""
    with half():
        hidden = model.bert(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
    logits = model.classifier(model.dropout(hidden.float()))
    start, end = (logits[..., n].masked_fill(~batch.allowed, NEVER) for n in (0, 1))
    return start, end, logits[..., 2]


def means(evidence: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
    """The mean output of each sentence, given as (row, start, end)."""
    sums = functional.pad(evidence.cumsum(1), (1, 0))
    row, start, end = sentences.unbind(1)
    return (sums[row, end] - sums[row, start]) / (end - start)


class Totals(Struct, frozen=True):
    """What the parts of a step's loss are divided by, so that it does not matter how the step is divided."""

    rows: float
    answered: float
    weight: float

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> Totals:
        """Of all tasks of a step; at least 1 each."""
        rows = sum(len(task.windows) for task in tasks if not task.broad)
        answered = sum(task.windows[0].answer[0] > 0 for task in tasks)
        weight = sum(one.weight for task in tasks for one in task.sentences)
        return cls(max(1, rows), max(1, answered), max(1, weight))


def loss_of(model: Any, batch: Batch, totals: Totals, recipe: Recipe) -> torch.Tensor:
    """The share of these tasks in the loss of their step."""
    start, end, evidence = outputs_of(model, batch)
    helps = functional.binary_cross_entropy_with_logits(
        means(evidence, batch.sentence), batch.helps, batch.weight, reduction="sum"
    )
    loss = recipe.evidence * helps / totals.weight
    answered = batch.answer[batch.row, 0] > 0
    for side, logits in enumerate((start, end)):
        wanted = batch.answer[:, side]
        alone = functional.cross_entropy(logits, wanted, reduction="none") * batch.span
        right = logits[batch.row, wanted[batch.row]]
        among = (_among_all(logits, batch) - right)[answered]
        loss = loss + (alone.sum() / totals.rows + recipe.together * among.sum() / totals.answered) / 2
    return loss


def _among_all(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Of each question, the logarithm of the sum over the pieces of all its passages, without the first ones."""
    passage = torch.cat([torch.full_like(logits[:, :1], NEVER), logits[:, 1:]], 1).logsumexp(1)
    table = torch.full((len(batch.row), len(logits)), -torch.inf, device=logits.device)
    places = (batch.question, torch.arange(len(logits), device=logits.device))
    return table.index_put(places, passage).logsumexp(1)


def run_of(folder: Path, recipe: Recipe, base: Base, tokenizer: Any, lessons: Sequence[Lesson]) -> Run:
    """A run on these lessons. Raises UsageError when the folder holds a checkpoint of another."""
    torch.manual_seed(recipe.seed)  # of the head's first weights
    model = reader_of(base, recipe.dropout)
    sampler = Sampler(tokenizer, lessons, recipe.seed, recipe.batch, recipe.crossed, recipe.negatives)

    def gradients(step: int) -> float:
        model.train()
        tasks, total = sampler.draw(step), 0.0
        totals = Totals.of(tasks)
        for start in range(0, len(tasks), AT_ONCE[device()]):
            batch = batch_of(tasks[start : start + AT_ONCE[device()]]).to(device())
            loss = loss_of(model, batch, totals, recipe)
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    pace = Pace(math.ceil(recipe.epochs * sampler.steps), recipe.warm, recipe.average)
    encoder = [p for p in model.bert.parameters() if p.requires_grad]
    groups = [Group(encoder, recipe.rate, 0.01), Group(list(model.classifier.parameters()), recipe.head_rate, 0.0)]
    return Run(folder, recipe, pace, model, groups, gradients)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder of training data.")
@click.option("--run", "folder", default="checkpoints/reader", type=click.Path(path_type=Path), help="Its checkpoint.")
@click.option("--out", default=str(READER), type=click.Path(path_type=Path), help="Where the weights go.")
@click.option("--held", default=300, show_default=True, help="Measure on so many held-back questions of each set.")
def main(data: Path, folder: Path, out: Path, held: int) -> None:
    """Train the reader, or go on with a run that was stopped."""
    with usage_errors(data):
        lessons, tokenizer = all_lessons(data), shipped_tokenizer()
        run = run_of(folder, Recipe(), shipped_base(), tokenizer, lessons.train)
    run.go()
    click.echo(f"wrote {out}; SHA-256 {finish(run.model, out)}")
    run.model.eval()
    for name, value in measure_reader(
        lambda batch: outputs_of(run.model, batch.to(device())), tokenizer, lessons.held, held
    ).items():
        click.echo(f"held back, {name}: {value:.3f}")


if __name__ == "__main__":
    main()
