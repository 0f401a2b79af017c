"""qa.training.examples: what is read and held back, negatives that do not answer, and the measure of words."""

import json
import lzma
from pathlib import Path
from random import Random

import pytest

from qa.training.corpora import held_back
from qa.training.examples import (
    Example,
    Lesson,
    all_examples,
    all_lessons,
    overlap,
    portioned,
    sampled,
    with_negatives,
)

OPEN, HELD = (next(name for name in map(str, range(99)) if held_back(name) is held) for held in (False, True))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    (tmp_path / "written").mkdir()
    for name, title, words in (("xquad_ar", "عنوان", "ar"), ("squad_en_v1", HELD, "en"), ("piaf_fr", OPEN, "fr")):
        articles = [
            {
                "title": title,
                "paragraphs": [
                    {
                        "context": f"{words} 1912.",
                        "qas": [
                            {"id": "1", "question": f"{words}?", "answers": [{"text": "1912", "answer_start": 3}]},
                            {"id": "2", "question": "-", "answers": []},
                        ],
                    }
                ],
            },
            {"title": "other", "paragraphs": []},
        ]
        path = tmp_path / "train" / f"{name}.json.xz"
        path.write_bytes(lzma.compress(json.dumps({"data": articles}).encode()))
    for title, name in ((OPEN, "fr-a-01"), (HELD, "fr-b-01")):
        (tmp_path / f"written/{name}.txt").write_text(f"# {title}\nUn mot. Deux.\n? Quoi ? | mot\n! Qui ?\n", "utf-8")
        (tmp_path / f"written/{name}.evidence").write_text(f"@ {name} 0\n+ Tout ? | 1 2\n", "utf-8")
    return tmp_path


def test_a_translation_is_held_back_with_its_original_and_may_be_asked_in_english(data: Path) -> None:
    articles = {(one.set, one.id): one.article for one in all_examples(data)}
    assert articles["xquad_ar", "1"] == articles["squad_en_v1", "1"] == HELD
    held = {one.example.set: one for one in all_lessons(data).held if one.example.id == "1"}
    assert (held["xquad_ar"].english, held["squad_en_v1"].english) == ("en?", "")


def test_written_documents_are_held_back_by_their_titles(data: Path) -> None:
    found = all_lessons(data)
    for part, title in ((found.train, OPEN), (found.held, HELD)):
        written = [one for one in part if one.example.set in ("written", "evidence")]
        assert {one.example.article for one in written} == {title}
        assert [(one.example.answer, one.sentences, one.broad) for one in written] == [
            ("mot", (), False),
            ("", (), False),
            ("", (1, 2), True),
        ]
    assert not {one.example.article for one in found.train} & {one.example.article for one in found.held}


def test_a_negative_is_near_of_the_same_language_and_does_not_hold_the_answer() -> None:
    def lesson(n: int, language: str, context: str, answer: str) -> Lesson:
        start = context.index(answer)
        example = Example(f"{n}", "piaf_fr", language, "", "où est la gare ?", context, start, start + len(answer))
        return Lesson(example)

    lessons = [
        lesson(0, "fr", "la gare est à Fès", "Fès"),
        lesson(1, "fr", "où est la gare ? à Rabat", "Rabat"),
        lesson(2, "fr", "la gare de FES est vieille", "vieille"),
        lesson(3, "ar", "المحطة في فاس", "فاس"),
    ]
    found = with_negatives(lessons)
    assert [one.example for one in found] == [one.example for one in lessons]
    assert found[0].negatives == ("où est la gare ? à Rabat",)  # the third holds "fès", written otherwise
    assert set(found[1].negatives) == {"la gare est à Fès", "la gare de FES est vieille"}
    assert found[3].negatives == ()


def test_sets_come_in_portions() -> None:
    many = [Lesson(Example(f"{n}", name, "fr", "", "", "", 0, 0)) for name in "abc" for n in range(9)]
    taken = [one.example.set for one in portioned(many, {"a": 4}, {"b": 2}, Random(1))]
    assert {name: taken.count(name) for name in "abc"} == {"a": 4, "b": 18, "c": 9}
    assert portioned(many, {}, {}, Random(1)) == portioned(many, {}, {}, Random(1)) != many
    assert sampled(many, 3) == sampled(many, 3)
    assert [len(found) for found in sampled(many, 3).values()] == [3, 3, 3]


@pytest.mark.parametrize(
    ("given", "gold", "value"),
    [("L'usine de Fès", "usine de Fes", 6 / 7), ("", "", 1.0), ("Rabat", "", 0.0), ("Rabat", "Fès", 0.0)],
)
def test_words_in_common(given: str, gold: str, value: float) -> None:
    assert overlap(given, gold) == pytest.approx(value)
