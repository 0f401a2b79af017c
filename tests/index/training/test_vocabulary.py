"""index.training.vocabulary on a language of five words."""

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from index.training import vocabulary
from index.training.corpora import Pair

ENGLISH = ["the", "dog", "cat", "sleeps", "eats"]
PAIRS = [
    Pair("fr", "le chien dort", "the dog sleeps"),
    Pair("fr", "le chat dort", "the cat sleeps"),
    Pair("fr", "le chien mange", "the dog eats"),
    Pair("fr", "le chat mange", "the cat eats"),
]


@pytest.fixture
def english() -> Tokenizer:
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = ["[UNK]", *ENGLISH, *letters, *(f"##{letter}" for letter in letters)]
    tokenizer = Tokenizer(WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]"))  # noqa: S106 - a piece, no password
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    return tokenizer


def test_new_pieces_leave_english_as_it_was(english: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "SIZES", {"fr": 200})
    fresh = vocabulary.extend(english, {"fr": [p.text for p in PAIRS] * 5}, ["the dog eats the cat"])
    wider = vocabulary.with_pieces(english, fresh)
    assert {"le", "chien", "chat", "dort", "mange"} <= set(fresh)
    assert wider.encode("le chien dort").tokens == ["le", "chien", "dort"]
    for text in ("the dog eats", "a zebra sleeps"):
        assert wider.encode(text).ids == english.encode(text).ids


def test_a_piece_starts_from_its_translation(english: Tokenizer) -> None:
    fresh = ["le", "chien", "chat", "dort", "mange", "ours"]
    wider = vocabulary.with_pieces(english, fresh)
    table = np.eye(english.get_vocab_size(), dtype=np.float32)
    rows, learned = vocabulary.start_rows(english, wider, fresh, {"fr": PAIRS * 3}, table)
    first = english.get_vocab()
    for french, translation in [("chien", "dog"), ("chat", "cat"), ("dort", "sleeps"), ("mange", "eats")]:
        assert rows[fresh.index(french)].argmax() == first[translation]
    assert learned == 5
    # "ours" is in no pair: the mean of its letters, brought to the length of a row
    assert set(np.flatnonzero(rows[5])) == set(english.encode("ours").ids)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(6), abs=1e-4)
