"""index.watch: what is new, changed and gone; told once, and not too soon."""

import shutil
from pathlib import Path

import pytest

from index.watch import Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    (path / "a.txt").write_text("one")
    return path


def look(watch: Watch) -> tuple[list[str], list[str]]:
    changed, gone = watch.look()
    return [Path(source.path).name for source in changed], [Path(source.path).name for source in gone]


def settled(watch: Watch) -> Watch:
    watch.look()
    watch.look()
    return watch


def test_a_file_is_told_once_and_again_when_it_changed(folder: Path) -> None:
    watch = Watch([folder])
    assert look(watch) == ([], [])  # it may still be written
    assert look(watch) == (["a.txt"], [])
    assert look(watch) == ([], [])
    (folder / "a.txt").write_text("three")
    (folder / "b.txt").write_text("new")
    assert look(watch) == ([], [])
    assert look(watch) == (["a.txt", "b.txt"], [])


def test_a_file_that_grows_is_told_when_it_is_whole(folder: Path) -> None:
    watch = settled(Watch([folder]))
    for n in range(3):
        (folder / "a.txt").write_text("x" * (10 + n))
        assert look(watch) == ([], [])
    assert look(watch) == (["a.txt"], [])


def test_a_file_that_goes_is_told_once_and_one_that_is_saved_anew_is_not_gone(folder: Path) -> None:
    watch = settled(Watch([folder]))
    (folder / "a.txt").unlink()
    assert look(watch) == ([], [])
    (folder / "a.txt").write_text("saved")
    assert look(watch) == ([], [])
    assert look(watch) == (["a.txt"], [])
    (folder / "a.txt").unlink()
    assert [look(watch) for _ in range(3)] == [([], []), ([], ["a.txt"]), ([], [])]


def test_a_folder_that_is_gone_takes_no_file_with_it(folder: Path) -> None:
    watch = settled(Watch([folder]))
    shutil.move(folder, folder.with_name("unmounted"))
    assert [look(watch) for _ in range(3)] == [([], [])] * 3
    shutil.move(folder.with_name("unmounted"), folder)
    assert [look(watch) for _ in range(3)] == [([], [])] * 3
