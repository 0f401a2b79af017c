"""index.lexical: which words meet, in French, English and Arabic; and that no question is an operator."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import DamagedIndex
from index.lexical import LexicalIndex

CHUNKS = [
    (1, "L'usine d'Agadir créera 2 500 emplois directs.", "fr", ["collection=a", "metadata:year=2024"]),
    (2, "Les œuvres du musée sont exposées à l'été.", "fr", ["collection=a"]),
    (3, "The factories will open their gates in 2026.", "en", ["collection=b", "metadata:year=2024"]),
    (4, "تنتج المدرسة الأولى في مدينة طنجة بطاريات كهربائية", "ar", ["collection=b"]),
    (5, "Η Αθήνα είναι πόλη", "el", ["collection=b"]),
    (6, "Le budget est de 1\u202f200\u202f000 euros, soit 12,5 % de plus.", "fr", ["collection=a"]),
    (7, "Aujourd'hui, c'est le cœur de la ville.", "", ["collection=a"]),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return LexicalIndex.build(tmp_path_factory.mktemp("lexical") / "index", CHUNKS)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("usine", 1),
        ("l'usine", 1),
        ("L’USINE", 1),
        ("usines", 1),
        ("Agadir", 1),
        ("emploi direct", 1),
        ("2500", 1),
        ("2 500", 1),
        ("2\u00a0500", 1),
        ("2\u202f500", 1),
        ("creera", 1),
        ("œuvre", 2),
        ("Œuvres", 2),
        ("oeuvre", 2),
        ("OEUVRES", 2),
        ("ete", 2),
        ("été", 2),
        ("musee", 2),
        ("factory", 3),
        ("GATES", 3),
        ("طنجة", 4),
        ("مدرسة", 4),
        ("المدرسه", 4),
        ("الاولى", 4),
        ("كَهْرُبائية", 4),
        ("ΑΘΉΝΑ", 5),
        ("1200000", 6),
        ("1 200 000", 6),
        ("12,5", 6),
        ("coeur", 7),
        ("cœur", 7),
    ],
)
def test_the_word_is_found(index: LexicalIndex, question: str, expected: int) -> None:
    assert next((key for key, _ in index.search(question, 5)), None) == expected


@pytest.mark.parametrize("question", ["500", "2", "le la les de", "?", "", "   ", "the of and"], ids=repr)
def test_parts_of_numbers_and_stop_words_find_nothing(index: LexicalIndex, question: str) -> None:
    assert 1 not in [key for key, _ in index.search(question, 5)]


HOSTILE = [
    'AND ( " *',
    "usine AND NOT usine",
    "usine:",
    "+usine -usine",
    '"usine',
    "usine~2",
    "[a TO b]",
    "\\",
    "text_fr:usine^9",
    "*",
    "usine*",
    "NOT",
    "{",
    "a\x00b usine",
    "usine" * 500,
    "usine " * 5000,
]


@pytest.mark.parametrize("question", HOSTILE, ids=lambda question: question[:20])
def test_operators_are_words(index: LexicalIndex, question: str) -> None:
    assert all(score > 0 for _, score in index.search(question, 5))


def test_operators_around_a_word_do_not_hide_it(index: LexicalIndex) -> None:
    for question in ('AND ( " * usine', "usine AND NOT usine", "-usine", "usine*"):
        assert index.search(question, 5)[0][0] == 1


@given(st.text(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_question_can_be_asked(index: LexicalIndex, question: str) -> None:
    found = index.search(question.encode("utf-8", "ignore").decode(), 3)
    assert len(found) <= 3
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ([], {1, 3}),
        (["collection=a"], {1}),
        (["collection=b"], {3}),
        (["metadata:year=2024"], {1, 3}),
        (["collection=b", "metadata:year=2024"], {3}),
        (["collection=c"], set()),
        (["metadata:year=2025"], set()),
    ],
)
def test_the_scope_narrows_what_is_found(index: LexicalIndex, scope: list[str], expected: set[int]) -> None:
    assert {key for key, _ in index.search("usine factory", 5, scope)} == expected


def test_the_scope_changes_no_score(index: LexicalIndex) -> None:
    free = dict(index.search("usine", 5))
    assert dict(index.search("usine", 5, ["collection=a"]))[1] == pytest.approx(free[1])


def test_a_rare_word_counts_for_more_than_a_frequent_one(tmp_path: Path) -> None:
    rows = [(n, "projet " + ("cathode" if n == 7 else "usine"), "fr", []) for n in range(10)]
    index = LexicalIndex.build(tmp_path / "index", rows)
    assert index.search("projet usine cathode", 1)[0][0] == 7


def test_words_side_by_side_count_for_more_than_words_apart(tmp_path: Path) -> None:
    rows = [
        (1, "Louis arriva hier au palais avec le quatorze mai du calendrier.", "fr", []),
        (2, "Le palais du calendrier arriva avec Louis Quatorze hier au mai.", "fr", []),
    ]
    index = LexicalIndex.build(tmp_path / "index", rows)
    found = index.search("Louis quatorze", 2)
    assert [key for key, _ in found] == [2, 1]
    assert found[0][1] > found[1][1]


def test_a_short_chunk_is_not_preferred_for_its_length_alone(tmp_path: Path) -> None:
    """Each says the word once; as tantivy scores it, the short one counts for twice the long one."""
    rows = [(n, f"Le port de Tanger accueille un navire {'tous les jours de semaine ' * 20}", "fr", []) for n in (1, 2)]
    index = LexicalIndex.build(tmp_path / "index", [*rows, (3, "Navire.", "fr", [])])
    scores = dict(index.search("navire", 3))
    assert scores[3] > scores[1] > 0.6 * scores[3]


@pytest.mark.parametrize("word", ["emplois créés", "œuvre élevée", "naïveté"])
def test_a_decomposed_question_finds_what_a_composed_one_does(tmp_path: Path, word: str) -> None:
    """Copied from a PDF or typed on some systems, "é" arrives as two code points."""
    index = LexicalIndex.build(tmp_path / "index", [(1, f"Voici {word} ici.", "fr", [])])
    assert index.search(unicodedata.normalize("NFD", word), 1) == index.search(word, 1) != []


def test_saved_and_loaded_it_finds_the_same(tmp_path: Path) -> None:
    built = LexicalIndex.build(tmp_path / "index", CHUNKS)
    loaded = LexicalIndex.load(tmp_path / "index")
    assert len(loaded) == len(built) == len(CHUNKS)
    for question in ("l'usine", "œuvres", "طنجة", "2 500"):
        assert loaded.search(question, 5) == built.search(question, 5) != []


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = LexicalIndex.build(tmp_path / "index", [])
    assert len(index) == 0
    assert index.search("usine", 5) == []


def test_a_foreign_folder_is_damage_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "meta.json").write_text("{")
    for folder in (tmp_path / "index", tmp_path / "nothing"):
        with pytest.raises(DamagedIndex, match="extrait rebuild"):
            LexicalIndex.load(folder)
