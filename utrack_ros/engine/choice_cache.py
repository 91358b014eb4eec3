"""What was found to be fastest here, remembered: one small file for each question, machine, model and set of versions.

A file holds a name and the times that led to it, never anything that runs. Whatever is wrong with it or with its
folder costs a new measurement and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..checks.machine import read_processor
from ..checks.versions import installed_version
from .threads import network_threads

PACKAGES = ("torch", "numpy", "onnxruntime", "openvino", "onnx")

SCHEMA = 4
"""Raised when another work is timed; what was chosen before is measured anew."""


def cache_folder() -> Path | None:
    """Return the folder of the choices, which may not be there yet; None where the user has no home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if named and Path(named).is_absolute():  # a relative one is to be ignored, says the XDG specification
        return Path(named) / "utrack_ros"
    try:
        return Path.home() / ".cache" / "utrack_ros"
    except RuntimeError:
        return None


def facts(model_sha256: str, crop_px: int) -> dict[str, Any]:
    """Return what decides which engine is fastest on the CPU.

    Args:
        model_sha256: of the model file.
        crop_px: side of the crops.
    """
    processor = read_processor()
    return {
        "schema": SCHEMA,
        "processor": processor.name,
        "machine": platform.machine(),
        "flags": hashlib.sha256(" ".join(sorted(processor.flags)).encode()).hexdigest()[:16],
        "cpus": processor.cpus,
        "threads": network_threads(),
        "versions": {name: installed_version(name) for name in PACKAGES},
        "model": model_sha256,
        "crop_px": crop_px,
    }


def recall(known: Mapping[str, Any]) -> str | None:
    """Return what was chosen for these facts, or None."""
    path = _file(known)
    if path is None:
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return str(content["chosen"]) if content["facts"] == known else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def remember(known: Mapping[str, Any], chosen: str, times_ms: Mapping[str, float]) -> None:
    """Keep what was chosen for these facts, all or nothing; a folder that takes no file is no error."""
    path = _file(known)
    if path is None:
        return
    content = {"chosen": chosen, "times_ms": {name: round(ms, 3) for name, ms in times_ms.items()}, "facts": known}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", encoding="utf-8", delete=False) as file:
            partial = Path(file.name)
        try:
            partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)


def _file(known: Mapping[str, Any]) -> Path | None:
    folder = cache_folder()
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
    return folder / f"choice-{digest}.json" if folder is not None else None
