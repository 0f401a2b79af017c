"""A run of training: a model, the gradients of a step, and a folder that holds a checkpoint.

A step depends on its number alone, so that a run that was stopped goes on exactly. Rates rise in a straight line and
fall in another to 0. Knows nothing of what is learned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import torch
from msgspec import Struct
from msgspec.json import encode as to_json

from index.embedder import has_bf16
from index.errors import ExtraitError
from index.packed import WEIGHTS, save_packed

CHECKPOINT, SHOWN = 200, 50  # steps between two
GRADIENT = 1.0  # its norm at most
BETAS = (0.9, 0.98)
AVERAGED_FROM = 0.35  # of the run: weights before it are too far from the last ones


class Group(NamedTuple):
    """Parameters that learn alike."""

    parameters: Sequence[torch.nn.Parameter]
    rate: float
    decay: float


class Pace(Struct, frozen=True):
    """How long a run is. `average` is the share of the old in the moving average of the weights; 0 for none."""

    steps: int
    warm: int
    average: float = 0.0

    def factor(self, step: int) -> float:
        """Of the rates at this step."""
        return min(1.0, (step + 1) / self.warm) * (1 - step / self.steps)


def device() -> str:
    """Where training computes."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def half() -> Any:
    """A context in which layers compute in numbers of half the bits, where that is faster."""
    return torch.autocast(device(), torch.bfloat16, enabled=has_bf16(device()))


class Run:
    """A model that learns. `gradients(step)` computes those of a step, and gives its loss."""

    def __init__(
        self,
        folder: Path,
        recipe: Struct,
        pace: Pace,
        model: Any,
        groups: Sequence[Group],
        gradients: Callable[[int], float],
    ) -> None:
        """Goes on from the checkpoint, if there is one. Raises UsageError when it belongs to another recipe."""
        self.file, self.pace, self.model, self.gradients = folder / "checkpoint.pt", pace, model, gradients
        self.recipe = (to_json(recipe) + to_json(pace)).decode()
        self.groups = groups
        self.optimizer = torch.optim.AdamW(
            [{"params": list(one.parameters), "peak": one.rate, "weight_decay": one.decay} for one in groups],
            lr=0.0,
            betas=BETAS,
            fused=True,
        )
        self.step, self.average = 0, dict[str, torch.Tensor]()
        if self.file.exists():
            state = torch.load(self.file, weights_only=True, map_location=device())
            if state["recipe"] != self.recipe:
                raise click.UsageError(f"{self.file} belongs to another recipe or to other data; delete it to begin.")
            self.step, self.average = state["step"], state["average"]
            model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])

    def advance(self) -> float:
        """One step; its loss."""
        torch.manual_seed(self.step)  # of the dropout
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self.pace.factor(self.step)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.gradients(self.step)
        torch.nn.utils.clip_grad_norm_([p for one in self.groups for p in one.parameters], GRADIENT)
        self.optimizer.step()
        self.step += 1
        if self.pace.average and self.step > AVERAGED_FROM * self.pace.steps:
            self._remember()
        return loss

    def _remember(self) -> None:
        with torch.no_grad():
            for name, tensor in self.model.named_parameters():
                if tensor.requires_grad:
                    known = self.average.setdefault(name, tensor.detach().clone())
                    known.lerp_(tensor, 1 - self.pace.average)

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        state = {
            "recipe": self.recipe,
            "step": self.step,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, self.file.with_suffix(".new"))
        self.file.with_suffix(".new").replace(self.file)

    def go(self) -> None:
        """Trains to the end, and puts the average of the weights in the place of the last ones, if there is one."""
        began, first = time.perf_counter(), self.step
        losses: list[float] = []
        while self.step < self.pace.steps:
            losses.append(self.advance())
            last = self.step == self.pace.steps
            if self.step % SHOWN == 0 or last:
                pace = (time.perf_counter() - began) / (self.step - first)
                shown = f"loss {np.mean(losses[-SHOWN:]):.4f}, {pace:.2f} s each"
                click.echo(f"step {self.step} of {self.pace.steps}: {shown}", err=True)
            if self.step % CHECKPOINT == 0 or last:
                self.save()
        self.model.load_state_dict(self.average, strict=False)


def finish(model: Any, folder: Path) -> str:
    """Writes the weights as they ship; their SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    return save_packed({name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}, folder / WEIGHTS)


@contextmanager
def usage_errors(data: Path) -> Iterator[None]:
    """What is missing or faulty, as a UsageError that names it."""
    if not (data / "train").is_dir():
        raise click.UsageError(f"There is no folder {data / 'train'}: name the one that holds train/ with --data.")
    try:
        yield
    except (ExtraitError, OSError, ValueError) as error:
        raise click.UsageError(str(error)) from error
