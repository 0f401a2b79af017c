"""Canonical text, and the forms of it that are used to compare. Knows nothing of documents.

Law: `canonical(canonical(text)) == canonical(text)`, and every slice of a canonical text is canonical. A document's
text is made canonical once, when it is loaded, and every offset counts code points of the result. The folded form is
for comparing only; it is never shown, and no offset ever points into it.
"""

from __future__ import annotations

import re
import sys
import unicodedata

# Lone surrogates and NUL come out of broken files; neither can be stored in SQLite or sent as UTF-8. Files that were
# joined have byte-order marks inside, and a slice that began with one would not be canonical.
UNSTORABLE = re.compile("[\x00\ud800-\udfff\ufeff]")
LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Soft hyphens, zero-width characters and marks of direction: none is seen, and any may stand inside a word.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]")
# "2 500" is one number: groups of exactly three digits after one to three, with spaces, no-break or thin ones. Not
# across lines or tabs, where other columns begin, and not after the comma of another number ("12,5 300").
THOUSANDS = re.compile("(?<![\\w.,])\\d{1,3}(?:[ \u00a0\u2009\u202f]\\d{3})+(?!\\d)")
TYPOGRAPHIC = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "œ": "oe", "æ": "ae"}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"ـ": None, "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه"}
)
COMBINING = {code: None for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))}
PLAIN = TYPOGRAPHIC | COMBINING  # one pass: a pattern of all combining marks takes five times as long


def canonical(text: str) -> str:
    """NFC with `\\n` as the only line end, without NUL, lone surrogates or byte-order marks."""
    return unicodedata.normalize("NFC", LINE_END.sub("\n", UNSTORABLE.sub("", text)))


def folded(text: str) -> str:
    """The form in which texts are compared: no case, accents, typographic variants, or repeated white space."""
    # Case twice: "℡" is "TEL" only once it is decomposed.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", UNSEEN.sub("", text).casefold()).casefold())
    return " ".join(text.translate(PLAIN).split())


def join_digits(text: str) -> str:
    """The text with each number written together: "2 500" becomes "2500". For matching only."""
    return THOUSANDS.sub(lambda match: re.sub(r"\s", "", match.group()), text)


def words(text: str) -> list[str]:
    """The words of the folded text, in order: letters and digits only, elisions taken apart ("l'usine": l, usine)."""
    return re.findall(r"[^\W_]+", folded(join_digits(text)))
