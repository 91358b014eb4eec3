"""Model files: safetensors only, listed in models/manifest.json, checked before they are used.

A flipped bit in a safetensors file loads without an error, so the SHA-256 in the manifest is what
vouches for a file; names, shapes, types and finiteness are checked after loading all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn

from ..core.errors import ModelError

MANIFEST = "manifest.json"
REMEDY = "Run `make setup`, or `utrack convert efficientnet-lite0`."
ABSENT = "Check the path; `make setup` and `utrack convert` make such files."
MOST_BYTES = 1 << 30
"""Of a model file; ours have some millions."""
LONGEST_NAME = 200
"""Letters of a file's name, and of each other word in the manifest, since errors repeat them."""
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_PATH = 500
"""Letters that an error repeats."""


@dataclass(frozen=True)
class ModelEntry:
    """One model of the manifest.

    Attributes:
        name: how commands and the manifest's "default" call it.
        file: file name beside the manifest.
        sha256: of the file, 64 digits of 0 to 9 and a to f.
        architecture: what `build` makes of it.
        licence: SPDX name.
    """

    name: str
    file: str
    sha256: str
    architecture: str
    licence: str


def models_dir() -> Path:
    """Return the folder of the shipped models: $UTRACK_MODELS, the source tree, or share/.

    Raises:
        ModelError: none of them holds a manifest.
    """
    named = os.environ.get("UTRACK_MODELS")
    prefixes = [
        *filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)),
        sys.prefix,
    ]
    candidates = [Path(named)] if named else []
    candidates += [Path(__file__).parents[2] / "models"]
    candidates += [Path(prefix) / "share" / "utrack_ros" / "models" for prefix in prefixes]
    for folder in candidates:
        if (folder / MANIFEST).is_file():
            return folder
    shown = ", ".join(str(folder) for folder in candidates)
    raise ModelError(
        f"a folder with {MANIFEST}",
        f"none among {shown}",
        "Set UTRACK_MODELS to the folder.",
    )


def read_manifest(folder: Path) -> dict[str, ModelEntry]:
    """Return the models of a folder by name; the default one also under "default".

    Raises:
        ModelError: the manifest is missing or not what it should be.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = ModelEntry.__dataclass_fields__
        entries = [ModelEntry(**{key: str(model[key]) for key in keys}) for model in content["models"]]
        models = {entry.name: _plain(entry) for entry in entries}
        models["default"] = models[content["default"]]
    except OSError as error:
        raise ModelError(f"a manifest at {path}", error.strerror or str(error), REMEDY) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(
            f"a manifest at {path}",
            f"a damaged one ({repr(error)[:200]})",
            "Restore it from the release.",
        ) from error
    return models


def _plain(entry: ModelEntry) -> ModelEntry:
    """Return an entry whose file lies beside the manifest, a path could lead anywhere, and whose words are short."""
    plain = entry.file not in ("", ".", "..") and Path(entry.file).name == entry.file
    if not plain or not entry.file.isprintable() or len(entry.file) > LONGEST_NAME:
        raise ValueError(f"{entry.file[:LONGEST_NAME]!r} is no name of a file beside the manifest")
    if not SHA256.fullmatch(entry.sha256):
        raise ValueError(f"{entry.sha256[:64]!r} is no SHA-256, 64 digits of 0 to 9 and a to f")
    for word in (entry.name, entry.architecture, entry.licence):
        if len(word) > LONGEST_NAME:
            raise ValueError(f"{word[:64]!r}... has over {LONGEST_NAME} letters")
    return entry


def is_model_file(path: Path) -> bool:
    """Return whether a file is there, also for a text that can be no path at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def find_model(path: Path | None) -> tuple[Path, ModelEntry]:
    """Return the file and the manifest entry of a model.

    Args:
        path: a file, listed in the manifest beside it; the name of a shipped model; or None, the default one.

    Raises:
        ModelError: the file is missing, or its manifest does not list it.
    """
    if path is not None and not path.suffix and path.parent == Path() and not is_model_file(path):
        return find_named(path.name)
    folder = models_dir() if path is None else path.parent
    if path is not None and not is_model_file(path):
        raise ModelError("a model file", f"no file at {str(path)[:LONGEST_PATH]}", ABSENT)
    manifest = read_manifest(folder)
    if path is None:
        return folder / manifest["default"].file, manifest["default"]
    for entry in manifest.values():
        if entry.file == path.name:
            return path, entry
    listed = ", ".join(sorted({entry.file for entry in manifest.values()}))[:LONGEST_PATH]
    raise ModelError(
        f"a model listed in {folder / MANIFEST} ({listed})",
        path.name,
        "Add an entry with its SHA-256.",
    )


def find_named(name: str) -> tuple[Path, ModelEntry]:
    """Return the file and the manifest entry of a shipped model by its name.

    Raises:
        ModelError: the manifest does not list it.
    """
    folder = models_dir()
    manifest = read_manifest(folder)
    if name not in manifest:
        listed = ", ".join(sorted(manifest))[:LONGEST_PATH]
        raise ModelError(f"a model of {folder / MANIFEST} ({listed})", repr(name)[:LONGEST_PATH], "Correct it.")
    return folder / manifest[name].file, manifest[name]


def add_to_manifest(folder: Path, entry: ModelEntry, **notes: str) -> None:
    """List a model in a folder's manifest, in the place of an older one of the same name.

    Args:
        folder: of manifest.json; it is made, with this model as the default, where there is none.
        entry: of the model.
        notes: further facts to write beside it, e.g. source and data.

    Raises:
        ModelError: the manifest is damaged, or would refuse the entry.
    """
    try:
        _plain(entry)
    except ValueError as error:
        raise ModelError("an entry for a manifest", str(error), "Correct it.") from error
    path = folder / MANIFEST
    content: dict[str, Any] = {"default": entry.name, "models": []}
    if path.is_file():
        read_manifest(folder)
        content = json.loads(path.read_text(encoding="utf-8"))
    others = [model for model in content["models"] if model["name"] != entry.name]
    content["models"] = [*others, {**asdict(entry), **notes}]
    _replace(path, (json.dumps(content, indent=2) + "\n").encode())


def load_weights(path: Path, sha256: str, module: nn.Module) -> None:
    """Fill a module from a file, after checking everything about it.

    Weights of the file that the module does not have are left out: a network cut at a level needs
    only part of the backbone.

    Raises:
        ModelError: missing file, wrong hash, unreadable, or weights that do not fit.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise ModelError(f"a model file at {path}", error.strerror or str(error), REMEDY) from error
    if size > MOST_BYTES:
        raise ModelError(f"at most {MOST_BYTES} bytes in {path}", f"{size}", REMEDY)
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise ModelError(
            f"{path.name} with SHA-256 {sha256}",
            f"{actual} ({len(data)} bytes)",
            REMEDY,
        )
    with tensor_errors(f"a safetensors file at {path}", REMEDY):
        weights = load(data)
    module.load_state_dict(_fitting(weights, module, path.name), strict=True)


@contextmanager
def tensor_errors(what: str, remedy: str) -> Iterator[None]:
    """Turn whatever safetensors and torch say of a damaged file into a ModelError.

    They raise as they please: a KeyError for a number format that torch lacks, a TypeError for a side over 63 bits.

    Args:
        what: was expected.
        remedy: what to do.
    """
    try:
        yield
    except OSError as error:
        raise ModelError(what, error.strerror or str(error), remedy) from error
    except MemoryError:
        raise  # says nothing against the file
    except Exception as error:
        said = str(error).partition("\n")[0][:200]
        raise ModelError(what, f"{type(error).__name__}: {said}", remedy) from error


def _fitting(weights: dict[str, Tensor], module: nn.Module, file: str) -> dict[str, Tensor]:
    """Return the weights that the module wants, checked one by one."""
    chosen = {}
    for name, wanted in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            chosen[name] = wanted
            continue
        if name not in weights:
            raise ModelError(f"the weight {name} in {file}", "no such weight", REMEDY)
        value = weights[name]
        if value.shape != wanted.shape or not value.is_floating_point():
            actual = f"{tuple(value.shape)} {value.dtype}"
            raise ModelError(
                f"{name} of shape {tuple(wanted.shape)}, floating point, in {file}",
                actual,
                REMEDY,
            )
        chosen[name] = value.to(wanted.dtype)  # first: what is finite in 64 bits may not be in 32
        if not torch.isfinite(chosen[name]).all():
            raise ModelError(f"finite numbers in {name} of {file}", "NaN or infinity", REMEDY)
    return chosen


def write_weights(weights: dict[str, Tensor], path: Path) -> str:
    """Write weights as safetensors, all or nothing, step counters left out; return the SHA-256."""
    kept = {name: value.contiguous() for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    data = save(kept)
    _replace(path, data)
    return hashlib.sha256(data).hexdigest()


def save_weights(weights: dict[str, Tensor], path: Path, sha256: str) -> None:
    """Write weights as safetensors, all or nothing.

    Raises:
        ModelError: the bytes do not have the hash that the manifest promises; nothing is written.
    """
    data = save(weights)
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise ModelError(
            f"{path.name} with SHA-256 {sha256}",
            actual,
            "Use the pinned packages (constraints.txt).",
        )
    _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    """Write a file, all or nothing."""
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
