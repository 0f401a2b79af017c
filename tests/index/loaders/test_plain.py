"""Plain text in many encodings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EmptyText, UnsupportedFormat
from index.loaders.plain import decode, load
from index.text import canonical

FRENCH = (
    "L'été dernier, à Évreux, le maire a signé l'accord : « Où êtes-vous ? » a demandé Noël à François. "
    "Les salariés ont reçu une prime de fin d'année, et la direction s'est engagée à créer des emplois. "
)
POLISH = "Wczoraj w Łodzi zażółcono gęślą jaźń, a następnie przyjęto uchwałę o zatrudnieniu stu pracowników w fabryce. "
TURKISH = "Dün İstanbul'da şirket yönetimi yeni bir fabrika açtı ve işçilere söz verdiği ücreti ödemeye başladı. "
ARABIC = (
    "أعلنت الشركة أمس عن افتتاح مصنع جديد في المدينة، وسوف يوفر هذا المصنع مئات الوظائف للشباب خلال السنة القادمة. "
)
RUSSIAN = (
    "Вчера компания объявила об открытии нового завода в городе, который создаст сотни рабочих мест для молодёжи. "
)
JAPANESE = (
    "会社は昨日、市内に新しい工場を開設すると発表しました。この工場は来年、若者のために数百の雇用を生み出すでしょう。"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(
            (FRENCH, encoding)
            for encoding in ("utf-8", "utf-8-sig", "cp1252", "latin-1", "iso8859-15", "cp850", "mac_roman")
        ),
        *((FRENCH, encoding) for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")),
        *((POLISH, encoding) for encoding in ("cp1250", "iso8859-2")),
        (TURKISH, "cp1254"),
        *((ARABIC, encoding) for encoding in ("cp1256", "utf-16-le", "utf-16-be")),
        *((RUSSIAN, encoding) for encoding in ("cp1251", "koi8-r", "utf-16-le")),
        *((JAPANESE, encoding) for encoding in ("shift_jis", "euc_jp", "iso2022_jp", "utf-8")),
    ],
    ids=lambda value: value if len(value) < 20 else value[:9],
)
def test_encodings(text: str, encoding: str) -> None:
    text = text * 3
    assert load(text.encode(encoding), "a.txt").text == text.strip()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), min_size=1))
def test_what_is_encoded_comes_back(text: str) -> None:
    expected = canonical(text)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert canonical(decode(text.encode(encoding), "a.txt")) == expected


@given(st.binary(max_size=300))
def test_any_bytes_give_a_text_or_an_error(data: bytes) -> None:
    try:
        text = load(data, "a.txt").text
    except (EmptyText, UnsupportedFormat):
        return
    assert canonical(text) == text != ""


def test_a_short_text_is_cp1252() -> None:
    assert load("Où ça ? 5 €".encode("cp1252"), "a.txt").text == "Où ça ? 5 €"


def test_two_encodings_in_one_file() -> None:
    data = FRENCH.encode() + "\nété à Noël\n".encode("cp1252") + FRENCH.encode()
    assert "\nété à Noël\n" in load(data, "a.txt").text


def test_a_few_nuls_are_dropped() -> None:
    assert load(b"L'\xc3\xa9t\x00\xc3\xa9 dernier, tout allait encore tr\xc3\xa8s bien.", "a.txt").text.startswith(
        "L'été"
    )


@pytest.mark.parametrize("data", [bytes(range(256)) * 8, b"\x00" * 100, b"\x01\x02\x03\x04text\x05\x06" * 40])
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match=r"a\.txt looks like a binary file"):
        load(data, "a.txt")


@pytest.mark.parametrize("data", [b" \r\n\t", "\ufeff".encode(), b"\x00\xfe\xff"[1:]])
def test_white_space_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyText, match=r"a\.txt holds no text"):
        load(data, "a.txt")


def test_what_is_known_of_it() -> None:
    loaded = load(f"\r\n\r\nAccord du 3 mars\r\n{FRENCH}".encode(), "a.txt")
    assert (loaded.title, loaded.language, loaded.media_type) == ("Accord du 3 mars", "fr", "text/plain")
    assert (loaded.pages, loaded.headings) == ((), ())
