"""Stamps: which steps are done, and with which input.

A step's stamp holds the digest of all that the step depends on. It is written after the step has ended
well, so a step cut short leaves none and runs again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(parts: Iterable[str | Path]) -> str:
    """Return the SHA-256 of texts and of files' names and contents; a folder stands for all its files."""
    total = hashlib.sha256()
    for part in parts:
        for item in _files(part) if isinstance(part, Path) else [part]:
            if isinstance(item, Path):
                content = item.read_bytes() if item.is_file() else b"missing"
                total.update(f"file {item.name} {len(content)}\n".encode() + content)
            else:
                total.update(f"text {len(item)}\n{item}\n".encode())
    return total.hexdigest()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


class Stamp:
    """The stamp of one step, a small file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def matches(self, inputs: str) -> bool:
        """Return whether the step ended well with these inputs (a digest)."""
        try:
            return self._path.read_text("ascii") == inputs
        except (OSError, UnicodeDecodeError):
            return False

    def clear(self) -> None:
        """Forget the step, before it starts."""
        self._path.unlink(missing_ok=True)

    def write(self, inputs: str) -> None:
        """Record that the step ended well."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".part")
        partial.write_text(inputs, "ascii")
        partial.replace(self._path)
