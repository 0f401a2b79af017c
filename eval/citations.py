"""Are the quotes true, and how well do they hit? Knows outcomes and texts, not systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from eval.outcomes import Cited
from eval.ranges import Range, common, length
from index.documents import revision_of


class Overlap(Struct, frozen=True):
    """Of the characters given, the share that is right; of the right ones, the share given."""

    precision: float
    recall: float


def is_valid(citation: Cited, texts: Mapping[str, str]) -> bool:
    """Whether the quote is the very characters at its offsets, in the revision and with the hash that it claims."""
    text = texts.get(citation.document)
    return (
        text is not None
        and 0 <= citation.start < citation.end <= len(text)
        and text[citation.start : citation.end] == citation.quote
        and sha256(citation.quote.encode()).hexdigest() == citation.sha256
        and revision_of(text) == citation.revision
    )


def holds(citation: Cited, targets: Sequence[Sequence[Range]]) -> bool:
    """Whether a right answer lies wholly inside the citation, or inside a place that it lists as its duplicate."""
    return any(place.contains(right) for place in citation.places() for group in targets for right in group)


def span_overlap(given: Range, targets: Sequence[Sequence[Range]]) -> Overlap:
    """Characters of the given span against the right place that fits best (by the harmonic mean of the two shares)."""
    overlaps = [Overlap(0.0, 0.0)]
    for place in (place for group in targets for place in group):
        both = common([given], [place])
        if both:
            overlaps.append(Overlap(both / length([given]), both / length([place])))
    return max(overlaps, key=lambda item: item.precision * item.recall / (item.precision + item.recall or 1))
