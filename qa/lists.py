"""A question that asks for several things: what a reader found of a list, in one sentence, becomes one span.

"Quels pays…?" is answered by "le Maroc et la Chine", of which a reader may give "le Maroc" and "la Chine" apart. Only
what the text itself joins, by commas and conjunctions, is joined. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from index.documents import Passage
from qa.reader import Span

ASKING = re.compile(
    r"\W*(?:(?:à|au|aux|avec|contre|dans|de|des|en|entre|par|parmi|pour|sous|sur|vers|from|in|on|for|by|with|to|of)\s+)?"
    r"(?:quels|quelles|lesquels|lesquelles|desquels|auxquels|qui\s+sont|citez|énumérez"
    r"|(?:which|what)\s+(?:\w+\s+)?\w+[^s\W]s\b|(?:what|who|which)\s+(?:are|were)|name\s+the|list\s+"
    r"|ما\s+هي|من\s+هم)",
    re.IGNORECASE,
)
# Between two things of a list: a comma or a conjunction, with small words around it. Each is a whole word and none
# begins another, so that a text can be read in one way only, and nothing is taken back: the time is linear.
SMALL = r"(?:(?:le|la|les|une?|des?|du|en|aux?|à|sur|par|the|an?|in|to|by|from)\b|[ld]['’])"
BETWEEN = re.compile(
    rf"\s*+(?:[,;،؛]\s*+)?+(?:(?:et|ou|soit|ainsi\s++que|and|or|as\s++well\s++as)\s++|و\s*+)?+(?:{SMALL}\s*+)*+",
    re.IGNORECASE,
)
JOINS = re.compile(r"[,;،؛]|\b(?:et|ou|soit|ainsi\s+que|and|or|as\s+well\s+as)\b|و", re.IGNORECASE)
NEAR = 1.0  # strength by which a thing may fall short of the best one


def joined(question: str, spans: Sequence[Span], passages: Sequence[Passage]) -> list[Span]:
    """The spans, strongest first, of which the first is widened to the list that it belongs to, if one is asked for.

    The list ends where its passage does.
    """
    if not spans or not ASKING.match(question):
        return list(spans)
    best = spans[0]
    home = [p for p in passages if lies_in(best, p)]
    others = [s for s in spans[1:] if s.strength >= best.strength - NEAR and any(lies_in(s, p) for p in home)]
    while found := next((other for other in others if belongs(best, other)), None):
        best = replace(best, start=min(best.start, found.start), end=max(best.end, found.end))
    return [best, *spans[1:]]


def lies_in(span: Span, passage: Passage) -> bool:
    """Whether a passage holds a span."""
    return passage.document.id == span.document.id and passage.start <= span.start and span.end <= passage.end


def belongs(one: Span, other: Span) -> bool:
    """Whether the other holds more of the same list: they overlap, or the text joins them."""
    if one.start <= other.start and other.end <= one.end:
        return False
    between = one.document.text[min(one.end, other.end) : max(one.start, other.start)]
    apart = one.end <= other.start or other.end <= one.start
    return not apart or bool(BETWEEN.fullmatch(between) and JOINS.search(between))
