"""Every regular expression that runs in the server takes time that grows with the text, whatever the text is.

The expressions are found, not listed: a new one is held to the law without a line here. Those of the loaders run in a
process of their own, which is ended after 30 seconds.
"""

import ast
import importlib
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from index.documents import Chunk, Document, Passage, revision_of
from index.duplicates import figures
from index.paragraphs import paragraphs
from index.sentences import sentences
from index.text import words
from qa.lists import joined
from qa.reader import Span

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("index", "qa", "api") for path in (ROOT / folder).glob("*.py"))
LENGTH = 20_000  # characters; the longest question has 2,000, and a passage some hundreds
SECONDS = 1.5  # of processor time for one call; the slowest takes a hundredth of it
BLANKS = (" ", "  ", "\n", "\u00a0")


def expressions(path: Path) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Those that a module compiles once, and those that it writes where it uses them; how each is used."""
    text = path.read_text(encoding="utf-8")
    if "import re\n" not in text:
        return
    name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    for key, value in vars(importlib.import_module(name)).items():
        if isinstance(value, re.Pattern):
            yield f"{name}.{key}", value, set(re.findall(rf"\b{key}\.([a-z]+)\(", text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            called, first = node.func, node.args[0]
            of_re = isinstance(called.value, ast.Name) and called.value.id == "re" and called.attr != "compile"
            if of_re and isinstance(first, ast.Constant):
                yield f"{name}:{node.lineno}", re.compile(first.value), {called.attr}


EXPRESSIONS = {name: (pattern, uses) for path in MODULES for name, pattern, uses in expressions(path)}


class TooSlow(Exception):
    """It took more processor time than it may."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Counts the time of this process, not that of the clock. The engine of `re` lets signals in."""

    def over(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def hostile(fragments: list[str]) -> st.SearchStrategy[str]:
    """A few fragments, repeated until the text is long, with something before and behind that may spoil a match."""
    some = st.sampled_from(fragments)
    repeated = st.lists(some, min_size=1, max_size=4).map("".join)
    edge = st.lists(some, max_size=2).map("".join)
    return st.builds(
        lambda before, unit, after: (before + unit * (LENGTH // len(unit)))[:LENGTH] + after, edge, repeated, edge
    )


def fragments_of(pattern: re.Pattern[str]) -> list[str]:
    """The words and signs that an expression is written with, with and without a space, and what its classes hold."""
    own = set(re.findall(r"[^\W\d_]{2,}|[^\w\s]", re.sub(r"\\[A-Za-z]", " ", pattern.pattern)))
    return sorted({*own, *(f"{word} " for word in own), *BLANKS, "a", "A", "1", "s", "les ", "أ", "\u0301"})


def looks(pattern: re.Pattern[str], uses: set[str], text: str) -> None:
    """Looks at the text as the module does: at its beginning, at all of it, or at every place."""
    for use in uses & {"match", "fullmatch", "search"}:
        with within(SECONDS):
            getattr(pattern, use)(text)
    if uses - {"match", "fullmatch", "search"}:
        with within(SECONDS):
            for _ in pattern.finditer(text):
                pass


def test_there_are_expressions_to_look_at() -> None:
    assert len(EXPRESSIONS) > 20
    assert all(uses for _, uses in EXPRESSIONS.values())
    assert {"qa.lists.BETWEEN", "qa.lists.ASKING", "index.sentences.AFTER_QUOTE"} <= set(EXPRESSIONS)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_takes_linear_time(name: str) -> None:
    pattern, uses = EXPRESSIONS[name]

    @settings(max_examples=40, deadline=None, phases=[Phase.generate])
    @given(hostile(fragments_of(pattern)))
    def law(text: str) -> None:
        looks(pattern, uses, text)

    law()


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_no_two_words_of_an_expression_make_it_exponential(name: str) -> None:
    pattern, uses = EXPRESSIONS[name]
    fragments = fragments_of(pattern)
    for one, other in product(fragments, fragments):
        looks(pattern, uses, (one + other) * (240 // len(one + other)) + "!")


@pytest.mark.parametrize("unit", ["de la ", "d'un ", "et de la ", "l'", "an ", "ainsi que ", "و ", " ", ", "])
@pytest.mark.parametrize("end", ["!", "x", ""])
def test_a_list_is_joined_or_not_in_linear_time(unit: str, end: str) -> None:
    """190 characters of "de la" between two things of a list once stopped the server for half a minute."""
    text = f"Rabat {unit * (LENGTH // len(unit))}{end} Pékin"
    document = Document("d", "D", text)
    whole = Passage(document, Chunk("d", revision_of(text), 0, len(text)), 0, len(text), 1.0)
    spans = [Span(document, at, at + 5, 1.0, 0.0, 1.0) for at in (0, len(text) - 5)]
    with within(SECONDS):
        assert joined(f"Quels pays {unit * (1_900 // len(unit))}?", spans, [whole])
        joined(f"{unit * (1_900 // len(unit))}?", spans, [whole])


FORMS: dict[str, Callable[[str], object]] = {
    "words": words,
    "figures": figures,
    "paragraphs": paragraphs,
    "sentences": sentences,
}
SIGNS = [*BLANKS, *'aA1.?«»"…,-\u0301', "1 000", "M.", "art. ", "p. ex. ", "ال"]


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(text=hostile(SIGNS))
def test_a_form_of_a_text_takes_linear_time(name: str, text: str) -> None:
    with within(2 * SECONDS):
        FORMS[name](text)
