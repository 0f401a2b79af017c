"""Markdown, as the words that a reader sees: no `#`, no `**`, no addresses of links. Knows nothing of encodings.

A table row is one line, "cell | cell". Front matter gives the title and the language, and is no part of the text.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode

if TYPE_CHECKING:
    from markdown_it.token import Token

FRONT_MATTER = re.compile(
    r"\ufeff?(?P<fence>---|\+\+\+)[ \t]*\r?\n(?P<body>.*?)\r?\n(?:(?P=fence)|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
# Between two rules of `---` may stand ordinary text: front matter is keys and values, lists, comments and blanks.
FRONT_LINE = re.compile(r"\s*(?:#.*|-\s.*|[\"']?[\w.-]+[\"']?\s*[:=].*|[\[\]{}].*|)|\s+.*")
FRONT_KEY = re.compile(
    r"^[\"']?(?P<key>[\w-]+)[\"']?\s*[:=]\s*(?P<quote>[\"']?)(?P<value>.*?)(?P=quote)\s*$", re.MULTILINE
)
UNSEEN = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|cite|code|del|em|i|img|ins|kbd|mark|q|s|small|span|strong|sub|sup|u)\b[^>]*>", re.IGNORECASE
)
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
ATTRIBUTES = re.compile(r"\s*\{[#.:][^}]*\}\s*$")  # "{#anchor}" after a heading, in the dialects of site generators


def load(data: bytes, name: str) -> Loaded:
    """Read a Markdown file. Raises what `plain.decode` raises, and `EmptyText`."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  not needed for other formats

    text, front = _take_front_matter(decode(data, name))
    builder = Builder(name)
    walk = _Walk(builder)
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        walk.take(token)
    language = next((front[key] for key in ("lang", "language", "locale") if key in front), "")
    return builder.build("text/markdown", title=front.get("title", ""), language=language)


def _take_front_matter(text: str) -> tuple[str, dict[str, str]]:
    """The text after the front matter, and the front matter's top-level keys."""
    match = FRONT_MATTER.match(text)
    if not match:
        return text, {}
    lines = match["body"].splitlines()
    if not FRONT_KEY.search(match["body"]) or not all(FRONT_LINE.fullmatch(line) for line in lines):
        # It stays text. Its closing rule would make a heading of the line above it: an empty line keeps them apart.
        return f"{text[: match.end('body')]}\n{text[match.end('body') :]}", {}
    front = {found["key"].lower(): found["value"] for found in FRONT_KEY.finditer(match["body"])}
    return text[match.end() :], front


class _Walk:
    """One pass over the tokens of a text, in order, that hands its blocks to the builder."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.level = 0  # of the heading that we are in
        self.lists = 0  # depth
        self.cells: list[str] = []
        self.in_table = False
        self.tight = False  # the next block goes on the next line: the last one was an item or a row

    def take(self, token: Token) -> None:
        """Take in the next token."""
        match token.type:
            case "heading_open":
                self.level = int(token.tag[1:])
            case "heading_close":
                self.level = 0
            case "bullet_list_open" | "ordered_list_open":
                self.lists += 1
            case "bullet_list_close" | "ordered_list_close":
                self.lists -= 1
                self.tight = self.tight and self.lists > 0
            case "table_open" | "table_close":
                self.in_table, self.tight = token.type == "table_open", False
            case "tr_close":
                self.add(" | ".join(cell for cell in self.cells if cell))
                self.cells = []
            case _:
                self.take_text(token)

    def take_text(self, token: Token) -> None:
        match token.type:
            case "inline" if self.in_table:
                self.cells.append(" ".join(_words(token).split()))
            case "inline" if self.level:
                self.builder.add_heading(ATTRIBUTES.sub("", _words(token)), self.level)
            case "inline":
                self.add(_words(token))
            case "fence" | "code_block":
                self.add(token.content)
            case "html_block":
                self.add(_without_tags(token.content))

    def add(self, text: str) -> None:
        self.builder.add(text, tight=self.tight)
        self.tight = self.in_table or self.lists > 0


def _words(token: Token) -> str:
    """What a reader sees of an inline token. An image is its alternative text."""
    parts = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(_words(child))
            case "html_inline" if child.content[:3].lower() == "<br":
                parts.append("\n")
    return "".join(parts)


def _without_tags(html: str) -> str:
    text = TAG.sub("\n", INLINE_TAG.sub("", UNSEEN.sub("", html)))
    lines = (" ".join(line.split()) for line in unescape(text).splitlines())
    return "\n".join(line for line in lines if line)
