"""Published weights in .pth files, which are pickles: opened so that they can run nothing, by the converters alone."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..core.errors import ModelError
from .checkpoint import MOST_BYTES

SAFE_TORCH = (2, 10)
"""Older ones can be made to run code, or to write outside their memory, by a file that is opened with
`weights_only=True`: CVE-2025-32434 up to 2.5, CVE-2026-24747 up to 2.9."""

REMEDY = "Give a state dict as .safetensors, .pth or .pt."
REFUSED = re.compile(r"\bGLOBAL ([\w.]+)|\b(?:unsupported|Unsupported) (operand \d+|class [\w.]+|type [^.\n]+)")
"""What PyTorch's restricted unpickler says it met."""
ALLOCATED = re.compile(r"tried to allocate \d+ bytes")


def read_pickled(path: Path) -> dict[str, Tensor]:
    """Return the state dict of a .pth file that holds tensors and nothing else.

    PyTorch's restricted unpickler reads it: it knows tensors and plain containers, and calls nothing else.

    Raises:
        ModelError: missing, damaged, over 1 GiB, with anything else in it, which the error names, or a PyTorch that is
            not safe.
    """
    _check_torch(torch.__version__)
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise ModelError(f"at most {MOST_BYTES} bytes in {path}", f"{size}", REMEDY)
        data = io.BytesIO(path.read_bytes())  # of a file, as many bytes as a pickle claims are taken before any is read
        content = torch.load(data, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"a file of weights at {path}", error.strerror or str(error), REMEDY) from error
    except (ModelError, MemoryError):
        raise  # the second says nothing against the file
    except Exception as error:  # noqa: BLE001  of a damaged file, an unpickler says it by whatever comes up
        said = refusal(str(error))[:200] or type(error).__name__
        raise ModelError(f"a file of weights alone at {path}", said, REMEDY) from None
    return _state_dict(content, path)


def refusal(said: str) -> str:
    """Return what was refused, in our words, from what PyTorch says; its advice to open the file anyway is left out."""
    taken = ALLOCATED.search(said)
    if taken:
        return f"one for which PyTorch {taken[0]}, which are not there"
    found = REFUSED.search(said)
    if found is None:
        return said.partition("\n")[0].partition(". ")[0]
    what = found[1] or found[2]
    return f"one that also holds {what}, which was not run"


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ModelError(f"a state dict, names and tensors, in {path}", f"a {type(content).__name__}", REMEDY)
    return {str(name): value for name, value in content.items()}


def _check_torch(version: str) -> None:
    major_minor = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if major_minor < SAFE_TORCH:
        raise ModelError(
            f"PyTorch {SAFE_TORCH[0]}.{SAFE_TORCH[1]} or newer to open a .pth file",
            version,
            "Older ones can be made to run code by the file: convert it on another machine, or give a .safetensors.",
        )
