"""Files that are whole or not there, and folders that one process at a time writes to."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from utrack_ros.core.errors import ModelError
from utrack_ros.training.files import drop_partials, held, write_whole


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process may grow over 64 KiB: what writes more fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    write_whole(path, lambda partial: partial.write_text("new"))

    assert path.read_text() == "new"
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("kind", ["bytes", "safetensors"])
def test_a_full_disk_leaves_the_old_file_and_says_so(kind: str, tmp_path: Path, full_disk: None) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def write(partial: Path) -> None:
        if kind == "bytes":
            partial.write_bytes(bytes(1_000_000))
        else:
            save_file({"a": torch.zeros(1_000_000)}, partial)

    with pytest.raises(ModelError, match=r"room and permission to write .*/a, but got .*too large.*Free some space"):
        write_whole(path, write)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_folder_that_cannot_be_filled_leaves_nothing(tmp_path: Path, full_disk: None) -> None:
    def write(partial: Path) -> None:
        partial.mkdir()
        (partial / "small").write_text("fits")
        (partial / "large").write_bytes(bytes(1_000_000))

    with pytest.raises(ModelError, match="room"):
        write_whole(tmp_path / "a", write)
    assert names(tmp_path) == []


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path) -> None:
    def write(partial: Path) -> None:
        partial.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", write)
    assert names(tmp_path) == []


def test_what_killed_processes_left_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "snapshot-0000003.4711.partial").mkdir()
    for name in ("journal.csv.12.partial", "notes.partial", "my.own.partial", "journal.csv"):
        (tmp_path / name).touch()

    drop_partials(tmp_path)

    assert names(tmp_path) == ["journal.csv", "my.own.partial", "notes.partial"]


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with held(tmp_path / "run"):
        with pytest.raises(ModelError, match="another one that writes there"), held(tmp_path / "run"):
            pass
        with held(tmp_path / "other"):
            pass
    with held(tmp_path / "run"):
        pass


def test_a_second_run_waits_if_it_wants_to(tmp_path: Path, wait_until: Any) -> None:
    order: list[str] = []

    def second() -> None:
        with held(tmp_path, lambda: order.append("waits")):
            order.append("second")

    with held(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: order == ["waits"])
        order.append("first ends")
    thread.join(20)
    assert order == ["waits", "first ends", "second"]


def test_a_folder_that_cannot_be_made_is_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ModelError, match="a folder to write to"), held(tmp_path / "file" / "run"):
        pass
