"""Laws and tables of index.tokens, and of the vocabulary behind it."""

from hashlib import sha256
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st
from tiktoken_ext import extrait

from index import tokens
from index.errors import DamagedIndex
from index.tokens import SLICE, count_tokens, encoding, slices

STORABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(STORABLE)
def test_encoding_loses_nothing(text: str) -> None:
    assert encoding().decode(encoding().encode_ordinary(text)) == text


@given(st.lists(STORABLE, max_size=5))
def test_a_text_is_counted_as_it_is_encoded(texts: list[str]) -> None:
    assert count_tokens(texts) == [len(encoding().encode_ordinary(text)) for text in texts]


@given(STORABLE, st.integers(0, 3 * SLICE))
def test_slices_join_back_to_the_text(text: str, times: int) -> None:
    long = (text * times)[: 10 * SLICE]
    parts = list(slices(long))
    assert "".join(parts) == long
    assert all(0 < len(part) <= SLICE for part in parts)


@pytest.mark.parametrize(
    ("text", "at_most"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("l'usine de cathodes à Tanger", 10, id="french"),
        pytest.param("the electric battery factory", 6, id="english"),
        pytest.param("مصنع البطاريات الكهربائية", 12, id="arabic"),
        pytest.param("<|endoftext|>", 13, id="special token is ordinary text"),
        pytest.param("👩\u200d👩\u200d👧", 18, id="emoji"),
    ],
)
def test_counts(text: str, at_most: int) -> None:
    assert count_tokens([text])[0] <= at_most


def test_a_long_text_counts_a_little_more_at_worst() -> None:
    text = "Le projet permettra la création de 2 500 emplois directs. " * 400
    exact = len(encoding().encode_ordinary(text))
    assert exact <= count_tokens([text])[0] <= exact + len(text) // SLICE * 2


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, " " * 1_000_000 + "b", "\n" * 1_000_000], ids=["letters", "spaces", "line ends"]
)
def test_a_huge_run_is_counted(text: str) -> None:
    assert 0 < count_tokens([text])[0] <= len(text)


def test_the_vocabulary_is_the_one_that_was_made() -> None:
    assert sha256(extrait.VOCABULARY.read_bytes()).hexdigest() == extrait.SHA256
    assert encoding().n_vocab == extrait.VOCABULARY_SIZE
    assert extrait.SHA256 in (extrait.VOCABULARY.parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [None, b"IQ== 0\n"], ids=["missing", "foreign"])
def test_another_vocabulary_is_refused_in_words(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "extrait.tiktoken"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(extrait, "VOCABULARY", file)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    tokens.encoding.cache_clear()
    with pytest.raises(DamagedIndex, match=r"extrait\.tiktoken.*install Extrait again"):
        count_tokens(["a"])
    monkeypatch.undo()
    assert count_tokens(["a"]) == [1]
