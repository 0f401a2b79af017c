"""Words in common, by tantivy (BM25). The only home of tantivy; knows nothing of vectors.

Each chunk is indexed in the field of its language, with that language's stop words and stemmer; a question is analysed
in every language, so that a name or a number is found whatever the language of the text. Accents, ligatures, elisions
and Arabic letter variants fold here, in matching, and stay in quotes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from index.errors import DamagedIndex
from index.text import TYPOGRAPHIC, join_digits

STEMMERS = {"fr": "french", "en": "english", "ar": "arabic", "es": "spanish", "de": "german", "it": "italian"}
WITHOUT_STOP_WORDS = {"ar"}
OTHER = "xx"  # any other language: words as they are
MAX_TERMS = 64  # a question longer than this repeats itself
WRITER_BYTES = 64_000_000


def searchable(text: str) -> str:
    """The text with typographic variants made alike and the digits of a number joined; words stay words."""
    return join_digits(text.translate(TYPOGRAPHIC))


@cache
def analyzers() -> dict[str, tantivy.TextAnalyzer]:
    """The analyzer of each field, by language. Accents are folded after stemming, since stemmers read them."""
    found = {}
    for language in [*STEMMERS, OTHER]:
        builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(60)).filter(Filter.lowercase())
        if language in STEMMERS:
            if language not in WITHOUT_STOP_WORDS:
                builder = builder.filter(Filter.stopword(STEMMERS[language]))
            builder = builder.filter(Filter.stemmer(STEMMERS[language]))
        found[language] = builder.filter(Filter.ascii_fold()).build()
    return found


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk_id", stored=True, indexed=False)
    builder.add_text_field("scope", tokenizer_name="raw", index_option="basic")
    for language in [*STEMMERS, OTHER]:
        builder.add_text_field(f"text_{language}", tokenizer_name=language, index_option="freq")
    return builder.build()


class LexicalIndex:
    """A BM25 index in a folder."""

    def __init__(self, index: tantivy.Index) -> None:
        for language, analyzer in analyzers().items():
            index.register_tokenizer(language, analyzer)  # tantivy forgets them when an index is opened again
        index.reload()
        self._index = index
        self._searcher = index.searcher()

    @classmethod
    def build(cls, folder: Path, chunks: Iterable[tuple[int, str, str, list[str]]]) -> LexicalIndex:
        """From (chunk id, text, language, scope terms that a filter can ask for)."""
        folder.mkdir()
        index = tantivy.Index(schema(), path=str(folder))
        for language, analyzer in analyzers().items():
            index.register_tokenizer(language, analyzer)
        writer = index.writer(WRITER_BYTES, 1)
        for chunk_id, text, language, scope in chunks:
            field = f"text_{language if language in STEMMERS else OTHER}"
            row = {"chunk_id": chunk_id, "scope": scope, field: searchable(text)}
            writer.add_document(tantivy.Document.from_dict(row, schema()))
        writer.commit()
        writer.wait_merging_threads()
        return cls(index)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Raises DamagedIndex when the folder is not one that `build` wrote."""
        try:
            return cls(tantivy.Index.open(str(folder)))
        except (ValueError, OSError) as error:
            raise DamagedIndex(f"{folder} is not a tantivy index: delete var/current and start again, "
                               "which rebuilds it from the database.") from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, question: str, n: int, scope: Iterable[str] = ()) -> list[tuple[int, float]]:
        """(chunk id, BM25 score) of the n best, best first; only chunks that bear all of `scope`."""
        text = searchable(question)
        terms = [
            (Occur.Should, Query.term_query(schema(), f"text_{language}", term, "freq"))
            for language, analyzer in analyzers().items()
            for term in list(dict.fromkeys(analyzer.analyze(text)))[:MAX_TERMS]
        ]
        if not terms:
            return []
        query = Query.boolean_query(terms)
        if required := [(Occur.Must, Query.const_score_query(Query.term_query(schema(), "scope", term, "basic"), 0.0))
                        for term in scope]:
            query = Query.boolean_query([(Occur.Must, query), *required])
        hits = self._searcher.search(query, n, count=False).hits
        return [(self._searcher.doc(address)["chunk_id"][0], float(score)) for score, address in hits]
