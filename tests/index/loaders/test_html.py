"""HTML: what a reader sees of the main content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EmptyText
from index.loaders.html import load
from index.text import canonical

PAGE = """<!DOCTYPE html>
<html lang="fr-FR"><head><title>Accord &amp; emplois</title><style>p {}</style></head>
<body><nav><a href="/">Accueil</a></nav>
<h1>Un <i>titre</i></h1>
<p>Du <b>texte</b>   sur
deux lignes,<br>puis une\u00a0autre.<script>x()</script><!-- rien --></p>
<div style="display: none">caché</div><p hidden>caché</p><noscript>caché</noscript>
<ul><li>un</li><li>deux <a href="https://example.org">liens</a></li></ul>
<table><tr><th>Année</th><th>Emplois</th></tr><tr><td><p>2018</p></td><td>2 500</td></tr></table>
<pre>a = 1
    b = 2</pre>
<footer>Pied</footer></body></html>"""
TEXT = """Un titre

Du texte sur deux lignes,
puis une\u00a0autre.

un
deux liens

Année | Emplois
2018 | 2 500

a = 1
    b = 2"""


def test_a_short_page() -> None:
    loaded = load(PAGE.encode(), "a.html")
    assert loaded.text == TEXT
    assert [(heading.level, loaded.text[heading.start : heading.end]) for heading in loaded.headings] == [
        (1, "Un titre")
    ]
    assert (loaded.title, loaded.language, loaded.media_type) == ("Accord & emplois", "fr", "text/html")


def test_a_long_page_keeps_its_main_content() -> None:
    paragraphs = [
        f"<p>Le paragraphe numéro {n} dit que l'accord crée {n * 7} emplois dans l'usine de la ville.</p>"
        for n in range(60)
    ]
    menu = "".join(f'<li><a href="/{n}">Rubrique {n}</a></li>' for n in range(40))
    article = f"<article><h1>Accord</h1>{''.join(paragraphs)}</article>"
    page = f"<html><body><div class='menu'><ul>{menu}</ul></div>{article}</body></html>"
    text = load(page.encode(), "a.html").text
    assert "Rubrique 7" not in text
    assert all(paragraph[3:-4] in text for paragraph in paragraphs)


def test_what_is_unseen_does_not_cut_a_line() -> None:
    page = b"<html><body><p>un<!-- a --> deux <svg><text>x</text></svg>trois<?b?> quatre</p></body></html>"
    assert load(page, "a.html").text == "un deux trois quatre"


def test_a_page_laid_out_in_a_table() -> None:
    inner = "<table><tr><td>a</td><td>b</td></tr></table>"
    page = f"<table><tr><td>Menu</td><td><h2>Titre</h2><p>Un.</p>{inner}<p>Deux.</p></td></tr></table>"
    assert load(page.encode(), "a.html").text == "Menu\n\nTitre\n\nUn.\n\na | b\n\nDeux."


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">', "cp1252"),
        ('<meta charset="iso-8859-1">', "utf-8"),  # it says one thing and is another
        ('<meta charset="windows-1256">', "cp1256"),
        ("<meta charset=x-sjis>", "cp932"),
        ("", "utf-16"),
        ("", "utf-8-sig"),
        ('<?xml version="1.0" encoding="iso-8859-15"?>', "iso8859-15"),
        ('<meta charset="no-such-thing">', "utf-8"),
        ('<meta charset="base64">', "utf-8"),
    ],
)
def test_encodings(declaration: str, encoding: str) -> None:
    words = {"cp1256": "الوظائف", "cp932": "雇用"}.get(encoding, "à l'été")
    page = f"<html><head>{declaration}</head><body><p>{words}</p></body></html>"
    if declaration.startswith("<?xml"):
        page = f"{declaration}\n<html><body><p>{words}</p></body></html>"
    assert load(page.encode(encoding), "a.html").text == words


@pytest.mark.parametrize("page", ["<html></html>", "<html><body><script>x()</script></body></html>", "<!-- a -->"])
def test_a_page_that_shows_nothing(page: str) -> None:
    with pytest.raises(EmptyText, match=r"a\.html"):
        load(page.encode(), "a.html")


TAGS = [
    "<p>",
    "</p>",
    "<tr>",
    "<td>",
    "</tr>",
    "<table>",
    "</table>",
    "<li>",
    "<h2>",
    "</h2>",
    "<pre>",
    "<br>",
    "x ",
    "é",
    "<!--",
    "<?a?>",
    "&#1;",
    "\x02",
    "<svg>",
    "</svg>",
    "<div hidden>",
    "</div>",
]


@given(st.lists(st.sampled_from(TAGS)))
def test_any_soup_gives_a_canonical_text(pieces: list[str]) -> None:
    try:
        loaded = load(f"<html><body>{''.join(pieces)}".encode(), "a.html")
    except EmptyText:
        return
    assert canonical(loaded.text) == loaded.text
