"""qa.questions: the words that carry a question."""

import pytest

from qa.questions import content_keys, key_of


def test_content_keys_leave_empty_words_out() -> None:
    assert content_keys("Combien d'emplois directs sont créés par l'usine ?") == ["emplo", "direc", "crees", "usine"]
    assert content_keys("What is the of and?") == []
    assert content_keys("Où est-ce que c'est ?") == []


@pytest.mark.parametrize(("one", "other"), [("emplois", "emploi"), ("المصنع", "مصنع"), ("création", "création")])
def test_inflections_share_a_key(one: str, other: str) -> None:
    assert content_keys(one)[0] == content_keys(other)[0]


def test_a_number_is_one_word() -> None:
    assert content_keys("2 500") == content_keys("2500") == [key_of("2500")]
