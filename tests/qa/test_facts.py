"""qa.facts: where amounts, dates, places and counts stand, in three languages."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.facts import PATTERNS, facts


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("count", "la création de 2 500 emplois directs", ["2 500"]),
        ("count", "2\u202f500 emplois et 1\u00a0200\u00a0000 ménages", ["2\u202f500", "1\u00a0200\u00a0000"]),
        ("count", "some 12,500 jobs in 3 towns", ["12,500", "3"]),
        ("count", "توفير 2500 منصب شغل", ["2500"]),
        ("count", "aucun chiffre ici", []),
        ("count", "la version1.2", []),
        ("amount", "un montant de 3 milliards de dirhams", ["3 milliards de dirhams"]),
        ("amount", "12,5 millions d'euros puis 40 € et 5 000 MAD", ["12,5 millions d'euros", "40 €", "5 000 MAD"]),
        ("amount", "worth $3 billion, or €2.5 million", ["$3 billion", "€2.5 million"]),
        ("amount", "3 billion dollars", ["3 billion dollars"]),
        ("amount", "بمبلغ 3 ملايين درهم", ["3 ملايين درهم"]),
        ("amount", "2 500 emplois", []),
        ("quantity", "une capacité de 25 000 tonnes par an", ["25 000 tonnes par an"]),
        ("quantity", "12 % de plus, sur 300 km² et 20 GWh", ["12 %", "300 km²", "20 GWh"]),
        ("quantity", "20 tons per year", ["20 tons per year"]),
        ("quantity", "طاقة 25000 طن", ["25000 طن"]),
        ("date", "opérationnelle dès septembre 2026.", ["septembre 2026"]),
        ("date", "le 1er mars 2024 et le 14 juillet", ["1er mars 2024", "14 juillet"]),
        ("date", "on September 3, 2026 or 2026-09-03", ["September 3, 2026", "2026-09-03"]),
        ("date", "le 03/09/2026 à 14h30", ["03/09/2026", "14h30"]),
        ("date", "في شتنبر 2026", ["شتنبر 2026"]),
        ("date", "depuis 1999, pas 12345", ["1999"]),
        ("date", "la maison maintient sa marche", []),
        ("place", "l'usine de cathodes BTR à Tanger Tech marquent", ["Tanger Tech"]),
        ("place", "in Morocco, near Kenitra", ["Morocco", "Kenitra"]),
        ("place", "à la fin", []),
        ("person", "Le choix du Maroc par BTR, leader", ["Maroc", "BTR"]),
        ("other", "2 500 emplois à Tanger en 2026", []),
    ],
)  # fmt: skip
def test_the_facts(kind: str, text: str, expected: list[str]) -> None:
    assert sorted(text[start:end] for start, end in facts(text, kind)) == sorted(expected)


@given(
    st.text(max_size=150) | st.text(alphabet="0123456789 ,.€%/-\u202fmars àParis", max_size=60),
    st.sampled_from(list(PATTERNS)),
)
def test_ranges_lie_inside_and_are_disjoint(text: str, kind: str) -> None:
    found = sorted(facts(text, kind))
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(left[1] <= right[0] for left, right in pairwise(found))


@pytest.mark.parametrize("kind", list(PATTERNS))
@pytest.mark.parametrize(
    "text", ["1 " * 2_000, "A " * 2_000, "9" * 10_000, "1 000 " * 1_000], ids=["ones", "names", "digits", "groups"]
)
def test_a_hostile_sentence_takes_no_age(kind: str, text: str) -> None:
    start = time.process_time()
    facts(text, kind)
    assert time.process_time() - start < 2
