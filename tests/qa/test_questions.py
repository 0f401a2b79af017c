"""qa.questions: the kind of a question, and the words that carry it."""

import pytest

from qa.questions import content_keys, key_of, kind_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Combien d'emplois directs seront créés ?", "count"),
        ("Quel est le nombre de salariés ?", "count"),
        ("How many jobs will be created?", "count"),
        ("كم عدد مناصب الشغل؟", "count"),
        ("Quel est le montant du projet ?", "amount"),
        ("Combien coûte le projet ?", "amount"),
        ("Quel budget pour l'usine ?", "amount"),
        ("How much does it cost?", "amount"),
        ("What is the total budget?", "amount"),
        ("ما هو مبلغ الاستثمار؟", "amount"),
        ("Quelle est la capacité de la première phase ?", "quantity"),
        ("Combien de tonnes par an ?", "quantity"),
        ("What is the capacity of the plant?", "quantity"),
        ("ما هي طاقة المصنع؟", "quantity"),
        ("Quand la première phase sera-t-elle opérationnelle ?", "date"),
        ("À quelle date ?", "date"),
        ("En quelle année ouvre-t-elle ?", "date"),
        ("When will it open?", "date"),
        ("متى يبدأ المشروع؟", "date"),
        ("Où est située l'usine ?", "place"),
        ("Dans quelle ville ?", "place"),
        ("Where is the plant?", "place"),
        ("أين يقع المصنع؟", "place"),
        ("Qui est le leader mondial ?", "person"),
        ("Quelle entreprise construit l'usine ?", "person"),
        ("Who builds the plant?", "person"),
        ("Pourquoi le Maroc ?", "other"),
        ("Comment citer un document ?", "other"),
        ("😀", "other"),
        ("", "other"),
    ],
)
def test_the_kind(question: str, kind: str) -> None:
    assert kind_of(question) == kind
    assert kind_of(question.upper()) == kind


@pytest.mark.parametrize("question", ["Le thé ou le café, lequel est meilleur ?", "Bocuse a-t-il écrit des livres ?"])
def test_a_word_within_another_decides_nothing(question: str) -> None:
    assert kind_of(question) == "other"


def test_content_keys_leave_empty_words_out() -> None:
    assert content_keys("Combien d'emplois directs sont créés par l'usine ?") == ["emplo", "direc", "crees", "usine"]
    assert content_keys("What is the of and?") == []
    assert content_keys("Où est-ce que c'est ?") == []


@pytest.mark.parametrize(("one", "other"), [("emplois", "emploi"), ("المصنع", "مصنع"), ("création", "création")])
def test_inflections_share_a_key(one: str, other: str) -> None:
    assert content_keys(one)[0] == content_keys(other)[0]


def test_a_number_is_one_word() -> None:
    assert content_keys("2 500") == content_keys("2500") == [key_of("2500")]
