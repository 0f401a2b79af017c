"""index.cutter: the chunks of a document, each with the text that its vector is made of."""

from index.cutter import Cutter
from index.documents import Document

LINE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
OTHER = "Le jardin botanique ouvre ses portes au printemps avec une collection rare de fougères arborescentes."


def test_its_models_are_those_of_the_embedder_and_the_budget(embedder) -> None:
    models = Cutter(embedder, 120).models
    assert (models.embedder, models.embedder_digest, models.dimension) == ("hashed-words", "fake-1", 64)
    assert (models.window, models.chunk_tokens) == (254 - 40, 120)
    assert models != Cutter(embedder).models


def test_a_repeated_paragraph_is_a_chunk_of_its_own_with_its_number(embedder) -> None:
    text = f"{OTHER}\n{LINE}\n{OTHER}"
    start, end = text.index(LINE), text.index(LINE) + len(LINE)
    cuts = Cutter(embedder).cut(Document("a", "Ponts", text, language="fr"), {(start, end): 7})
    assert [(text[cut.chunk.start : cut.chunk.end], cut.paragraph_id) for cut in cuts] == [
        (OTHER, None),
        (LINE, 7),
        (OTHER, None),
    ]
    assert [cut.text.split("\n")[0] for cut in cuts] == ["Ponts"] * 3


def test_a_smaller_window_or_budget_makes_more_chunks(embedder, other_embedder) -> None:
    document = Document("a", "a", " ".join([LINE, OTHER] * 8), language="fr")
    wide = Cutter(embedder).cut(document, {})
    for cutter in (Cutter(other_embedder), Cutter(embedder, 60)):
        cuts = cutter.cut(document, {})
        assert len(cuts) > len(wide)
        assert max(cutter.embedder.count_pieces([cut.text for cut in cuts])) <= cutter.embedder.window
