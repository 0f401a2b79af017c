"""E-mail messages: headers, bodies, attachments, and what hostile programs send."""

import io
from email.message import EmailMessage
from email.mime.message import MIMEMessage

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentError, EncryptedFile, MalformedFile
from index.loaders import load


def message(subject: str = "Accord", text: str = "Bonjour,\n\n\nLe mot.\n") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = subject, "Noël <noel@example.org>"
    made["Date"] = "Mon, 04 Mar 2024 10:00:00 +0100"
    made.set_content(text)
    return made


HEAD = "Subject: Accord\nFrom: Noël <noel@example.org>\nDate: Mon, 04 Mar 2024 10:00:00 +0100"


def test_headers_and_body() -> None:
    loaded = load(message().as_bytes(), "a.eml")
    assert loaded.text == f"{HEAD}\n\nBonjour,\n\nLe mot."
    assert (loaded.title, loaded.media_type, loaded.headings) == ("Accord", "message/rfc822", ())


def test_a_body_that_is_a_page() -> None:
    made = message(text=" ")
    made.add_alternative("<p>Le <b>mot</b>.</p><ul><li>un</ul>", subtype="html")
    assert load(made.as_bytes(), "a.eml").text == f"{HEAD}\n\nLe mot.\n\nun"


def test_of_two_versions_the_plain_one() -> None:
    made = message()
    made.add_alternative("<p>Autre.</p>", subtype="html")
    assert load(made.as_bytes(), "a.eml").text.endswith("Le mot.")


def test_attachments_are_read_under_their_names() -> None:
    document = docx.Document()
    document.add_heading("Annexe", 1)
    document.add_paragraph("Le texte.")
    stream = io.BytesIO()
    document.save(stream)
    made = message()
    made.add_attachment(stream.getvalue(), maintype="application", subtype="octet-stream", filename="annexe été.docx")
    made.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="logo.png")
    made.add_attachment("a;b\nx;1\n".encode("cp1252"), maintype="text", subtype="csv", filename="t.csv")
    made.add_attachment(message("Avant", "Premier."))
    loaded = load(made.as_bytes(), "a.eml")
    _, end = loaded.text.split("Le mot.")
    assert end == (
        "\n\nannexe été.docx\n\nAnnexe\n\nLe texte.\n\nt.csv\n\na : x ; b : 1.\n\nAvant\n\n"
        + HEAD.replace("Accord", "Avant")
        + "\n\nPremier."
    )
    assert [(h.level, loaded.text[h.start : h.end]) for h in loaded.headings] == [
        (1, "annexe été.docx"),
        (2, "Annexe"),
        (1, "t.csv"),
        (1, "Avant"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_a_message_that_was_saved_as_a_text(encoding: str) -> None:
    source = "Subject: Accord\nMIME-Version: 1.0\nFrom: a@b.c\n\nLe mot.\n"
    loaded = load(source.encode(encoding), "a.eml")
    assert loaded.text == "Subject: Accord\nFrom: a@b.c\n\nLe mot."


def test_bytes_that_no_header_declares() -> None:
    source = "Subject: L'été à Évreux\nFrom: Noël <a@b.c>\n\nOù êtes-vous ?\n"
    for encoding in ("utf-8", "cp1252"):
        text = load(source.encode(encoding), "a.eml").text
        assert text == "Subject: L'été à Évreux\nFrom: Noël <a@b.c>\n\nOù êtes-vous ?"


def test_an_unknown_charset() -> None:
    data = b"Subject: a\nContent-Type: text/plain; charset=nothing\n\n" + "L'été".encode()
    assert load(data, "a.eml").text.endswith("L'été")


@pytest.mark.parametrize(
    "kind", ["multipart/encrypted; boundary=x", "application/pkcs7-mime; smime-type=enveloped-data"]
)
def test_an_encrypted_message(kind: str) -> None:
    with pytest.raises(EncryptedFile, match=r"a\.eml is an encrypted message"):
        load(f"Subject: a\nContent-Type: {kind}\n\n--x--\n".encode(), "a.eml")


def test_messages_inside_messages_end_somewhere() -> None:
    inner: EmailMessage | MIMEMessage = message("dedans", "Tout au fond.")
    for n in range(10):
        outer = message(f"n{n}", f"Couche {n}.")
        outer.add_attachment(inner)
        inner = outer
    text = load(inner.as_bytes(), "a.eml").text
    assert "Couche 9." in text
    assert "Tout au fond." not in text


def test_parts_nested_too_deeply() -> None:
    parts = [f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1100)]
    with pytest.raises(MalformedFile, match=r"a\.eml is a message whose parts are nested too deeply"):
        load(("Subject: a\n" + "".join(parts)).encode(), "a.eml")


LINES = ["Subject: =?utf-8?b?", "From: <", "Date: x", "Content-Type: multipart/mixed; boundary=b", "--b", "--b--", ""]
MORE = [
    "Content-Transfer-Encoding: base64",
    "Content-Type: text/html",
    "Content-Disposition: attachment; filename*=x'",
    "<p>é",
]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(LINES + MORE), max_size=15))
def test_any_message_gives_a_text_or_an_error(lines: list[str]) -> None:
    try:
        text = load("\n".join(["Subject: a", *lines]).encode(), "a.eml").text
    except DocumentError as error:
        text = str(error)
    assert text
