"""Words in common, by tantivy (BM25). The only home of tantivy; knows nothing of vectors.

Each chunk is indexed three times: in the field of its language, with that language's stop words and stemmer, in a field
of folded words as they are, and in one of neighbouring words, two by two. A question is analysed for every field, so
that a name, a number or a word typed without its accents is found whatever the language. Accents, ligatures, elisions
and Arabic letter variants fold here, in matching, and stay in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from index.disk import link
from index.errors import DamagedIndex
from index.text import TYPOGRAPHIC, canonical, join_digits, words

STEMMERS = {"fr": "french", "en": "english", "ar": "arabic", "es": "spanish", "de": "german", "it": "italian"}
WITHOUT_STOP_WORDS = {"ar"}
WORDS = "words"  # the field of every chunk, whatever its language: folded words as they are
PAIRS = "pairs"  # neighbouring words of every chunk: "Louis XIV" is more than "Louis" and "XIV"
BOOSTS = {WORDS: 0.5, PAIRS: 0.2}  # chosen on held-back questions of `train/`, as the filler is: docs/evaluation.md
# In tantivy, BM25's b is 0.75: short chunks weigh too much, where chunks are cut by size. With as many words more in
# each, lengths differ less; chunks of 100 words are then ranked as with b = 0.4.
FILLER = " ꙮ" * 100
# "وال", "بال", "كال", "فال", "ال" and "لل" before a word of three letters or more.
ARABIC_ARTICLE = re.compile(r"\b(?:[وفبك]?ال|لل)(?=[\u0621-\u064a]{3})")
MAX_TERMS = 64  # a question longer than this repeats itself
WRITER_BYTES = 64_000_000


def searchable(text: str) -> str:
    """The text with typographic variants made alike, the digits of a number joined, Arabic articles taken off."""
    return ARABIC_ARTICLE.sub("", join_digits(canonical(text).translate(TYPOGRAPHIC)))


@cache
def analyzers() -> dict[str, tantivy.TextAnalyzer]:
    """The analyzer of each field. Accents are folded after stemming, since stemmers read them."""
    found = {}
    for field, languages in [*((field_of(language), [language]) for language in STEMMERS), (WORDS, ["fr", "en"])]:
        builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(60)).filter(Filter.lowercase())
        for language in languages:
            if language not in WITHOUT_STOP_WORDS:
                builder = builder.filter(Filter.stopword(STEMMERS[language]))
        if field != WORDS:
            builder = builder.filter(Filter.stemmer(STEMMERS[languages[0]]))
        found[field] = builder.filter(Filter.ascii_fold()).build()
    found[PAIRS] = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.remove_long(120)).build()
    return found


def field_of(language: str) -> str:
    """The field of the stemmed words of a language."""
    return f"text_{language}"


def analysed(text: str) -> dict[str, str]:
    """What each field is given of a text, or of a question; the field of a language is given the text as it is."""
    found = words(text)
    return {WORDS: " ".join(found), PAIRS: " ".join(map("_".join, pairwise(found)))}


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk_id", stored=True, indexed=False)
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")  # tantivy deletes by a text alone
    builder.add_text_field("scope", tokenizer_name="raw", index_option="basic")
    for field in analyzers():
        builder.add_text_field(field, tokenizer_name=field, index_option="freq")
    return builder.build()


class LexicalIndex:
    """A BM25 index in a folder."""

    def __init__(self, index: tantivy.Index) -> None:
        for field, analyzer in analyzers().items():
            index.register_tokenizer(field, analyzer)  # tantivy forgets them when an index is opened again
        index.reload()
        self._index = index
        self._searcher = index.searcher()

    @classmethod
    def build(
        cls,
        folder: Path,
        chunks: Iterable[tuple[int, str, str, list[str]]],
        base: Path | None = None,
        gone: Sequence[int] = (),
    ) -> LexicalIndex:
        """Writes a new folder: what `base` holds, without the ids in `gone`, and (id, text, language, scope terms).

        What is gone from `base` is found no more, but its words stay in the files until they are built without a base.
        """
        folder.mkdir()
        for path in base.iterdir() if base else ():
            if path.suffix != ".lock":
                link(path, folder / path.name)  # tantivy replaces files and never changes one
        index = tantivy.Index.open(str(folder)) if base else tantivy.Index(schema(), path=str(folder))
        for field, analyzer in analyzers().items():
            index.register_tokenizer(field, analyzer)
        writer = index.writer(WRITER_BYTES, 1)
        for chunk_id in gone:
            writer.delete_documents_by_term("key", str(chunk_id))
        for chunk_id, text, language, scope in chunks:
            shown = searchable(text)
            texts = analysed(shown)
            row = {"chunk_id": chunk_id, "key": str(chunk_id), "scope": scope, **texts, WORDS: texts[WORDS] + FILLER}
            if language in STEMMERS:
                row[field_of(language)] = shown + FILLER
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
            raise DamagedIndex(
                f"{folder} is not a tantivy index: run `extrait rebuild`, which makes it again."
            ) from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, question: str, n: int, scope: Iterable[str] = ()) -> list[tuple[int, float]]:
        """(chunk id, BM25 score) of the n best, best first; only chunks that bear all of `scope`."""
        text = searchable(question)
        given = analysed(text)
        terms = [
            (Occur.Should, Query.boost_query(Query.term_query(schema(), field, term, "freq"), BOOSTS.get(field, 1.0)))
            for field, analyzer in analyzers().items()
            for term in list(dict.fromkeys(analyzer.analyze(given.get(field, text))))[:MAX_TERMS]
        ]
        if not terms:
            return []
        query = Query.boolean_query(terms)
        if required := [
            (Occur.Must, Query.const_score_query(Query.term_query(schema(), "scope", term, "basic"), 0.0))
            for term in scope
        ]:
            query = Query.boolean_query([(Occur.Must, query), *required])
        hits = self._searcher.search(query, n, count=False).hits
        return [(self._searcher.doc(address)["chunk_id"][0], float(score)) for score, address in hits]
