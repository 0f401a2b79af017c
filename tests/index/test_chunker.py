"""Laws and tables of index.chunker, with a counter made here and, once, with the embedder's own tokenizer."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunker import CHUNK_TOKENS, MAX_GAP, chunk
from index.documents import Chunk, Document, Heading, Page, revision_of
from index.errors import ChunkTooLong
from index.packed import WORDS
from index.paragraphs import paragraphs
from index.sentences import sentences
from index.text import canonical
from index.tokens import count_tokens


def count_pieces(texts: Sequence[str]) -> list[int]:
    """Like WordPiece: marks count one each, and a word counts one for every four letters."""
    return [sum(-(-len(word) // 4) for word in re.findall(r"\w+|[^\w\s]", text)) for text in texts]


PIECES = ["a", "Mot", "été", "anticonstitutionnellement", ".", "? ", " ", " ", "\n", "\n\n", "« ", " »", "M. ", "1. "]
PIECES += ["😀", "👩\u200d👧", "e\u0301", "شجرة", "؟ ", "،", "\u00a0", "你好。", "\n" * (MAX_GAP + 1), "x" * 60]
PROSE = "Une phrase de plus. "
TEXTS = (
    st.lists(st.sampled_from([*PIECES, PROSE, PROSE]) | st.text(max_size=30), max_size=60).map("".join).map(canonical)
)
OFFSETS = st.lists(st.tuples(st.integers(-5, 400), st.integers(0, 60), st.integers(1, 6)), max_size=6)


def document(text: str, headings: Sequence[Heading] = (), pages: Sequence[Page] = ()) -> Document:
    return Document("d", "D", text, language="fr", headings=tuple(headings), pages=tuple(pages))


def assert_laws(source: Document, chunks: list[Chunk], budget: int, window: int) -> None:
    text = source.text
    last = 0
    for piece in chunks:
        assert last <= piece.start < piece.end <= len(text)
        assert text[piece.start : piece.end] == text[piece.start : piece.end].strip()
        # Nothing but white space is left out between two chunks: every sentence is covered, and none overlaps.
        assert text[last : piece.start].strip() == ""
        assert piece.revision == revision_of(text)
        last = piece.end
    assert text[last:].strip() == ""
    texts = [text[piece.start : piece.end] for piece in chunks]
    assert all(n <= budget for n in count_tokens(texts))
    assert all(n <= window for n in count_pieces(texts))


@settings(deadline=None)
@given(TEXTS, OFFSETS, st.integers(4, 60), st.integers(1, 60))
def test_chunks_are_ordered_cover_everything_and_fit(
    text: str, offsets: list[tuple[int, int, int]], budget: int, window: int
) -> None:
    source = document(text, [Heading(level, start, start + length) for start, length, level in offsets])
    assert_laws(source, chunk(source, budget, window, count_pieces), budget, window)


@settings(deadline=None)
@given(TEXTS, st.data())
def test_what_is_set_apart_shares_no_chunk(text: str, data: st.DataObject) -> None:
    source = document(text)
    apart = [range_ for range_ in paragraphs(text) if data.draw(st.booleans())]
    chunks = chunk(source, 40, 40, count_pieces, apart)
    assert_laws(source, chunks, 40, 40)
    for start, end in apart:
        touching = [piece for piece in chunks if piece.start < end and start < piece.end]
        assert all(start <= piece.start and piece.end <= end for piece in touching)


@settings(deadline=None)
@given(TEXTS)
def test_a_sentence_that_fits_is_never_cut(text: str) -> None:
    source = document(text)
    chunks = chunk(source, 30, 30, count_pieces)
    for start, end in sentences(text, "fr"):
        if count_tokens([text[start:end]])[0] <= 30 and count_pieces([text[start:end]])[0] <= 30:
            assert any(piece.start <= start and end <= piece.end for piece in chunks)


def texts_of(source: Document, chunks: list[Chunk]) -> list[str]:
    return [source.text[piece.start : piece.end] for piece in chunks]


def test_short_text_is_one_chunk() -> None:
    source = document("Une phrase. Une autre.\n\nUn paragraphe.")
    assert texts_of(source, chunk(source, CHUNK_TOKENS, 200, count_pieces)) == [source.text]


@pytest.mark.parametrize("text", ["", " \n\n "], ids=["empty", "white space"])
def test_no_text_has_no_chunks(text: str) -> None:
    assert chunk(document(text), CHUNK_TOKENS, 200, count_pieces) == []


def sections() -> Document:
    parts = ["Chapitre", "Premier titre", "Du texte ici. Et là.", "Second titre", "Encore du texte.", "Fin", "Le bout."]
    text = "\n\n".join(parts)
    levels = {"Chapitre": 1, "Premier titre": 2, "Second titre": 2, "Fin": 1}
    headings = [Heading(level, text.index(title), text.index(title) + len(title)) for title, level in levels.items()]
    return document(text, headings, [Page(1, 0, 30), Page(2, 30, len(text))])


def test_a_heading_starts_a_chunk_and_stays_with_its_text() -> None:
    source = sections()
    chunks = chunk(source, CHUNK_TOKENS, 200, count_pieces)
    assert texts_of(source, chunks) == [
        "Chapitre\n\nPremier titre\n\nDu texte ici. Et là.",
        "Second titre\n\nEncore du texte.",
        "Fin\n\nLe bout.",
    ]
    assert [piece.heading for piece in chunks] == ["", "Chapitre", ""]
    assert [piece.page for piece in chunks] == [1, 2, 2]


def test_the_trail_names_every_heading_above() -> None:
    text = "Chapitre\n\nPremier  titre\n\n" + "Une phrase de plus. " * 20
    chunks = chunk(document(text, [Heading(1, 0, 8), Heading(2, 10, 24)]), 30, 200, count_pieces)
    assert [piece.heading for piece in chunks] == ["", *["Chapitre > Premier titre"] * (len(chunks) - 1)]
    assert len(chunks) > 3


def test_a_heading_does_not_stand_alone_before_a_sentence_that_must_be_split() -> None:
    text = "Le titre\n\n" + "un mot puis un autre mot " * 100
    chunks = chunk(document(text, [Heading(1, 0, 8)]), 60, 200, count_pieces)
    assert text[chunks[0].start : chunks[0].end].startswith("Le titre\n\nun mot")


def test_a_chunk_that_is_half_full_ends_with_its_paragraph() -> None:
    paragraph = "Voici une phrase de taille moyenne. " * 4
    source = document("\n".join([paragraph.strip()] * 6))
    budget = count_tokens([paragraph.strip()])[0] * 3 // 2
    assert texts_of(source, chunk(source, budget, 1000, count_pieces)) == [paragraph.strip()] * 6


def test_a_wide_gap_is_a_break() -> None:
    source = document("Un." + "\n" * (MAX_GAP + 1) + "Deux.")
    assert texts_of(source, chunk(source, CHUNK_TOKENS, 200, count_pieces)) == ["Un.", "Deux."]


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "a " * 20_000, "👩\u200d👩\u200d👧" * 5_000, "e\u0301\u0323" * 10_000, "ب" * 20_000, "?!" * 10_000],
    ids=["one word", "one sentence", "emoji", "combining marks", "arabic letters", "marks"],
)
def test_what_has_no_sentences_is_cut_to_fit(text: str) -> None:
    source = document(canonical(text))
    assert_laws(source, chunk(source, 100, 80, count_pieces), 100, 80)


def test_sums_that_lie_are_found_out() -> None:
    """A counter whose counts are not additive: two sentences together cost more than their sum."""

    def counts(texts: Sequence[str]) -> list[int]:
        return [len(text) ** 2 for text in texts]

    source = document("Un a. " * 50)
    chunks = chunk(source, CHUNK_TOKENS, 200, counts)
    assert all(piece.end - piece.start <= 14 for piece in chunks)
    assert len(chunks) < 50


def test_a_window_too_small_for_a_character_is_an_error() -> None:
    with pytest.raises(ChunkTooLong, match=r"'a'.*0 pieces.*larger window"):
        chunk(document("a"), CHUNK_TOKENS, 0, count_pieces)


def test_chunks_fit_the_real_window() -> None:
    from tokenizers import Tokenizer  # noqa: PLC0415 slow to load, and only this test needs it

    tokenizer = Tokenizer.from_file(str(WORDS / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def pieces(texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    paragraph = "Le syndicat gère l'eau potable ; l'usine, bâtie en 1987, dessert 2 500 foyers. " * 5 + "أين المصنع؟ "
    source = document("\n".join(f"{n}. {paragraph}{'mot ' * n}" for n in range(60)))
    chunks = chunk(source, CHUNK_TOKENS, 254, pieces)
    texts = texts_of(source, chunks)
    assert max(pieces(texts)) <= 254
    assert max(count_tokens(texts)) <= CHUNK_TOKENS
    assert len(chunks) > 30
