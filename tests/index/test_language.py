"""The language of texts, short questions above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language import LANGUAGES, SAMPLE, language_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Combien d'emplois ?", "fr"),
        ("Quel est le prix ?", "fr"),
        ("Qui a signé l'accord ?", "fr"),
        ("How many jobs?", "en"),
        ("When was it signed?", "en"),
        ("كم عدد الوظائف؟", "ar"),
        ("ما هي عاصمة فرنسا؟", "ar"),
        ("¿Cuántos empleos?", "es"),
        ("Wie viele Arbeitsplätze?", "de"),
        ("Quanti posti di lavoro?", "it"),
        ("Quantos empregos?", "pt"),
        ("Hoeveel banen zijn er?", "nl"),
        ("雇用は何人ですか", "ja"),
        ("Сколько рабочих мест?", "ru"),
    ],
)
def test_a_question_has_its_language(text: str, expected: str) -> None:
    assert language_of(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "2500", "12/03/2019 — 45 %", "😀😀😀😀😀😀😀", "ok", "Où ?", "Hi"])
def test_too_little_to_tell(text: str) -> None:
    assert language_of(text) == ""


@given(st.text())
def test_an_answer_is_a_known_language_or_nothing(text: str) -> None:
    assert language_of(text) in LANGUAGES | {""}


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        pytest.param("Combien d'emplois ?", "en-US", "fr", id="the-text-wins"),
        pytest.param("2500", "fr-FR", "fr", id="nothing-to-tell"),
        pytest.param("2500", "pt_BR", "pt", id="underscore"),
        pytest.param("Sa vende pune?", "sq", "sq", id="one-that-we-cannot-see"),
        pytest.param("2500", "nb-NO", "no", id="Bokmål"),
        pytest.param("2500", "french", "", id="no-tag"),
    ],
)
def test_declared(text: str, declared: str, expected: str) -> None:
    assert language_of(text, declared=declared) == expected


def test_only_the_beginning_is_read() -> None:
    french = "Le présent accord entre en vigueur le premier janvier. " * 80
    assert len(french) > SAMPLE
    assert language_of(french + "This is English and there is a great deal of it. " * 4000) == "fr"
