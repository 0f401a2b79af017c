"""The reader's training in miniature: what a step holds, what its loss is, and a run that learns, stops and goes on."""

from pathlib import Path

import numpy as np
import pytest
from click import UsageError
from click.testing import CliRunner
from msgspec.structs import replace
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.packed import WEIGHTS, sha256_of
from qa.training.base import Base
from qa.training.batches import Sampler, batch_of
from qa.training.examples import Lesson, Lessons

pytestmark = pytest.mark.models


@pytest.fixture
def sampler(tokenizer: Tokenizer, lessons: list[Lesson]) -> Sampler:
    return Sampler(tokenizer, lessons, seed=5, size=8, crossed=0.0, negatives=1)


def test_a_draw_depends_on_the_seed_and_the_step_alone(
    sampler: Sampler, tokenizer: Tokenizer, lessons: list[Lesson]
) -> None:
    other = Sampler(tokenizer, lessons, seed=5, size=8, crossed=0.0, negatives=1)
    drawn = [sampler.draw(step) for step in range(2 * sampler.steps)]
    assert [other.draw(step) for step in reversed(range(2 * sampler.steps))] == drawn[::-1]
    # An epoch goes twice through piaf_fr and written, three times through the broad questions.
    assert sum(map(len, drawn[: sampler.steps])) == (2 + 2 + 3) * len(lessons) / 3
    assert drawn[: sampler.steps] != drawn[sampler.steps :]


def test_an_answered_question_has_its_passage_and_one_that_does_not_answer(sampler: Sampler) -> None:
    tasks = [task for step in range(sampler.steps) for task in sampler.draw(step)]
    answered = [task for task in tasks if task.windows[0].answer != (0, 0)]
    assert {len(task.windows) for task in answered} == {2}
    assert {task.windows[1].answer for task in answered} == {(0, 0)}
    assert {len(task.windows) for task in tasks if task not in answered} == {1}
    for task in answered:  # the sentence with the year helps, no other, and none of the other passage
        assert [(one.row, one.helps) for one in task.sentences] == [(0, 0), (0, 1), (0, 0), *[(1, 0)] * 3]
    for task in tasks:
        if task.broad:
            assert [(one.helps, one.weight) for one in task.sentences] == [(1, 3), (1, 3), (0, 3)]


def test_an_answer_that_is_no_pieces_is_left_out(tokenizer: Tokenizer, lessons: list[Lesson]) -> None:
    inside = next(one for one in lessons if one.example.answer)
    space = inside.example.context.index(" gare")
    empty = replace(inside, example=replace(inside.example, context="", start=0, end=0))
    blank = replace(inside, example=replace(inside.example, start=space, end=space + 1))
    assert Sampler(tokenizer, [inside, empty, blank], 1, 8, 0.0, 1).lessons == [inside]


def test_the_parts_of_a_step_add_up_to_its_loss(sampler: Sampler, tiny: Base) -> None:
    from qa.training.train_reader import Recipe, Totals, loss_of, reader_of  # noqa: PLC0415 - brings torch

    model, tasks = reader_of(tiny, 0.0), sampler.draw(1)
    totals = Totals.of(tasks)
    whole = loss_of(model, batch_of(tasks), totals, Recipe()).item()
    parts = [loss_of(model, batch_of([task]), totals, Recipe()).item() for task in tasks]
    assert sum(parts) == pytest.approx(whole, rel=1e-4)


def test_the_loss_by_hand() -> None:
    import torch  # noqa: PLC0415

    from qa.training.batches import Batch  # noqa: PLC0415
    from qa.training.train_reader import _among_all, means  # noqa: PLC0415

    evidence = torch.tensor([[0.0, 1.0, 3.0, 5.0]])
    assert means(evidence, torch.tensor([[0, 1, 3], [0, 3, 4]])).tolist() == [2.0, 5.0]
    logits = torch.tensor([[9.0, 1.0, 2.0], [9.0, 0.0, -1e4], [9.0, 3.0, -1e4]])
    nothing = torch.zeros(0)
    batch = Batch(*[nothing] * 5, torch.tensor([0, 0, 1]), torch.tensor([0, 2]), *[nothing] * 3)
    expected = [np.log(np.exp(1) + np.exp(2) + np.exp(0)), 3.0]  # without the first pieces
    assert _among_all(logits, batch).tolist() == pytest.approx(expected)


def test_a_run_learns_and_one_that_stopped_ends_the_same(
    tokenizer: Tokenizer, lessons: list[Lesson], tiny: Base, tmp_path: Path, one_thread: None
) -> None:
    import torch  # noqa: PLC0415

    from qa.training.run import finish  # noqa: PLC0415
    from qa.training.train_reader import Recipe, measure_reader, outputs_of, run_of  # noqa: PLC0415

    recipe = Recipe(epochs=2, batch=16, warm=3, rate=2e-3, average=0.5)
    whole = run_of(tmp_path / "whole", recipe, tiny, tokenizer, lessons)
    losses = [whole.advance() for _ in range(whole.pace.steps)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])
    whole.go()

    half = run_of(tmp_path / "half", recipe, tiny, tokenizer, lessons)
    for _ in range(whole.pace.steps * 2 // 3):
        half.advance()
    half.save()
    resumed = run_of(tmp_path / "half", recipe, tiny, tokenizer, lessons)
    resumed.go()
    for name, tensor in whole.model.state_dict().items():
        assert torch.allclose(tensor, resumed.model.state_dict()[name], atol=1e-5), name
    rows = whole.model.bert.embeddings.word_embeddings.weight
    assert np.array_equal(rows.detach().numpy(), tiny.weights["embeddings.word_embeddings.weight"])

    digest = finish(whole.model, tmp_path / "out")
    written = load_file(tmp_path / "out" / WEIGHTS)
    assert digest == sha256_of(tmp_path / "out" / WEIGHTS)
    assert {tensor.dtype for tensor in written.values()} == {np.dtype(np.float16)}
    assert set(written) == set(whole.model.state_dict()) - {"bert.embeddings.word_embeddings.weight"}
    assert written["classifier.weight"].shape == (3, 64)

    whole.model.eval()
    found = measure_reader(lambda batch: outputs_of(whole.model, batch), tokenizer, lessons, 10)
    assert set(found) == {"evidence, average precision", "piaf_fr, F1"}
    assert all(0 <= value <= 1 + 1e-9 for value in found.values()), found

    with pytest.raises(UsageError, match="another recipe"):
        run_of(tmp_path / "half", Recipe(epochs=2, batch=8), tiny, tokenizer, lessons)
    with pytest.raises(UsageError, match="other data"):
        run_of(tmp_path / "half", recipe, tiny, tokenizer, lessons[:12])


def test_the_command_writes_the_weights_and_measures(
    tokenizer: Tokenizer,
    lessons: list[Lesson],
    tiny: Base,
    tmp_path: Path,
    one_thread: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from qa.training import train_reader  # noqa: PLC0415

    (tmp_path / "train").mkdir()
    parts = {
        "all_lessons": Lessons(lessons[12:], lessons[:12]),
        "shipped_base": tiny,
        "shipped_tokenizer": tokenizer,
        "Recipe": train_reader.Recipe(epochs=0.5),
    }
    for name, part in parts.items():
        monkeypatch.setattr(train_reader, name, lambda *_, part=part: part)
    given = ["--data", str(tmp_path), "--run", str(tmp_path / "run"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(train_reader.main, given)
    assert result.exit_code == 0, result.output
    assert f"SHA-256 {sha256_of(tmp_path / 'out' / WEIGHTS)}" in result.output
    assert "held back, piaf_fr, F1: " in result.output
    assert (tmp_path / "run/checkpoint.pt").exists()


def test_a_folder_without_data_is_said(tmp_path: Path) -> None:
    from qa.training.train_reader import main  # noqa: PLC0415

    result = CliRunner().invoke(main, ["--data", str(tmp_path)])
    assert (result.exit_code, "--data" in result.output) == (2, True)
