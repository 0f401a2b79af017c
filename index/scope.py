"""What can tell documents apart for an asker: their collection and their metadata. Knows nothing of storage.

Duplicates are collapsed within one scope and never across, so that whoever sees only one of two copies finds that one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from index.documents import Document, MetadataValue


def scope_of(document: Document) -> str:
    """What a filter can tell documents apart by: duplicates are collapsed within one scope, never across."""
    terms = scope_terms(document.collection, document.metadata)
    # A line end in a name must not read as two terms: quoted, since no other term begins with a quotation mark.
    return "\n".join(json.dumps(term) if "\n" in term else term for term in terms)


def key_of(value: MetadataValue) -> str:
    """The form in which metadata are compared: JSON, in which 2.0 and 2 are the same number, and "2" is none.

    A date is a string, and equal to a date that is written alike: "2024-03-05".
    """
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value, ensure_ascii=False)


def scope_terms(collection: str | None, filters: Mapping[str, MetadataValue]) -> list[str]:
    """The terms by which the lexical index filters."""
    terms = [f"collection={collection}"] if collection is not None else []
    return terms + [f"metadata:{key}={key_of(value)}" for key, value in sorted(filters.items())]
