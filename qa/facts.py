"""Where amounts, dates, places, counts and names stand in a sentence. Patterns for French, English and Arabic.

Knows nothing of questions beyond their kind. A range is half-open, in code points of the text it was given.
"""

from __future__ import annotations

import re
from functools import cache

from qa.questions import Kind

SPACE = r"[ \u00a0\u202f]"
NUMBER = rf"(?<![\w.,])\d{{1,3}}(?:{SPACE}\d{{3}})+(?:,\d+)?|(?<![\w.,])\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?<![\w.,])\d+(?:[.,]\d+)?"
SCALE = rf"(?:{SPACE}(?:mille|millions?|milliards?|thousand|billions?|hundred|ملايين|مليون|مليار|الف))?"
CURRENCY = (
    rf"(?:{SPACE}(?:de{SPACE}|d['’]|of{SPACE})?(?:dirhams?|euros?|dollars?|francs?|livres?|pounds?|yuans?|MAD|EUR|USD|DH|درهما?|دولارا?|يورو)"
    rf"|{SPACE}?[€$£])"
)
UNIT = (
    rf"{SPACE}?(?:%|tonnes?|tons?|kg|km²?|m²|mètres?|meters?|kilomètres?|hectares?|GWh|MWh|kWh|MW|GW|Mo|Go|MB|GB|bytes?|octets?"
    rf"|secondes?|seconds?|minutes?|heures?|hours?|jours?|days?|semaines?|weeks?|mois|months?|ans?|années?|years?|caractères|characters"
    rf"|طنا?|يوما?|سنه|سنة|كيلومتر)(?!\w)(?:{SPACE}(?:par|per){SPACE}\w+)?"
)
MONTH = (
    r"\b(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|January|February|March|April|May|June|July|August|September|October|November|December"
    r"|يناير|فبراير|مارس|أبريل|ماي|مايو|يونيو|يوليوز|يوليو|غشت|أغسطس|شتنبر|سبتمبر|أكتوبر|نونبر|نوفمبر|دجنبر|ديسمبر)\b"
)
NUMBER_WORD = (
    r"\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|cinquante|soixante|cent|mille"
    r"|two|three|four|five|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|hundred|dozen"
    r"|اثنان|اثنين|ثلاثة|ثلاث|أربعة|أربع|خمسة|خمس|ستة|ست|سبعة|سبع|ثمانية|ثماني|تسعة|تسع|عشرة|عشر|مئة|مائة)\b"
)
CENTURY = rf"\b(?:[IVX]+|\d{{1,2}})(?:e|ème|er|th|st|nd|rd){SPACE}(?:siècle|century)"
CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’-]*"
NAME = rf"{CAPITALISED}(?:{SPACE}(?:(?:de|du|des|la|of|the){SPACE})?{CAPITALISED})*"

PATTERNS: dict[Kind, tuple[str, ...]] = {
    "count": (rf"(?:{NUMBER}){SCALE}", NUMBER_WORD),
    "amount": (rf"(?:{NUMBER}){SCALE}{CURRENCY}", rf"[€$£]{SPACE}?(?:{NUMBER}){SCALE}"),
    "quantity": (rf"(?:{NUMBER}){SCALE}{UNIT}", rf"(?:{NUMBER}){SCALE}{SPACE}[^\W\d_]+"),
    "date": (
        rf"(?:\d{{1,2}}(?:er|st|nd|rd|th)?{SPACE})?{MONTH}(?:{SPACE}\d{{1,2}},)?(?:{SPACE}\d{{4}})?",
        r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)",
        r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)",
        r"(?<![\d.,])(?:1\d|20)\d{2}(?![\d.,]\d|\d)",
        CENTURY,
        rf"(?<!\d)\d{{1,2}}{SPACE}?(?:h|:){SPACE}?\d{{2}}(?!\d)",
    ),
    "place": (
        rf"(?:(?<=\bà )|(?<=\bau )|(?<=\baux )|(?<=\ben )|(?<=\bdans )|(?<=\bin )|(?<=\bat )|(?<=\bnear )|(?<=\bfrom ))(?:(?:le|la|the){SPACE})?{NAME}",
    ),
    "person": (rf"(?<!^){NAME}",),
    "other": (),
}


@cache
def _compiled(kind: Kind) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in PATTERNS[kind])


def facts(text: str, kind: Kind) -> list[tuple[int, int]]:
    """The ranges of a sentence that can answer a question of this kind; none overlaps an earlier, better pattern's."""
    found: list[tuple[int, int]] = []
    for pattern in _compiled(kind):
        for match in pattern.finditer(text):
            if all(match.end() <= start or end <= match.start() for start, end in found):
                found.append(match.span())
    return found
