"""Model files against their manifest: there, and byte for byte what they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .finding import Finding, Level

REMEDY = "run `make setup` to restore it"


@dataclass(frozen=True)
class ModelFile:
    """One file of the manifest.

    Attributes:
        name: of the model.
        file: its file's name.
        expected: SHA-256 in the manifest, hex.
        actual: SHA-256 of the file, hex; empty = there is no such file, or it cannot be read.
        default: whether the node loads it unless told otherwise.
    """

    name: str
    file: str
    expected: str
    actual: str
    default: bool = False


def check_models(files: Sequence[ModelFile], failure: str = "") -> list[Finding]:
    """Judge the model files, one finding each.

    Args:
        files: of the manifest, each once.
        failure: why there is no manifest to read; empty when there is one.
    """
    if failure:
        return [Finding("model", Level.ERROR, failure)]
    return [_check(file) for file in files]


def _check(file: ModelFile) -> Finding:
    bad = Level.ERROR if file.default else Level.WARN
    if file.actual == file.expected:
        default = ", the default" if file.default else ""
        return Finding("model", Level.OK, f"{file.name}{default}: {file.file}, SHA-256 {file.actual[:12]}… as listed")
    if file.actual:
        seen = f"{file.file} has SHA-256 {file.actual[:12]}…, and the manifest says {file.expected[:12]}…"
        return Finding("model", bad, seen, REMEDY)
    if file.default:
        return Finding("model", bad, f"{file.file}, the default model, is not there", REMEDY)
    return Finding("model", Level.OK, f"{file.name}: {file.file} is not here; it is needed only where it is named")
