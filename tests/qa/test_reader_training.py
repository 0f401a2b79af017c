"""The reader's training: what it draws, where it points, and a small run that stops, goes on and ships."""

from pathlib import Path
from random import Random

import pytest
from click import UsageError

from index.packed import sha256_of, unpacked
from qa.span_model import SpanModel, windows
from qa.training import train_reader
from qa.training.examples import Example, crop, drawn, split
from qa.training.train_reader import Recipe, Run, targets

FRENCH = "Le train de Tanger part à huit heures. « L'été » 😀, dit-on, dure trois mois à Fès. " * 12
ARABIC = "تأسست مدينة الرباط في القرن الثاني عشر على يد الموحدين وهي عاصمة المملكة. " * 6


def example(number: int, name: str, language: str, context: str, answer: str) -> Example:
    start = context.rindex(answer) if answer else 0
    return Example(
        f"q{number}", name, language, f"a{number}", f"Question {number} ?", context, start, start + len(answer)
    )


EXAMPLES = [
    *(example(n, "piaf_fr", "fr", f"{n}. {FRENCH}", "trois mois" if n % 3 else "") for n in range(40)),
    *(example(n, "squad_en_v2", "en", f"{n}. {FRENCH}", "huit heures") for n in range(40, 60)),
    *(example(n, "arcd_ar", "ar", f"{n}. {ARABIC}", "القرن الثاني عشر") for n in range(60, 80)),
]


def test_a_crop_keeps_the_answer() -> None:
    random = Random(1)
    for one in EXAMPLES:
        cut = crop(one, random)
        assert cut.answer == one.answer
        assert cut.context in one.context
        assert len(cut.context) < len(one.context) or len(one.context) <= 700


def test_the_same_seed_draws_the_same_in_the_shares_of_the_languages() -> None:
    taken = drawn(EXAMPLES, 100, 7)
    assert taken == drawn(EXAMPLES, 100, 7)
    assert taken != drawn(EXAMPLES, 100, 8)
    counts = {code: sum(one.language == code for one in taken) for code in ("fr", "en", "ar")}
    assert counts == {"fr": 32, "en": 38, "ar": 9}


def test_a_passage_that_is_exchanged_does_not_hold_the_answer() -> None:
    words = ["lune", "mer", "forge", "neige", "sable"]
    some = [example(n, "piaf_fr", "fr", f"Le mot est {word}{n}.", f"{word}{n}") for n, word in enumerate(words * 8)]
    answers = {one.id: one.answer for one in some}
    strange = [one for one in drawn(some, 100, 3) if one.start == one.end]
    assert strange
    assert all(answers[one.id] not in one.context for one in strange)


def test_no_article_is_on_both_sides() -> None:
    train, held = split(EXAMPLES)
    assert train
    assert held
    assert not {one.article for one in train} & {one.article for one in held}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("run"), Recipe(examples=(8, 4), batch=4), EXAMPLES)


@pytest.mark.models
def test_the_pieces_aimed_at_are_the_answer(run: Run) -> None:
    for one in EXAMPLES:
        aimed = []
        for window in windows(run.reader.tokenizer, [one.question], [one.context], 128):
            first, last = targets(window, one)
            if first:
                begins, ends = window.spans[first], window.spans[last]
                assert begins
                assert ends
                aimed.append(one.context[begins[0] : ends[1]])
        assert set(aimed) == ({one.answer} if one.answer else set())


@pytest.mark.models
def test_a_run_stops_goes_on_and_ships(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run.model.qa_outputs.weight.detach().clone()
    run.advance()
    run.save()
    again = Run(run.file.parent, run.recipe, EXAMPLES)
    assert again.step == 1
    monkeypatch.setattr(train_reader, "HELD", {})
    again.go()
    assert again.step == len(again.batches) == 3
    assert again.ends == [0, 2, 3]
    assert not again.model.qa_outputs.weight.detach().equal(before)
    digest = again.finish(tmp_path / "reader")
    assert digest == sha256_of(tmp_path / "reader" / "model.safetensors")
    with unpacked(tmp_path / "reader", digest) as folder:
        shipped = SpanModel(str(folder))
    name = "qa_outputs.weight"
    mean = 0.3 * again.kept[0][name] + 0.7 * again.kept[1][name]
    assert shipped.model.state_dict()[name].allclose(mean, atol=1e-3)
    again.model.load_state_dict({key: 0.3 * again.kept[0][key] + 0.7 * again.kept[1][key] for key in again.kept[0]})
    for text in (FRENCH, ARABIC, "", "😀"):
        ours, theirs = (reader.read("Combien ?", [text], 2)[0] for reader in (again.reader, shipped))
        assert [(s.start, s.end) for s in ours.spans] == [(s.start, s.end) for s in theirs.spans]
        assert all(0 <= s.start < s.end <= len(text) for s in theirs.spans)
    with pytest.raises(UsageError, match="another recipe"):
        Run(run.file.parent, Recipe(examples=(8,), batch=4), EXAMPLES)
