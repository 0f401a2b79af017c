"""Exact match and token F1 against the definition of SQuAD, and its counterparts in other languages."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.answers import best, exact_match, normalise, token_f1

# prediction, reference, exact match, token F1, all in English
ENGLISH = [
    ("Denver Broncos", "Denver Broncos", 1, 1),
    ("The Denver Broncos", "Denver Broncos", 1, 1),
    ("denver broncos.", "Denver Broncos", 1, 1),
    # precision 2/3, recall 1: 2 * 2/3 / (5/3) = 0.8
    ("the Denver Broncos team", "Denver Broncos", 0, 0.8),
    # "Saint Bernadette Soubirous": common 2, precision 1, recall 2/3
    ("Bernadette Soubirous", "Saint Bernadette Soubirous", 0, 0.8),
    # ASCII punctuation is deleted, not spaced: "gold-plated" is one word, so 0 of 1 and 0 of 2 in common
    ("gold-plated", "gold plated", 0, 0),
    # "10–0" keeps its en dash, which is no ASCII punctuation: unlike "100"
    ("10–0", "10-0", 0, 0),
    ("$1.2 million", "1.2 million", 1, 1),
    # counted as often as they stand: common 1 of 2 given, 1 of 1 right
    ("no no", "no", 0, 2 / 3),
    ("Carolina Panthers", "Denver Broncos", 0, 0),
    # 2.0's rule for nothing
    ("", "Denver Broncos", 0, 0),
    ("the", "a", 1, 1),
    ("", "", 1, 1),
]


@pytest.mark.parametrize(("prediction", "reference", "match", "f1"), ENGLISH)
def test_english_scores_worked_by_hand(prediction: str, reference: str, match: float, f1: float) -> None:
    assert exact_match(prediction, reference) == match
    assert token_f1(prediction, reference) == pytest.approx(f1)


def defined_normalise(text: str) -> str:
    """SQuAD's definition: lower case, no punctuation, no articles, white space fixed, in this order."""
    text = "".join(char for char in text.lower() if char not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def defined_f1(prediction: str, reference: str) -> float:
    """SQuAD 2.0's definition of F1."""
    right, given_ = defined_normalise(reference).split(), defined_normalise(prediction).split()
    common = sum((Counter(right) & Counter(given_)).values())
    if not right or not given_:
        return int(right == given_)
    if common == 0:
        return 0
    precision, recall = common / len(given_), common / len(right)
    return (2 * precision * recall) / (precision + recall)


WORDS = st.lists(
    st.sampled_from(["The", "a", "an", "cat", "Cat.", "the-end", "l'an", "été", "2,500", "$", "—", "\u00a0"])
)


@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_english_equals_the_definition(prediction: str, reference: str) -> None:
    assert normalise(prediction) == defined_normalise(prediction)
    assert exact_match(prediction, reference) == (defined_normalise(prediction) == defined_normalise(reference))
    assert token_f1(prediction, reference) == defined_f1(prediction, reference)


@given(st.text(), st.sampled_from(["en", "fr", "es", "it", "de", "ar", "zh", "ru"]))
def test_an_answer_equals_itself(text: str, language: str) -> None:
    assert exact_match(text, text, language) == 1
    assert token_f1(text, text, language) == 1


@pytest.mark.parametrize(
    ("language", "text", "normal"),
    [
        ("fr", "L’usine de cathodes", "usine de cathodes"),
        ("fr", "l'usine", "usine"),
        ("fr", "d'avril", "avril"),
        ("fr", "qu'une usine", "usine"),
        ("fr", "« Le Royaume »", "royaume"),
        ("fr", "2\u202f500 emplois", "2 500 emplois"),
        ("fr", "aujourd'hui", "aujourdhui"),
        ("fr", "la côte d'Opale", "côte opale"),
        ("es", "¿El Niño?", "niño"),
        ("es", "unas casas", "casas"),
        ("it", "l'acqua dell'Arno", "acqua arno"),
        ("it", "gli Stati Uniti", "stati uniti"),
        ("it", "un’isola", "isola"),
        ("de", "der „Große“ König", "große könig"),
        ("de", "einem Haus", "haus"),
        ("ar", "المَدِينَة", "مدينه"),
        ("ar", "مدينة", "مدينه"),
        ("ar", "الـــرباط", "رباط"),
        ("ar", "أحمد", "احمد"),
        ("ar", "إلى", "الي"),  # "to" keeps its al: two letters must be left, and only one would be
        ("ar", "٢٠٢٦", "2026"),
        ("ar", "سبتمبر، ٢٠٢٦؟", "سبتمبر 2026"),
        ("zh", "北京。", "北 京"),
        ("ru", "«Москва»", "москва"),
    ],
)
def test_counterparts(language: str, text: str, normal: str) -> None:
    assert normalise(text, language) == normal


def test_best_takes_each_score_from_its_best_reference() -> None:
    # "2 500 emplois directs": 2/4 against "2 500" (F1 2/3), exact against the second
    assert best("2 500 emplois", ["2 500", "2 500 emplois"], "fr") == (1, 1)
    # 1 of 2 and 1 of 1: 2/3; 1 of 2 and 1 of 3: 0.4
    assert best("Rabat city", ["Rabat", "city of lights"]) == pytest.approx((0, 2 / 3))


@pytest.mark.parametrize(
    ("prediction", "references", "scores"),
    [
        ("", [], (1, 1)),
        ("Rabat", [], (0, 0)),
        ("", ["Rabat"], (0, 0)),
        ("", ["the", "Rabat"], (0, 0)),
        ("", ["the"], (1, 1)),
    ],
)
def test_no_answer_is_right_only_where_there_is_none(
    prediction: str, references: list[str], scores: tuple[float, float]
) -> None:
    assert best(prediction, references) == scores
