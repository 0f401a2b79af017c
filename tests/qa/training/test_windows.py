"""qa.training.windows: an answer is aimed at exactly, in every window that holds it; whole passages are covered."""

from random import Random

import pytest
from tokenizers import Tokenizer

from qa.training.windows import AROUND, QUESTION, WINDOW, Pieces, answer_of, cover, cut, sentences_of, window

TEXT = "La gare de Rabat a ouvert en 1912. Le port est fermé."


def pieces_and_text(tokenizer: Tokenizer, text: str) -> Pieces:
    return cut(tokenizer, [text])[text]


def test_a_piece_begins_at_the_space_before_its_word(tokenizer: Tokenizer) -> None:
    pieces = pieces_and_text(tokenizer, TEXT)
    assert any(TEXT[start:end] == " gare" for start, end in pieces.ranges)


@pytest.mark.parametrize("answer", ["La gare", "Rabat", "1912", "Le port est fermé.", " en 1912 "[:-1], "."])
def test_the_pieces_aimed_at_are_the_answer(tokenizer: Tokenizer, answer: str) -> None:
    pieces = pieces_and_text(tokenizer, TEXT)
    start = TEXT.index(answer)
    first, last = answer_of(pieces, TEXT, start, start + len(answer))
    assert TEXT[pieces.ranges[first][0] : pieces.ranges[last - 1][1]].strip() == answer.strip()


def test_what_is_no_answer_has_no_pieces(tokenizer: Tokenizer) -> None:
    pieces = pieces_and_text(tokenizer, TEXT)
    assert answer_of(pieces, TEXT, 0, 0) == answer_of(pieces, TEXT, 2, 3) == (0, 0)


def test_a_window_holds_the_whole_answer_wherever_it_is_cut(tokenizer: Tokenizer) -> None:
    text = "mer " * 700 + "La gare a ouvert en 1912. " + "mer " * 700
    pieces, question = pieces_and_text(tokenizer, text), pieces_and_text(tokenizer, "quand ? " * 90)
    start = text.index("ouvert")
    answer = answer_of(pieces, text, start, start + len("ouvert en 1912"))
    random, firsts = Random(3), set()
    for _ in range(200):
        one = window(question, pieces, answer, random)
        assert len(one.ids) <= WINDOW
        first, last = one.answer
        assert one.ids[first : last + 1] == pieces.ids[slice(*answer)]
        assert one.inside(answer) == (first, last + 1)
        assert one.place == QUESTION + AROUND - 1
        firsts.add(one.first)
    assert len(firsts) > 100
    assert window(question, pieces, (0, 0), random).answer == (0, 0)


def test_every_piece_of_a_passage_is_covered(tokenizer: Tokenizer) -> None:
    question = pieces_and_text(tokenizer, "quand ?")
    for count in (0, 1, 300, 377, 378, 379, 2_000):
        pieces = Pieces(list(range(4, 4 + count)), [(n, n + 1) for n in range(count)])
        found = list(cover(question, pieces))
        assert {n for one in found for n in range(one.first, one.last)} == set(range(count))
        assert all(len(one.ids) <= WINDOW for one in found)
        assert len(found) == 1 or count > WINDOW - AROUND - len(question.ids)


def test_sentences_have_the_pieces_that_cover_them(tokenizer: Tokenizer) -> None:
    pieces = pieces_and_text(tokenizer, TEXT)
    end = TEXT.index(". ") + 1
    first, second = sentences_of(pieces, [(0, end), (end + 1, len(TEXT))])
    assert (first[0], second[1]) == (0, len(pieces.ids))
    assert first[1] <= second[0] <= first[1] + 1  # the space between them may be a piece of its own
    assert TEXT[pieces.ranges[second[0]][0] :].lstrip().startswith("Le port")
