"""The embedder's training in miniature: gradients part by part, and a run that learns, stops and goes on."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.packed import WEIGHTS, sha256_of
from qa.training.base import Base
from qa.training.examples import Lesson, Lessons

pytestmark = pytest.mark.models

OTHERS = [f"La {place} de Safi est en {n} à la mer." for n in range(12) for place in ("gare", "ville")]


def test_a_passage_stands_once_among_those_of_a_step(lessons: list[Lesson]) -> None:
    from qa.training.train_embedder import asked_of  # noqa: PLC0415 - brings torch

    taken = [one for one in lessons if one.example.answer]
    questions, passages, answer = asked_of([*taken, *taken], 0.0, Random(1))
    assert questions == [one.example.question for one in taken] * 2
    assert len(set(passages)) == len(passages)
    assert [passages[n] for n in answer] == [one.example.context for one in taken] * 2


def test_every_question_and_every_text_is_read(lessons: list[Lesson]) -> None:
    from qa.training.train_embedder import Recipe, steps_of  # noqa: PLC0415

    steps = steps_of(lessons, OTHERS, Recipe(epochs=2, batch=5, texts=7))
    assert sorted(text for _, texts in steps for text in texts) == sorted(OTHERS)
    taken = [one.example.id for found, _ in steps for one in found]
    assert sorted(taken) == sorted([one.example.id for one in lessons if one.example.answer] * 2)


def test_gradients_part_by_part_are_those_of_the_whole(
    tokenizer: Tokenizer, tiny: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415

    from qa.training import train_embedder  # noqa: PLC0415
    from qa.training.train_embedder import Encoder, embedder_of  # noqa: PLC0415

    found = []
    for size in (len(OTHERS), 5):
        monkeypatch.setattr(train_embedder, "AT_ONCE", {"cpu": size, "cuda": size})
        model = embedder_of(tiny)
        value = Encoder(model, tokenizer).learn(OTHERS, lambda v: (v[:12] @ v[12:].T).exp().mean() * v[0, 0])
        found.append((value, {n: p.grad for n, p in model.named_parameters() if p.grad is not None}))
    (one, whole), (other, parts) = found
    assert one == pytest.approx(other, rel=1e-5)
    assert set(whole) == set(parts)
    assert all(torch.allclose(whole[name], parts[name], atol=1e-6) for name in whole)


def test_a_run_learns_and_one_that_stopped_ends_the_same(
    tokenizer: Tokenizer, lessons: list[Lesson], tiny: Base, tmp_path: Path, one_thread: None
) -> None:
    import torch  # noqa: PLC0415

    from qa.training.measure import measure_embedder  # noqa: PLC0415
    from qa.training.run import finish  # noqa: PLC0415
    from qa.training.train_embedder import Encoder, Recipe, run_of  # noqa: PLC0415

    recipe = Recipe(epochs=8, batch=12, texts=8, warm=2, rate=1e-3, near=0.1)
    before = measure_embedder(
        Encoder(run_of(tmp_path, recipe, tiny, tokenizer, lessons, []).model, tokenizer), [], lessons, 24
    )
    whole = run_of(tmp_path / "whole", recipe, tiny, tokenizer, lessons, OTHERS)
    whole.go()
    half = run_of(tmp_path / "half", recipe, tiny, tokenizer, lessons, OTHERS)
    for _ in range(whole.pace.steps // 2):
        half.advance()
    half.save()
    resumed = run_of(tmp_path / "half", recipe, tiny, tokenizer, lessons, OTHERS)
    resumed.go()
    for name, tensor in whole.model.state_dict().items():
        assert torch.allclose(tensor, resumed.model.state_dict()[name], atol=1e-5), name

    digest = finish(whole.model, tmp_path / "out")
    assert digest == sha256_of(tmp_path / "out" / WEIGHTS)
    written = load_file(tmp_path / "out" / WEIGHTS)
    assert "embeddings.position_embeddings.weight" in written
    assert len(written) == len(tiny.weights) - 1
    assert {tensor.dtype for tensor in written.values()} == {np.dtype(np.float16)}

    encoder = Encoder(whole.model.eval(), tokenizer)
    after = measure_embedder(encoder, [], lessons, 24)
    assert after["piaf_fr (24), recall@10"] > before["piaf_fr (24), recall@10"]
    assert torch.allclose(encoder(OTHERS).norm(dim=1), torch.ones(len(OTHERS)))


def test_the_command_writes_the_weights_and_measures(
    tokenizer: Tokenizer,
    lessons: list[Lesson],
    tiny: Base,
    tmp_path: Path,
    one_thread: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qa.training import train_embedder  # noqa: PLC0415

    (tmp_path / "train").mkdir()
    parts = {
        "all_lessons": Lessons(lessons[12:], lessons[:12]),
        "other_texts": OTHERS,
        "shipped_base": tiny,
        "shipped_tokenizer": tokenizer,
        "Recipe": train_embedder.Recipe(epochs=1),
    }
    for name, part in parts.items():
        monkeypatch.setattr(train_embedder, name, lambda *_, part=part: part)
    given = ["--data", str(tmp_path), "--run", str(tmp_path / "run"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(train_embedder.main, given)
    assert result.exit_code == 0, result.output
    assert f"SHA-256 {sha256_of(tmp_path / 'out' / WEIGHTS)}" in result.output
    assert "held back, piaf_fr (24), recall@10: " in result.output
    assert (tmp_path / "run/checkpoint.pt").exists()
