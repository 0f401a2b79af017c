"""index.duplicates: what is equal, what is near, and what never is."""

import random

import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import assume, given
from hypothesis import strategies as st

from index.duplicates import BANDS, MIN_WORDS, NEAR, ROWS, bands, fingerprint, repeats, shingles, similarity
from index.text import canonical, folded, words

SENTENCE = "L'usine de cathodes créera 2 500 emplois directs à Tanger dès septembre 2026, selon la convention signée."


@given(st.text(max_size=80), st.text(max_size=80))
def test_equal_after_folding_means_the_same_fingerprint(one: str, other: str) -> None:
    if folded(one) == folded(other):
        assert fingerprint(one) == fingerprint(other)


@given(st.text(alphabet="aéÉœŒ’'«»\u00a0 \u202fأإآا2500ß\u0301", max_size=60))
def test_folding_first_changes_no_fingerprint_and_no_shingle(text: str) -> None:
    text = canonical(text)
    for variant in (text.upper(), f"  {text}\n", text.replace(" ", "\u00a0").replace("'", "’")):
        assume(folded(variant) == folded(text))
        assert fingerprint(variant) == fingerprint(text)
        assert shingles(variant) == shingles(text)
        assert sorted(bands(variant)) == sorted(bands(text))


@pytest.mark.parametrize(
    "variant",
    [
        SENTENCE.upper(),
        SENTENCE.replace("'", "’"),
        SENTENCE.replace(" ", "\u00a0"),
        SENTENCE.replace("2 500", "2\u202f500"),
        SENTENCE.replace("2 500", "2500"),
        SENTENCE.replace(" directs ", "\ndirects\n"),
        "  " + SENTENCE.replace("é", "e\u0301"),
    ],
    ids=["case", "apostrophe", "no-break space", "thin space", "joined digits", "line ends", "decomposed"],
)
def test_these_variants_are_equal(variant: str) -> None:
    assert fingerprint(variant) == fingerprint(SENTENCE)
    assert similarity(variant, SENTENCE) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 %", "5 €"), ("-5", "5"), ("1,5", "1 5"), ("< 5", "> 5"), ("C++", "C")],
    ids=["unit", "sign", "decimal", "comparison", "name"],
)
def test_symbols_that_carry_meaning_are_not_folded_away(one: str, other: str) -> None:
    """DESIGN: exact means equal after normalising case, white space and typographic variants: not symbols."""
    one, other = (
        f"Selon le rapport annuel la valeur retenue pour ce poste est {value} au total." for value in (one, other)
    )
    assert fingerprint(one) != fingerprint(other)


def test_shingles_by_hand() -> None:
    assert shingles("Un deux, trois QUATRE") == {"un deux trois", "deux trois quatre"}
    assert shingles("Un deux") == {"un deux"}
    assert shingles("...") == {""}


def test_similarity_by_hand() -> None:
    # 4 words: 2 shingles each; one in common of three in all.
    assert similarity("un deux trois quatre", "zéro un deux trois") == pytest.approx(1 / 3)
    assert similarity("un deux trois", "quatre cinq six") == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_one_for_the_same(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0
    assert similarity(one, one) == 1.0


@pytest.mark.parametrize(
    ("figure", "other"),
    [("2 500", "2 600"), ("2026", "2027"), ("3", "30"), ("1,5", "15"), ("3 puis 5", "5 puis 3"), ("٣", "٤")],
    ids=["thousands", "year", "digit more", "decimal", "exchanged", "arabic digits"],
)
def test_texts_whose_numbers_differ_are_never_near(figure: str, other: str) -> None:
    frame = (
        " ".join(f"mot{chr(97 + n)}{chr(97 + n % 7)}" for n in range(26)) + " {} " + " ".join("abcdefghijklmnopqrst")
    )
    assert similarity(frame.format(figure), frame.format(other)) < NEAR


def test_one_word_of_sixty_is_near() -> None:
    text = " ".join(f"mot{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60))
    assert similarity(text, text.replace("motbe", "autre")) >= NEAR


def test_short_paragraphs_repeat_for_their_layout() -> None:
    assert not repeats(" ".join("x" * (MIN_WORDS - 1)))
    assert repeats(" ".join("x" * MIN_WORDS))


def test_bands_are_the_same_on_every_run() -> None:
    assert bands(SENTENCE) == bands(SENTENCE)
    assert len(bands(SENTENCE)) == BANDS
    assert len(set(bands(SENTENCE))) == BANDS  # equal rows in two bands lead to two places


def altered(text: list[str], changes: int, chance: random.Random) -> list[str]:
    other = list(text)
    for position in chance.sample(range(len(text)), changes):
        other[position] = "autre" + "".join(chance.choices("abcdefgh", k=6))  # no digit: figures must agree
    return other


def test_bands_find_what_datasketch_finds() -> None:
    """Candidate recall over 300 pairs of known similarity, against MinHashLSH with as many bands and rows."""
    chance = random.Random(7)
    near_pairs = ours_found = theirs_found = far_pairs = far_found = 0
    for _ in range(300):
        one = [
            f"mot{chr(97 + chance.randrange(26))}{chr(97 + chance.randrange(26))}"
            for _ in range(chance.randrange(30, 90))
        ]
        other = altered(one, chance.choice([1, 1, 2, 20]), chance)
        texts = " ".join(one), " ".join(other).replace("autre", "lettre")
        a, b = (shingles(text) for text in texts)
        jaccard = len(a & b) / len(a | b)
        ours = bool(set(bands(texts[0])) & set(bands(texts[1])))
        if jaccard >= NEAR:
            near_pairs += 1
            ours_found += ours
            lsh = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
            sketches = []
            for found in (a, b):
                sketch = MinHash(num_perm=BANDS * ROWS, seed=1)
                sketch.update_batch([shingle.encode() for shingle in found])
                sketches.append(sketch)
            lsh.insert("one", sketches[0])
            theirs_found += "one" in lsh.query(sketches[1])
        elif jaccard < 0.3:
            far_pairs += 1
            far_found += ours
    assert near_pairs >= 80
    assert far_pairs >= 30
    assert theirs_found >= 0.98 * near_pairs
    assert ours_found >= theirs_found - 1
    assert far_found <= 0.25 * far_pairs


@given(st.lists(st.sampled_from(["un", "deux", "trois", "quatre", "cinq"]), min_size=8, max_size=20))
def test_equal_words_have_equal_bands(found: list[str]) -> None:
    assert bands(" ".join(found)) == bands("  ".join(found).upper())
    assert words(" ".join(found)) == found
