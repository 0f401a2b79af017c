"""Markdown: the words without the markup."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import EmptyText
from index.loaders.markdown import load
from index.text import canonical

DOCUMENT = """\
---
title: "Guide de l'accord"
lang: fr
tags:
  - a
---

# Un *titre*

Un **mot**, un [lien](https://example.org/x "t"), une ![image](a.png), du `code` &
la suite.<br>À la ligne. <!-- rien -->

## Sous-titre {#ancre}

- premier
- second
  1. dedans

| Année | Emplois |
|-------|--------:|
| 2018  | 2 500   |

```python
a = 1
    b = 2
```

> cité

<div class="x"><p>Dans du <b>HTML</b></p><script>x()</script></div>
"""
TEXT = """\
Un titre

Un mot, un lien, une image, du code & la suite.
À la ligne.

Sous-titre

premier
second
dedans

Année | Emplois
2018 | 2 500

a = 1
    b = 2

cité

Dans du HTML"""


def test_a_document() -> None:
    loaded = load(DOCUMENT.encode(), "a.md")
    assert loaded.text == TEXT
    assert [(heading.level, loaded.text[heading.start : heading.end]) for heading in loaded.headings] == [
        (1, "Un titre"),
        (2, "Sous-titre"),
    ]
    assert (loaded.title, loaded.language, loaded.media_type) == ("Guide de l'accord", "fr", "text/markdown")


@pytest.mark.parametrize(
    ("source", "title", "text"),
    [
        pytest.param("+++\ntitle = 'T'\n+++\nx", "T", "x", id="toml"),
        pytest.param("---\r\ntitle: T\r\n---\r\nx", "T", "x", id="crlf"),
        pytest.param(
            "---\n\nUne phrase : ceci.\n\n---\n\nx", "Une phrase : ceci.", "Une phrase : ceci.\n\nx", id="rules"
        ),
        pytest.param("---\nmot\n---\nx", "mot", "mot\n\nx", id="rule-after-a-line"),
        pytest.param("---\ntitle: T\n...\nx", "T", "x", id="dots"),
        pytest.param("---\n'title': T\n\"a.b\": 1\n---\nx", "T", "x", id="quoted-keys"),
        pytest.param("## b\n\n# a", "a", "b\n\na", id="highest-heading"),
        pytest.param("mot", "mot", "mot", id="first-line"),
        pytest.param("*a* \\* \\_b\\_", "a * _b_", "a * _b_", id="escapes"),
        pytest.param("<https://example.org>", "https://example.org", "https://example.org", id="address-as-text"),
    ],
)
def test_titles_and_front_matter(source: str, title: str, text: str) -> None:
    loaded = load(source.encode(), "a.md")
    assert (loaded.title, loaded.text) == (title, text)


@pytest.mark.parametrize("body", ["Une phrase.", "title: T\nUne phrase.", "- a\n- b"])
def test_what_stands_between_two_rules_is_no_heading(body: str) -> None:
    assert load(f"---\n{body}\n---\n\nx".encode(), "a.md").headings == ()


def test_front_matter_alone_is_no_text() -> None:
    with pytest.raises(EmptyText, match=r"a\.md"):
        load(b"---\ntitle: T\n---\n", "a.md")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["# ", "- ", "> ", "| a |", "|-|", "\n", "\n\n", "**", "`", "<b>", "x ", "\u0301", "é"]))
)
def test_any_markup_gives_a_canonical_text(pieces: list[str]) -> None:
    try:
        loaded = load("".join(pieces).encode(), "a.md")
    except EmptyText:
        return
    assert canonical(loaded.text) == loaded.text
