"""Trains the embedder that ships in `index/models/embedder/`. `make train-embedder`.

It starts as the base (`qa/training/base.py`). There are two kinds of steps. Among the passages of a step, one of them
near to each question by its words, a question picks the one that answers it, while all vectors stay near to the base's;
and other texts keep the base's vectors. Word rows stay as they are. Minutes on a GPU, days on 2 cores; a run that was
stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import click
import torch
from msgspec import Struct
from torch.nn import functional
from transformers import BertConfig, BertModel

from index.embedder import DEFAULT_MODEL
from qa.training.base import PAD, Base, shipped_base
from qa.training.corpora import other_texts
from qa.training.examples import Lesson, all_lessons, portioned
from qa.training.measure import measure_embedder
from qa.training.run import Group, Pace, Run, device, finish, half, usage_errors
from qa.training.windows import shipped_tokenizer

QUESTION, PASSAGE = "query: ", "passage: "  # what the base was taught to find before a text
LONGEST = 320  # pieces of a text that training reads
AT_ONCE = {"cuda": 256, "cpu": 32}  # texts of like length that are computed together; as many as the memory holds
ASKING = 0.35  # share of the other texts that are read as questions
# Reviews, forum threads and privacy policies are far from what is asked of documents.
AT_MOST = {"squadshifts_reddit": 2_500, "squadshifts_amazon_reviews": 2_500, "policyqa": 800}

Loss = Callable[[torch.Tensor], torch.Tensor]  # of vectors, in the order of their texts


class Recipe(Struct, frozen=True):
    """What a run depends on, next to the data. `epochs` are times through all answered questions."""

    epochs: int = 2
    batch: int = 256  # questions of a step
    texts: int = 512  # other texts of a step
    others: int = 140_000  # other texts, each read once
    rate: float = 5e-5
    warm: int = 60
    temperature: float = 0.02
    near: float = 20.0  # weight of the distance to the base's vectors, where questions are asked
    same: float = 10.0  # the same, of other texts
    crossed: float = 0.3  # share of the questions of a translation that are asked in English
    seed: int = 1


def embedder_of(base: Base) -> Any:
    """The base as a network, without dropout: the target is a fixed function."""
    config = BertConfig(**base.config() | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    model: Any = BertModel(config, add_pooling_layer=False)
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in base.weights.items()})
    model.embeddings.word_embeddings.weight.requires_grad = False
    model.to(device())
    return model


class Encoder:
    """Texts to unit vectors, the mean over their pieces."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer
        tokenizer.enable_truncation(LONGEST)

    def __call__(self, texts: Sequence[str], prefix: str = "") -> torch.Tensor:
        """Vectors without gradients, shape (len(texts), dimension), in order."""
        with torch.no_grad():
            found = [(places, vectors) for places, vectors in self._parts([prefix + text for text in texts])]
        back = torch.tensor([place for places, _ in found for place in places]).argsort()
        return torch.cat([vectors for _, vectors in found])[back.to(device())]

    def learn(self, texts: Sequence[str], loss: Loss) -> float:
        """Adds the gradients of a loss of the vectors of all texts; its value.

        The gradients of the vectors come first. Those of the weights follow part by part, which is the same, in as much
        memory as one part needs (Gao and others 2021, "Scaling Deep Contrastive Learning Batch Size").
        """
        vectors = self(texts).requires_grad_()
        value = loss(vectors)
        value.backward()  # type: ignore[no-untyped-call]
        assert vectors.grad is not None  # noqa: S101 - backward put it there
        for places, again in self._parts(texts):
            again.backward(vectors.grad[places])
        return float(value.detach())

    def _parts(self, texts: Sequence[str]) -> Any:
        cut = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda n: len(cut[n].ids))
        for first in range(0, len(order), AT_ONCE[device()]):
            places = order[first : first + AT_ONCE[device()]]
            longest = (len(cut[places[-1]].ids) + 7) // 8 * 8
            ids = torch.tensor([cut[n].ids + [PAD] * (longest - len(cut[n].ids)) for n in places]).to(device())
            mask = (ids != PAD).long()
            with half():
                hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            sums = (hidden * mask[:, :, None]).sum(1)
            yield places, functional.normalize(sums / mask.sum(1, keepdim=True), dim=1)


def steps_of(
    lessons: Sequence[Lesson], others: Sequence[str], recipe: Recipe
) -> list[tuple[Sequence[Lesson], Sequence[str]]]:
    """What each step reads: questions, or other texts of like length."""
    random = Random(recipe.seed)
    answered = [one for one in lessons if one.example.answer]
    found: list[tuple[Sequence[Lesson], Sequence[str]]] = []
    for _ in range(recipe.epochs):
        taken = portioned(answered, AT_MOST, {}, random)
        found += [(taken[n : n + recipe.batch], ()) for n in range(0, len(taken), recipe.batch)]
    by_length = sorted(others, key=len)
    found += [((), by_length[n : n + recipe.texts]) for n in range(0, len(by_length), recipe.texts)]
    random.shuffle(found)
    return found


def asked_of(lessons: Sequence[Lesson], crossed: float, random: Random) -> tuple[list[str], list[str], list[int]]:
    """Questions, passages, and for each question the place of the passage that answers it."""
    questions = [one.english if one.english and random.random() < crossed else one.example.question for one in lessons]
    contexts = [one.example.context for one in lessons]
    negatives = [random.choice(one.negatives) for one in lessons if one.negatives]
    place = {text: n for n, text in enumerate(dict.fromkeys(contexts + negatives))}
    return questions, list(place), [place[text] for text in contexts]


def run_of(
    folder: Path, recipe: Recipe, base: Base, tokenizer: Any, lessons: Sequence[Lesson], others: Sequence[str]
) -> Run:
    """A run on these lessons and texts. Raises UsageError when the folder holds a checkpoint of another."""
    model = embedder_of(base)
    teacher, student = Encoder(copy.deepcopy(model).eval(), tokenizer), Encoder(model, tokenizer)
    steps = steps_of(lessons, others, recipe)

    def gradients(step: int) -> float:
        model.train()
        random = Random(f"{recipe.seed} {step}")
        taken, texts = steps[step]
        if not taken:
            prefixed = [(QUESTION if random.random() < ASKING else PASSAGE) + text for text in texts]
            kept = teacher(prefixed)
            return student.learn(prefixed, lambda vectors: recipe.same * _distance(vectors, kept))
        questions, passages, answer = asked_of(taken, recipe.crossed, random)
        prefixed = [QUESTION + text for text in questions] + [PASSAGE + text for text in passages]
        kept, count = teacher(prefixed), len(questions)

        def loss(vectors: torch.Tensor) -> torch.Tensor:
            scores = vectors[:count] @ vectors[count:].T / recipe.temperature
            picked = functional.cross_entropy(scores, torch.tensor(answer, device=scores.device))
            near = _distance(vectors[:count], kept[:count]) + _distance(vectors[count:], kept[count:])
            return picked + recipe.near * near

        return student.learn(prefixed, loss)

    learned = [p for p in model.parameters() if p.requires_grad]
    return Run(folder, recipe, Pace(len(steps), recipe.warm), model, [Group(learned, recipe.rate, 0.01)], gradients)


def _distance(vectors: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    return (1 - (vectors * others).sum(1)).mean()


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder of training data.")
@click.option(
    "--run", "folder", default="checkpoints/embedder", type=click.Path(path_type=Path), help="Its checkpoint."
)
@click.option("--out", default=str(DEFAULT_MODEL), type=click.Path(path_type=Path), help="Where the weights go.")
@click.option("--held", default=300, show_default=True, help="Measure on so many held-back questions of each set.")
def main(data: Path, folder: Path, out: Path, held: int) -> None:
    """Train the embedder, or go on with a run that was stopped."""
    recipe = Recipe()
    with usage_errors(data):
        lessons, tokenizer = all_lessons(data), shipped_tokenizer()
        others = other_texts(data, recipe.seed, recipe.others)
        run = run_of(folder, recipe, shipped_base(), tokenizer, lessons.train, others)
    run.go()
    click.echo(f"wrote {out}; SHA-256 {finish(run.model, out)}")
    for name, value in measure_embedder(
        Encoder(run.model.eval(), tokenizer), lessons.train, lessons.held, held
    ).items():
        click.echo(f"held back, {name}: {value:.3f}")


if __name__ == "__main__":
    main()
