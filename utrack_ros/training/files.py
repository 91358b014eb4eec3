"""Files that are whole or not there, and folders that one process at a time writes to."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from safetensors import SafetensorError

from ..core.errors import ModelError

PARTIAL = ".partial"
LOCK = "lock"


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file or folder beside its place, bring it to the disk, then move it there.

    Whenever the process is killed, or the machine loses power, the old content is there or the new one.

    Args:
        path: where it goes; a folder there must be empty.
        write: makes what the given path stands for.

    Raises:
        ModelError: the disk is full or may not be written to; nothing of it is left.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        write(partial)
        for one in [*partial.rglob("*"), partial]:
            _to_disk(one)
        partial.replace(path)
        _to_disk(path.parent)
    except (OSError, SafetensorError) as error:
        _remove(partial)
        action = "Free some space, or give another folder; the same command goes on from here."
        raise ModelError(f"room and permission to write {path}", str(error), action) from error
    except BaseException:
        _remove(partial)
        raise


def drop_partials(folder: Path) -> None:
    """Remove what killed processes left half written; only for the holder of the folder's lock."""
    for path in folder.glob(f"*.*{PARTIAL}"):
        if path.name.removesuffix(PARTIAL).rpartition(".")[2].isdecimal():
            _remove(path)


@contextmanager
def held(folder: Path, wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Keep other processes from writing to a folder; the lock goes with the process, however it ends.

    Args:
        folder: made if it is not there.
        wait: called once if another process holds it; then the call waits until that ends. None: refuse at once.

    Raises:
        ModelError: another process holds it and `wait` is None, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a")
    except OSError as error:
        raise ModelError(f"a folder to write to at {folder}", str(error), "Give another one.") from error
    with file:
        if not _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if wait is None:
                action = "Wait for it, or give another folder."
                raise ModelError(f"{folder} for one process alone", "another one that writes there", action)
            wait()
            _locked(file, fcntl.LOCK_EX)
        yield


def _locked(file: TextIO, how: int) -> bool:
    """Lock a file; False if another process has it. A file system that knows no locks passes for locked."""
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
