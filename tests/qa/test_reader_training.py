"""The reader's training: what it draws, where it points, and a small run that stops, goes on and ships."""

from pathlib import Path
from random import Random

import pytest
import torch
from click import UsageError
from msgspec.structs import replace

from index.packed import sha256_of, unpacked
from index.training.corpora import Pair
from qa.span_model import SpanModel, windows
from qa.training import train_reader
from qa.training.examples import Example, crop, drawn, split
from qa.training.switching import induced, switched
from qa.training.train_reader import FIRST, Pass, Recipe, Run, targets

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
    taken = drawn(EXAMPLES, 100, FIRST, 7)
    assert taken == drawn(EXAMPLES, 100, FIRST, 7)
    assert taken != drawn(EXAMPLES, 100, FIRST, 8)
    counts = {code: sum(one.language == code for one in taken) for code in ("fr", "en", "ar")}
    assert counts == {"fr": 32, "en": 38, "ar": 9}


def test_a_passage_that_is_exchanged_does_not_hold_the_answer() -> None:
    words = ["lune", "mer", "forge", "neige", "sable"]
    some = [example(n, "piaf_fr", "fr", f"Le mot est {word}{n}.", f"{word}{n}") for n, word in enumerate(words * 8)]
    answers = {one.id: one.answer for one in some}
    strange = [one for one in drawn(some, 100, FIRST, 3) if one.start == one.end]
    assert strange
    assert all(answers[one.id] not in one.context for one in strange)


def test_no_article_is_on_both_sides() -> None:
    train, held = split(EXAMPLES)
    assert train
    assert held
    assert not {one.article for one in train} & {one.article for one in held}


KNOWN = {"eight": (["huit"], [1.0]), "hours": (["heures"], [1.0]), "train": (["train", "convoi"], [0.8, 0.2])}
RECIPE = Recipe(passes=(Pass(8, FIRST), Pass(4, FIRST, french=0.5, dropout=True, keep=0.3)), batch=4)


def test_a_lexicon_is_induced_from_translations() -> None:
    nouns = {"cat": "chat", "dog": "chien", "king": "roi", "bread": "pain"}
    verbs = {"sleeps": "dort", "eats": "mange", "sings": "chante"}
    pairs = [
        Pair("fr", f"Le {noun} {verb} ici.", f"The {english} {does} here.")
        for english, noun in nouns.items()
        for does, verb in verbs.items()
    ]
    found = induced(pairs)
    assert {word: names[0] for word, (names, _) in found.items() if word in nouns | verbs} == nouns | verbs


def test_a_switched_example_keeps_its_answer_and_its_other_words() -> None:
    text = "The train, of 1912's kind, takes EIGHT hours. Eight hours!"
    one = example(1, "squad_en_v1", "en", text, "Eight hours")
    random, seen = Random(5), set()
    for _ in range(40):
        other = switched(one, KNOWN, random)
        assert other.answer.lower().split()[0] in {"eight", "huit"}
        assert other.context.endswith(other.answer + "!")
        assert other.context.startswith(("The train, of 1912's kind,", "The convoi, of 1912's kind,"))
        assert other.answer[0].isupper()
        seen.add(other.answer)
    assert seen == {"Eight hours", "Huit hours", "Eight heures", "Huit heures"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("run"), RECIPE, EXAMPLES, KNOWN)


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
def test_a_pass_keeps_a_part_of_the_model_before_it(tmp_path: Path) -> None:
    mixed = Run(tmp_path, RECIPE, EXAMPLES, KNOWN)
    mixed.advance(), mixed.advance()
    mixed.save()
    first = mixed.weights()
    whole = Run(tmp_path, RECIPE, EXAMPLES, KNOWN)
    whole.recipe = replace(RECIPE, passes=(RECIPE.passes[0], replace(RECIPE.passes[1], keep=0.0)))
    for one in (mixed, whole):
        torch.manual_seed(3)  # of the dropout
        one.advance()
    name = "qa_outputs.weight"
    assert mixed.weights()[name].allclose(0.3 * first[name] + 0.7 * whole.weights()[name], atol=1e-7)
    assert not mixed.weights()[name].equal(whole.weights()[name])


@pytest.mark.models
def test_a_run_stops_goes_on_and_ships(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run.model.qa_outputs.weight.detach().clone()
    run.advance()
    run.save()
    again = Run(run.file.parent, run.recipe, EXAMPLES, KNOWN)
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
    assert shipped.model.state_dict()[name].allclose(again.model.state_dict()[name], atol=1e-3)
    again.model.eval()
    for text in (FRENCH, ARABIC, "", "😀"):
        ours, theirs = (reader.read("Combien ?", [text], 2)[0] for reader in (again.reader, shipped))
        assert [(s.start, s.end) for s in ours.spans] == [(s.start, s.end) for s in theirs.spans]
        assert all(0 <= s.start < s.end <= len(text) for s in theirs.spans)
    with pytest.raises(UsageError, match="another recipe"):
        Run(run.file.parent, Recipe(passes=RECIPE.passes[:1], batch=4), EXAMPLES, KNOWN)
