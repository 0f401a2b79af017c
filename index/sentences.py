"""Where the sentences of a text are. Knows nothing of chunks or tokens.

Laws: ranges are in order, disjoint and stripped; every character that is no white space lies in exactly one; none
crosses a paragraph. A sentence without any punctuation may be very long; it stays one.

sentencex proposes the ends. It splits too often for French ("M. Dupont", "art. L. 12"), so ends after the abbreviations
below and after list numbers are taken back; it never splits within or right after quotation marks, so some ends are
added. Its time grows with the square of the number of quotation marks, so it sees at most WINDOW characters at once.
"""

from __future__ import annotations

import re
from itertools import pairwise

import sentencex

from index.paragraphs import paragraphs

WINDOW = 5_000
LONG = 600  # a longer sentence is looked at again, for sentences within a quotation
LOOK_BACK = 24  # longer than every abbreviation below, with the character before it
DEFAULT_LANGUAGE = "fr"  # for a document whose language is unsure

# Something always follows these ...
ABBREVIATIONS = (
    "M|MM|Mr|Mrs|Ms|Mmes?|Mlles?|Mgr|Me|Mes|Drs?|Prs?|Prof|Vve|Ste?|Sts|Gén|Gen|Sen|Rep|Gov|Lt|Cap|Capt"
    r"|[aA]rts?|al|[cC]hap|[sS]ect|[cC]f|[vV]oir\sp|[vV]s|ibid|[rR]éf|[tT]él|p\.\s?ex|c\.-à-d|i\.e|e\.g|viz|P\.-S|N\.B"
    r"|janv|a[pv]|févr|avr|juill|bd|Bd|د|أ|م|ج|أ\.\s?د|د\.\s?ا"
)
# ... and these are abbreviations when a number follows.
BEFORE_NUMBER = (
    "L|R|D|A|[nN]o?s?|pp?|[vV]ol|[tT]|[fF]igs?|[tT]ab|[éeÉE]ds?|ann|[sS]ec|ch|col|fol|env|approx|ca|ص|ط|ت|رقم"
)
EDGE = r"(?:^|[\s(\[«“\"'’‘.\u00a0\u202f-])"
TAKEN_BACK = re.compile(rf"{EDGE}(?:{ABBREVIATIONS})\.\s*$")
TAKEN_BACK_BEFORE_NUMBER = re.compile(rf"{EDGE}(?:{ABBREVIATIONS}|{BEFORE_NUMBER})\.\s*$")
# An unknown abbreviation (J.-C., Cie.), when a lower-case letter follows.
SHORT = re.compile(rf"{EDGE}(?:[A-ZÀ-Ý]\w{{0,3}}|[bcdfghjklmnpqrstvwxz]{{1,4}})\.\s*$")
ITEM_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)]\s*")

AFTER_QUOTE = re.compile(r"[.!?…؟][\s\u00a0\u202f]?[»”]\s+(?=[A-ZÀ-Ý«—])|…\s+(?=[A-ZÀ-Ý«])")
WITHIN_QUOTE = re.compile(r"[.!?…؟۔]\s+(?=[^\W\da-zà-ÿ_]|[«“\"—–-])")
# sentencex panics on a no-break space between an initial and its full stop ("I\u00a0."); the offsets stay the same.
PLAIN_SPACES = dict.fromkeys([0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], " ")
LETTER = re.compile(r"[^\W_]")


def sentences(text: str, language: str = "") -> list[tuple[int, int]]:
    """The ranges of the sentences of a canonical text. `language` is an ISO 639-1 code, or "" when unsure."""
    code = language[:2].lower() or DEFAULT_LANGUAGE
    found: list[tuple[int, int]] = []
    for start, end in paragraphs(text):
        paragraph = text[start:end]
        if paragraph.replace(" ", "").isalnum():  # a heading, a cell, a name: most short lines need no more than this
            found.append((start, end))
            continue
        last = 0
        for cut in [*kept(paragraph, proposed(paragraph, code)), len(paragraph)]:
            sentence = paragraph[last:cut]
            left = last + len(sentence) - len(sentence.lstrip())
            right = cut - (len(sentence) - len(sentence.rstrip()))
            if left < right:
                found.append((start + left, start + right))
            last = cut
    return found


def proposed(paragraph: str, code: str) -> list[int]:
    """Where a sentence may end, from sentencex and from the closing quotation marks; in order, inside the paragraph."""
    cuts = {match.end() for match in AFTER_QUOTE.finditer(paragraph)}
    start = 0
    while start < len(paragraph):
        window = paragraph[start : start + WINDOW].translate(PLAIN_SPACES)
        ends = [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries(code, window)]
        if start + WINDOW < len(paragraph):
            # The window cuts the last sentence, so that the next one starts there again; a sentence without an end
            # in the whole window goes on in the next.
            ends = ends[:-1]
        cuts.update(start + end for end in ends)
        ahead = max((end for end in ends if 0 < end <= len(window)), default=0)
        start += ahead if ahead and start + WINDOW < len(paragraph) else WINDOW
    inside = sorted(cut for cut in cuts if 0 < cut < len(paragraph))
    for left, right in pairwise([0, *inside, len(paragraph)]):
        if right - left > LONG:
            cuts.update(match.end() for match in WITHIN_QUOTE.finditer(paragraph, left, right))
    return sorted(cut for cut in cuts if 0 < cut < len(paragraph))


def kept(paragraph: str, cuts: list[int]) -> list[int]:
    """The cuts after which a sentence really begins."""
    bounds = [0, *cuts, len(paragraph)]
    lettered = [LETTER.search(paragraph, left, right) is not None for left, right in pairwise(bounds)]
    last = 0
    begun = False  # whether a letter or digit stands between the last cut kept and this one
    found: list[int] = []
    for cut, before, after in zip(cuts, lettered, lettered[1:], strict=False):
        begun = begun or before
        # What has no letter or digit (a closing quotation mark, "...") belongs to the sentence before it.
        if begun and after and not abbreviated(paragraph, last, cut):
            found.append(cut)
            last = cut
            begun = False
    return found


def abbreviated(paragraph: str, start: int, cut: int) -> bool:
    """Whether the full stop before `cut` belongs to an abbreviation or to the number of a list item."""
    before = paragraph[max(start, cut - LOOK_BACK) : cut]
    after = paragraph[cut]
    if cut - start <= LOOK_BACK and ITEM_NUMBER.fullmatch(before):
        return True
    if before.endswith(".") and not after.isupper():  # "c.-à-d.", "www.exemple.fr": a full stop inside a word
        return True
    if after.isdigit():
        return TAKEN_BACK_BEFORE_NUMBER.search(before) is not None
    return TAKEN_BACK.search(before) is not None or (after.islower() and SHORT.search(before) is not None)
