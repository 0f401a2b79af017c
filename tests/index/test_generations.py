"""index.generations: built beside, published by one pointer, checked when opened."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from index.documents import Chunk
from index.errors import DamagedIndex, ManifestMismatch
from index.generations import FORMAT, Generations, Models, Row, check_models

MODELS = Models("fake", "d1", 4, 254, "t1", 160)


def rows(*texts: str) -> list[Row]:
    vectors = np.eye(4, dtype=np.float32)
    return [
        Row(n + 1, Chunk(f"doc{n}", "r", 0, len(text)), text, "fr", ["collection=default"], vectors[n % 4].tobytes())
        for n, text in enumerate(texts)
    ]


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path)


def test_there_is_none_at_first(generations: Generations) -> None:
    assert generations.current() == 0


def test_built_is_not_yet_current(generations: Generations) -> None:
    number = generations.build(rows("une usine"), MODELS, 1, documents=2)
    assert generations.current() == 0
    generations.publish(number)
    assert generations.current() == number == 1


def test_what_was_built_is_found(generations: Generations) -> None:
    generations.publish(generations.build(rows("une usine", "un pont"), MODELS, 5, documents=2))
    opened = generations.load(1, MODELS)
    assert (opened.manifest.documents, opened.manifest.chunks, opened.manifest.changes) == (2, 2, 5)
    assert opened.lexical.search("pont", 1)[0][0] == 2
    assert opened.dense.search(np.eye(4, dtype=np.float32)[1], 1)[0] == (2, 1.0)


def test_a_generation_of_nothing_can_be_opened(generations: Generations) -> None:
    generations.publish(generations.build([], MODELS, 0, documents=2))
    assert generations.load(1, MODELS).manifest.chunks == 0


def test_numbers_rise_and_the_last_two_are_kept(generations: Generations) -> None:
    for changes in range(1, 5):
        generations.publish(generations.build(rows("x"), MODELS, changes, documents=2))
    assert generations.current() == 4
    assert sorted(path.name for path in generations.folder.iterdir()) == ["000003", "000004"]
    assert generations.load(3, MODELS).manifest.changes == 3  # for going back, and for a reader that began there


def test_a_reader_keeps_the_generation_that_it_holds(generations: Generations) -> None:
    generations.publish(generations.build(rows("une usine"), MODELS, 1, documents=2))
    held = generations.load(1, MODELS)
    for changes in (2, 3, 4):
        generations.publish(generations.build(rows("un pont"), MODELS, changes, documents=2))
    assert not generations.path(1).exists()
    assert held.lexical.search("usine", 1)[0][0] == 1


def test_the_digest_depends_on_the_content_alone(tmp_path: Path) -> None:
    digests = []
    for name, content in (("a", rows("une usine")), ("b", rows("une usine")), ("c", rows("une autre usine"))):
        generations = Generations(tmp_path / name)
        generations.publish(generations.build(content, MODELS, len(name), documents=2))
        digests.append(generations.load(1, MODELS).manifest.digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"embedder": "e2", "embedder_digest": "d2", "dimension": 8}, "embedder {made.embedder}, and e2 is running"),
        ({"embedder_digest": "d2"}, "another version of the embedder {made.embedder}"),
        ({"dimension": 8}, "another version of the embedder {made.embedder}"),
        ({"window": 12}, "reads {made.window} pieces at once, and the running one reads 12"),
        ({"tokenizer": "t2"}, "another vocabulary"),
        ({"chunk_tokens": 1}, "at most {made.chunk_tokens} tokens, and 1 are wanted now"),
        ({"embedder": "e2", "chunk_tokens": 1}, "embedder {made.embedder}, and e2 is running"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_other_models_are_refused_and_named(generations: Generations, other: dict, words: str) -> None:
    generations.publish(generations.build(rows("x"), MODELS, 1, documents=2))
    with pytest.raises(ManifestMismatch) as caught:
        generations.load(1, msgspec.structs.replace(MODELS, **other))
    message = str(caught.value)
    assert words.format(made=MODELS) in message
    assert "`extrait rebuild --embed`" in message
    assert "without the source files" in message
    # Another embedder alone does not bring back another division into chunks.
    assert ("EXTRAIT_EMBEDDER back" in message) == ({"tokenizer", "chunk_tokens"}.isdisjoint(other))


def test_another_format_is_refused(generations: Generations) -> None:
    generations.publish(generations.build(rows("x"), MODELS, 1, documents=2))
    path = generations.path(1) / "manifest.json"
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(ManifestMismatch, match="99"):
        generations.load(1, MODELS)


def test_every_file_is_covered_by_the_manifest(generations: Generations) -> None:
    generations.publish(generations.build(rows("une usine"), MODELS, 1, documents=2))
    manifest = generations.load(1, MODELS).manifest
    folder = generations.path(1)
    assert set(manifest.files) == {
        str(path.relative_to(folder)) for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json" and path.suffix != ".lock"
    }  # fmt: skip


def test_any_changed_file_is_damage(generations: Generations) -> None:
    generations.publish(generations.build(rows("une usine"), MODELS, 1, documents=2))
    folder = generations.path(1)
    for name in generations.load(1, MODELS).manifest.files:
        path = folder / name
        content = path.read_bytes()
        for changed in (content[:-1], content + b"\0"):
            path.write_bytes(changed)
            with pytest.raises(DamagedIndex, match="torn"):
                generations.load(1, MODELS)
        path.write_bytes(content)
    generations.load(1, MODELS)


def test_a_disk_that_fails_is_no_damage(generations: Generations, monkeypatch: pytest.MonkeyPatch) -> None:
    generations.publish(generations.build(rows("une usine"), MODELS, 1, documents=2))

    def failing(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", failing)
    with pytest.raises(OSError, match="Input/output error"):
        generations.manifest(1)


def test_drafts_of_a_crash_are_discarded_and_the_current_stays(generations: Generations) -> None:
    generations.publish(generations.build(rows("x"), MODELS, 1, documents=2))
    generations.build(rows("y"), MODELS, 2, documents=2)
    generations.discard_drafts()
    assert [path.name for path in generations.folder.iterdir()] == ["000001"]
    assert generations.build(rows("y"), MODELS, 2, documents=2) == 2


def test_nobody_is_told_to_go_back_to_an_embedder_that_no_longer_ships() -> None:
    running = Models("extrait-e5", "new", 384, 466, "t", 160)
    for name, advised in (("extrait-minilm", False), ("sentence-transformers/LaBSE", True)):
        with pytest.raises(ManifestMismatch, match="rebuild --embed") as error:
            check_models(msgspec.structs.replace(running, embedder=name, embedder_digest="old"), running, "It")
        assert ("EXTRAIT_EMBEDDER back" in str(error.value)) == advised
