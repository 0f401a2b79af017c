"""Plain text in whatever encoding. Knows nothing of markup.

In order: byte-order marks, UTF-16 and UTF-32 by where their NULs stand, UTF-8, escape-coded Japanese and Korean, UTF-8
with stray bytes, then guesses. charset-normalizer guesses the script well, and confuses the code pages of the Latin
script. For a text of mostly ASCII letters the language is read from these, and the code page is the one that gives that
language's letters. It is right on the 37 sample files that come so far; charset-normalizer alone, on 21 of them.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from index.errors import UnsupportedFormat
from index.language import language_of
from index.loaders.kind import ACCEPTED
from index.loaders.loaded import Builder, Loaded

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SHORT = 64  # bytes under which guessing goes wrong and cp1252 is right more often than anything else
SAMPLE = 65_536  # bytes looked at to guess
LATIN = ("cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1254", "cp1257", "mac_roman", "cp850", "cp852")
PUNCTUATION = frozenset("«»“”„‘’‚‹›–—…•·°€£§©®™ª¡¿²³½×±\u00a0")
LETTERS = {
    "ca": "àèéíïòóúüç",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüß",
    "es": "áéíóúüñ",
    "et": "äöõüšž",
    "fi": "äöåšž",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "it": "àèéìíîòóùú",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "nl": "áéëíïóöúüèê",
    "no": "æøåéòô",
    "pl": "ąćęłńóśźż",
    "pt": "áâãàçéêíóôõúü",
    "ro": "ăâîșțşţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sr": "čćđšž",
    "sv": "åäöé",
    "tr": "çğıöşüâîûİ",
}
HIGH = re.compile(rb"[\x80-\xff]")
ASCII_LETTER = re.compile(rb"[A-Za-z]")
UTF8_CHAR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Line ends, tab and escape (terminal colours) are met in texts; so are a few NULs. More than this is a binary file.
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
MAXIMUM_CONTROL = 0.02


def load(data: bytes, name: str) -> Loaded:
    """Read a plain text. Raises `UnsupportedFormat` when it is binary, `EmptyText` when it is all white space."""
    builder = Builder(name)
    builder.add(decode(data, name))
    return builder.build("text/plain")


def decode(data: bytes, name: str) -> str:
    """The text of the bytes. Raises `UnsupportedFormat` when they are no text in any encoding that we know."""
    text = _decoded(data)
    sample = text[:SAMPLE]
    if len(CONTROL.findall(sample)) > max(MAXIMUM_CONTROL * len(sample), 3):
        raise UnsupportedFormat(f"{name} looks like a binary file, not text. Extrait reads {ACCEPTED}.")
    return text


def _decoded(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    for encoding in (_wide(data), _escaped(data), "utf-8"):
        text = _strict(data, encoding) if encoding else None
        if text is not None:
            return text
    return _guessed(data)


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: an ASCII character, even if only the spaces, has its NULs on one side."""
    sample = data[: SAMPLE - SAMPLE % 4]
    if len(data) % 2 or sample.count(0) < 0.04 * len(sample):
        return ""
    nuls = [sample[phase::4].count(0) for phase in range(4)]
    quarter = len(sample) / 4
    if min(nuls[2:]) > 0.9 * quarter and nuls[0] < 0.1 * quarter:
        return "utf-32-le"
    if min(nuls[:2]) > 0.9 * quarter and nuls[3] < 0.1 * quarter:
        return "utf-32-be"
    even, odd = nuls[0] + nuls[2], nuls[1] + nuls[3]
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = sample.decode(encoding, "replace")
    unlikely = sum(unicodedata.category(char) in {"Cn", "Co", "Cs"} or char == "\ufffd" for char in text)
    return encoding if min(even, odd) < 0.05 * max(even, odd) and unlikely < 0.01 * len(text) else ""


def _escaped(data: bytes) -> str:
    """ISO 2022: seven-bit text with escapes, which is valid UTF-8 all the same."""
    if b"\x1b$)C" in data:
        return "iso2022_kr"
    return "iso2022_jp" if b"\x1b$" in data else ""


def _guessed(data: bytes) -> str:
    high = HIGH.findall(data)
    if sum(len(char) for char in UTF8_CHAR.findall(data)) > len(high) / 2:
        return data.decode("utf-8", "cp1252-strays")
    if len(data) < SHORT:
        return data.decode("cp1252", "replace")
    letters = len(ASCII_LETTER.findall(data))
    text = _latin(data) if len(high) < 0.35 * (letters + len(high)) else None
    if text is not None:
        return text
    from charset_normalizer import from_bytes  # noqa: PLC0415  heavy, and most files are UTF-8

    best = from_bytes(data).best()
    if best is not None:
        return str(best)
    return data.decode("cp1252", "replace")


def _latin(data: bytes) -> str | None:
    """The text under the code page that fits its language best, or None when none does."""
    sample = data[:SAMPLE]
    language = language_of(HIGH.sub(b"", sample).decode("ascii"))
    known = frozenset(LETTERS.get(language, "")) | PUNCTUATION
    known |= frozenset("".join(known).upper())
    best, best_score = "", 0.9
    for encoding in LATIN:
        others = [char for char in sample.decode(encoding, "replace") if char > "\x7f"]
        score = sum(char in known for char in others) / len(others)
        if score > best_score:
            best, best_score = encoding, score
    return data.decode(best, "replace") if best and language in LETTERS else None


def _stray(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not UTF-8 as cp1252: files that two programs wrote to hold both."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("cp1252-strays", _stray)
