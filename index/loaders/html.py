"""HTML, as its main content. Knows nothing of networks: links are not followed, scripts are not run.

One walk turns the body into headings, paragraphs, items and rows. On a long page trafilatura says which of them are the
main content. It only says: its own text drops a word here and there, and a quote must be the page's. Where it finds
hardly anything, and on short pages, the whole body is taken but for what a reader does not see.
"""

from __future__ import annotations

import codecs
import re
from copy import deepcopy
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from index.errors import MalformedFile
from index.loaders.loaded import Builder, Loaded
from index.loaders.plain import decode
from index.text import words

if TYPE_CHECKING:
    from lxml.etree import _Element

DECLARED = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|\A\s*<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.I
)
XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
# As browsers do: each is read as a larger code page that holds it. Pages declare the smaller one and use the larger.
LARGER = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "shift_jis": "cp932", "gb2312": "gb18030"}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# fmt: off
UNSEEN = frozenset({
    "script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas", "audio", "video",
    "select",
})
AROUND = frozenset({"nav", "footer", "aside", "menu", "dialog"})
# Names of HTML, then those of the tree that trafilatura returns. What is not inline is a block.
INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub",
    "sup", "time", "tt", "u", "var", "wbr", "hi", "ref", "graphic",
}) | UNSEEN
# fmt: on
BREAK = frozenset({"br", "lb"})
ITEM = frozenset({"li", "item", "dt", "dd"})
LIST = frozenset({"ul", "ol", "dl", "list", "table"})
ROW = frozenset({"tr", "row"})
CELL = frozenset({"td", "th", "cell"})
HEADING = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "head"})
SPACE = re.compile(r"[ \t\n\r\f]+")  # not \s: a no-break space is a character of the text
# Chosen on the sample pages. Of pages under SMALL code points trafilatura drops code, captions and headings, and there
# is little to clear away. GAP is how many blocks it may miss between two that it keeps (tables, code, captions).
SMALL = 3000
MINIMUM_SHARE = 0.25
GAP = 3
LONGEST_ROW = 1500  # code points; a page that is laid out in a table has cells of any length


class Block(NamedTuple):
    """A piece of the page on its way to the builder. `level` is that of a heading, 0 for other text."""

    level: int
    text: str
    tight: bool


def load(data: bytes, name: str) -> Loaded:
    """Read an HTML page. Raises `MalformedFile` when no tree can be made of it, `EmptyText` when it shows no text."""
    builder = Builder(name)
    tree = _tree(decoded(data, name), name)
    if tree is None:
        return builder.build("text/html")
    title = " ".join((tree.findtext(".//title") or "").split())
    language = tree.get("lang") or tree.get(XML_LANG) or ""
    _empty(tree)
    body = tree.find("body")
    _add(builder, _content(tree if body is None else body))
    return builder.build("text/html", title=title, language=language)


def add_whole(builder: Builder, text: str) -> None:
    """Add all that a page shows, as of a chapter or a letter, where nothing stands around the content."""
    tree = _tree(text, builder.name)
    if tree is not None:
        _empty(tree)
        body = tree.find("body")
        _add(builder, _Walk().take(tree if body is None else body))


def _tree(text: str, name: str) -> _Element | None:
    """The page as a tree; None when there is nothing in it but comments, say."""
    from lxml import etree, html  # noqa: PLC0415  heavy; plain texts do not need it

    try:
        return html.document_fromstring(XML_DECLARATION.sub("", text).replace("\x00", ""))
    except etree.ParserError:
        return None
    except (etree.LxmlError, ValueError) as error:
        raise MalformedFile(f"{name} cannot be read as HTML ({error}). Save it again from a browser.") from error


def _add(builder: Builder, blocks: list[Block]) -> None:
    for block in blocks:
        if block.level:
            builder.add_heading(block.text, block.level)
        else:
            builder.add(block.text, tight=block.tight)


def decoded(data: bytes, name: str) -> str:
    """The page as text: by its mark, as UTF-8, by what it declares, then by guessing, as a plain text."""
    marked = data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in data[:256]
    if marked:
        return decode(data, name)
    found = DECLARED.search(data[:4096])
    declared = _codec((found[1] or found[2]).decode()) if found else "utf-8"
    for encoding in ("utf-8", declared):
        if encoding == "utf-8" and b"\x1b$" in data:  # ISO 2022 is seven-bit: it would pass for UTF-8
            continue
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    text = data.decode(declared, "replace")
    # A torn character here and there is no reason to disbelieve what the page declares.
    return text if found and text.count("\ufffd") < 0.01 * len(text) else decode(data, name)


def _codec(label: str) -> str:
    try:
        codec = codecs.lookup(label.lower().removeprefix("x-")).name
        b"\xff".decode(codec, "replace")  # "base64" and "idna" are codecs too, and no encodings of a page
    except (LookupError, UnicodeError):
        return "utf-8"
    return LARGER.get(codec, codec)


def _empty(tree: _Element) -> None:
    """Take out what a reader does not see. The elements stay, empty: lxml will not move every text that follows."""
    for element in list(tree.iter()):
        if isinstance(element.tag, str) and element.tag not in {"html", "body"}:
            hidden = element.get("hidden") is not None or HIDING.search(element.get("style") or "")
            if hidden or element.tag in UNSEEN:
                element.clear(keep_tail=True)


def _content(body: _Element) -> list[Block]:
    """The blocks of the body that are its main content."""
    from trafilatura import bare_extraction  # noqa: PLC0415  takes 0.4 s to import
    from trafilatura.settings import Document  # noqa: PLC0415

    inner = deepcopy(body)
    for element in [element for element in inner.iter() if element.tag in AROUND]:
        element.clear(keep_tail=True)
    blocks = _Walk().take(inner) or _Walk().take(body)
    size = sum(len(block.text) for block in blocks)
    if size < SMALL:
        return blocks
    # It changes the tree it is given.
    found = bare_extraction(deepcopy(body.getroottree().getroot()), include_comments=False, include_tables=True)
    main = _Walk().take(found.body) if isinstance(found, Document) else []
    kept = _matching(blocks, main)
    return kept if sum(len(block.text) for block in kept) >= MINIMUM_SHARE * size else blocks


def _matching(blocks: list[Block], main: list[Block]) -> list[Block]:
    """The blocks whose words are those of the main content, and the short gaps between them."""
    lines = {tuple(words(line)) for block in main for line in block.text.split("\n")}
    known = {shingle for block in main for shingle in _shingles(words(block.text))}
    chosen = []
    for n, block in enumerate(blocks):
        own = words(block.text)
        shingles = _shingles(own)
        if sum(shingle in known for shingle in shingles) * 2 > len(shingles) if shingles else tuple(own) in lines:
            chosen.append(n)
    kept = set(chosen)
    for left, right in pairwise(chosen):
        if right - left <= GAP + 1:
            kept.update(range(left, right))
    return [blocks[n] for n in sorted(kept)]


def _shingles(text: list[str]) -> list[tuple[str, ...]]:
    return [tuple(text[n : n + 3]) for n in range(len(text) - 2)]


class _Walk:
    """One pass over a tree, in reading order, that cuts it into blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.line: list[str] = []  # the words of the block being read
        self.cells: list[str] = []  # those of the row being read
        self.rows: list[bool] = []  # the rows that we are in: whether each is data
        self.level = self.preformatted = 0  # level of the heading that we are in; depth of <pre>
        self.tight = False  # the next block goes on the next line: the last one was an item or a row

    def take(self, root: _Element) -> list[Block]:
        """The blocks under `root`."""
        from lxml import etree  # noqa: PLC0415

        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self.start(element, element.tag)
                self.read(element.text)
            else:
                if event == "end":
                    self.end(element.tag)
                self.read(element.tail if element is not root else "")
        self.close_block()
        return self.blocks

    def read(self, text: str | None) -> None:
        """Text, with white space as HTML shows it."""
        self.line.append((text or "") if self.preformatted else SPACE.sub(" ", text or ""))

    def start(self, element: _Element, tag: str) -> None:
        if tag in INLINE:
            return
        if tag in BREAK:
            self.line.append("\n")
        elif any(self.rows):
            self.line.append(" ")  # inside a row only cells make a difference
        else:
            self.close_block()
        if tag in ROW:
            self.rows.append(not any(self.rows) and _is_data(element))
        elif tag in LIST:
            self.tight = False
        elif tag == "pre":
            self.preformatted += 1
        elif tag in HEADING:
            self.level = int(re.sub(r"\D", "", element.get("rend") or tag) or 2)

    def end(self, tag: str) -> None:
        if tag in INLINE or tag in BREAK:
            return
        if tag in ROW and self.rows:
            self.close_row(data=self.rows.pop())
        elif any(self.rows):
            self.line.append(" ")
            if tag in CELL:
                self.close_cell()
        else:
            self.close_block()
            self.tight = tag in ITEM or (self.tight and tag not in LIST)
        if tag == "pre":
            self.preformatted -= 1
        elif tag in HEADING:
            self.level = 0

    def close_cell(self) -> None:
        cell = " ".join("".join(self.line).split())
        self.line = []
        if cell:
            self.cells.append(cell)

    def close_row(self, *, data: bool) -> None:
        if not data and not any(self.rows):
            self.close_block()
        elif data:
            self.close_cell()
            self.emit(" | ".join(self.cells))
            self.cells, self.tight = [], True

    def close_block(self) -> None:
        text = "".join(self.line)
        self.line = []
        if not self.preformatted:
            text = "\n".join(SPACE.sub(" ", line).strip() for line in text.split("\n"))
        self.emit(text)

    def emit(self, text: str) -> None:
        text = text.replace("\u200b", "").strip()  # generators of documentation end each heading with one
        if text:
            self.blocks.append(Block(self.level, text, self.tight))
            self.tight = False


def _is_data(row: _Element) -> bool:
    """Whether a row is data, as opposed to part of a page that is laid out in a table."""
    tags = {element.tag for element in row.iterdescendants()}
    return not tags & ROW and not tags & HEADING and sum(map(len, row.itertext())) <= LONGEST_ROW
