"""Tables of data: each row reads as a sentence with its header, so that a quote of one makes sense by itself.

"Ville : Rabat ; Population : 577 827." Without a header that can be told from the data, a row is "cell | cell", as in
other documents. Knows nothing of files: it is handed rows of cells that are already text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain

from index.loaders.loaded import Builder

LONGEST_NAME = 80  # code points; a longer cell at the top of a column is a text, not the name of the column
# Figures, dates, times, percentages and amounts: what stands in the rows, and not in the header, of a table.
FIGURE = re.compile(r"[^\w]*\d[\d\s.,:/%'’+-]*(?:[€$£%]|[A-Za-zµ°²³]{1,4})?")
YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
SENTENCE_END = (".", "!", "?", "…", "؟", "。")


def add_rows(builder: Builder, rows: Iterable[Sequence[str]]) -> None:
    """Add the rows of one sheet. An empty row ends a table; a row of one cell above it is a title or a remark."""
    header: list[str] = []
    waiting: list[str] = []  # what may be a header: it is one when another row follows
    begins, tight = True, False  # no row of a table came yet, or an empty one; the next row goes on the next line
    for row in chain(rows, [[]]):
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if waiting:
            # After a gap, names over figures begin another table; over text they may as well be one more row of it.
            if cells and (not header or any(map(FIGURE.fullmatch, cells))):
                header, tight = waiting, False
            else:
                builder.add(sentence(header, waiting) if header else _line(waiting), tight=tight)
                tight = True
            waiting = []
        if not cells:
            begins, tight = True, False
        elif begins and _may_be_header(cells):
            waiting, begins = cells, False
        else:
            builder.add(sentence(header, cells) if header else _line(cells), tight=tight)
            alone = len(list(filter(None, cells))) == 1
            begins, tight = begins and alone, bool(header) or not alone


def sentence(header: Sequence[str], cells: Sequence[str]) -> str:
    """The row in words: the name of each column and what stands under it; what is empty is left out."""
    names = [*header, *[""] * (len(cells) - len(header))]
    parts = [f"{name} : {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell]
    words = " ; ".join(parts)
    return words if words.endswith(SENTENCE_END) else f"{words}."


def _line(cells: Sequence[str]) -> str:
    return " | ".join(cell for cell in cells if cell)


def _may_be_header(cells: Sequence[str]) -> bool:
    """Whether they can be names of columns: several, short, all different, and no figures, except years."""
    names = [cell for cell in cells if cell]
    figures = [name for name in names if FIGURE.fullmatch(name)]
    return (
        len(names) > 1
        and len(names) * 2 > len(cells) - cells.index(names[0])
        and len(set(names)) == len(names)
        and len(figures) < len(names)
        and all(map(YEAR.fullmatch, figures))
        and max(map(len, names)) <= LONGEST_NAME
    )
