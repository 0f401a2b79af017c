"""OLE containers for tests: a writer of the smallest kind, since nothing that we install writes them."""

import struct
from itertools import pairwise

SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SMALLEST = 4096  # a shorter stream would go to a stream of small ones: ours are filled up with NULs


def compound(streams: dict[str, bytes]) -> bytes:
    """A container of these streams; "folder/name" stands in a folder."""
    filled = {
        name: data.ljust(-(-max(len(data), SMALLEST) // SECTOR) * SECTOR, b"\0") for name, data in streams.items()
    }
    folders = sorted({name.partition("/")[0] for name in filled if "/" in name})
    names = ["Root Entry", *folders, *filled]
    tops = [*folders, *(name for name in filled if "/" not in name)]
    right, child = dict[str, str](), {"Root Entry": tops[0]}
    for group in (tops, *([name for name in filled if name.startswith(f"{folder}/")] for folder in folders)):
        right |= dict(pairwise(group))
    for folder in folders:
        child[folder] = next(name for name in filled if name.startswith(f"{folder}/"))
    chains, content = [], b""
    starts = {}
    for name, data in filled.items():
        starts[name] = len(chains)
        count = len(data) // SECTOR
        chains += [*range(len(chains) + 1, len(chains) + count), END]
        content += data
    directory = b"".join(_entry(name, names, right, child, starts, filled) for name in names)
    directory = directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0")
    first, count = len(chains), len(directory) // SECTOR
    chains += [*range(first + 1, first + count), END]
    tables = 1
    while len(chains) + tables > tables * SECTOR // 4:
        tables += 1
    table_at = len(chains)
    chains += [FAT] * tables
    table = struct.pack(f"<{len(chains)}I", *chains).ljust(tables * SECTOR, b"\xff")
    places = [*range(table_at, table_at + tables), *[FREE] * (109 - tables)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, first, 0, SMALLEST, END, 0, END, 0)
    return header + struct.pack("<109I", *places) + content + directory + table


def _entry(
    name: str,
    names: list[str],
    right: dict[str, str],
    child: dict[str, str],
    starts: dict[str, int],
    filled: dict[str, bytes],
) -> bytes:
    label = name.rpartition("/")[2].encode("utf-16-le") + b"\0\0"
    kind = 5 if name == "Root Entry" else 2 if name in filled else 1
    after, below = (names.index(table[name]) if name in table else FREE for table in (right, child))
    where = struct.pack("<II4x", starts.get(name, END if kind == 5 else 0), len(filled.get(name, b"")))
    return label.ljust(64, b"\0") + struct.pack("<HBBIII36x", len(label), kind, 1, FREE, after, below) + where
