"""What a run takes away before it writes, and what it must never touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from utrack_ros.core.errors import SourceError, UTrackError
from utrack_ros.io.results_folder import claim_folder

NAMES = ("target.csv", "overlay.mp4", "log/tracker.log")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    for name in (*NAMES, "notes.txt", "log/setup.log"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_the_named_files_go(out: Path, tmp_path: Path) -> None:
    claim_folder(out, NAMES, tmp_path / "flight.mp4")
    assert files(out) == {"notes.txt", "log/setup.log"}


def test_folders_are_made(tmp_path: Path) -> None:
    claim_folder(tmp_path / "a" / "b", NAMES, tmp_path / "flight.mp4")
    assert (tmp_path / "a" / "b" / "log").is_dir()


@pytest.mark.parametrize(
    "source", ["overlay.mp4", "log/../overlay.mp4", "log/tracker.log", ".", "log", "overlay.mp4/frames"]
)
def test_footage_in_the_way_is_refused_and_nothing_goes(out: Path, source: str) -> None:
    before = files(out)
    with pytest.raises(SourceError, match=r"footage apart from the results.* Choose another --out"):
        claim_folder(out, NAMES, out / source)
    assert files(out) == before


@pytest.mark.parametrize("source", ["flight.mp4", "frames", "log/recording.mp4", "..", "../out2"])
def test_footage_beside_the_results_is_fine(out: Path, source: str) -> None:
    claim_folder(out, NAMES, out / source)
    assert files(out) == {"notes.txt", "log/setup.log"}


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UTrackError, match="a folder to write results to"):
        claim_folder(tmp_path / "out", NAMES, tmp_path / "flight.mp4")
