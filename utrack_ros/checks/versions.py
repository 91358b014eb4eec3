"""Versions of the packages that run a network, found without loading them."""

from __future__ import annotations

import importlib.util
from importlib import metadata


def installed_version(module: str) -> str | None:
    """Return the version of the package that a module comes from; None where none is installed.

    The package may be called otherwise: onnxruntime comes in onnxruntime-gpu, too, and in others.

    Args:
        module: name of the module, a top-level one.
    """
    try:
        return metadata.version(module)
    except metadata.PackageNotFoundError:
        if importlib.util.find_spec(module) is None:  # else all that is installed would be read for it, for 0.4 s
            return None
        names = metadata.packages_distributions().get(module, [])
        return f"{names[0]} {metadata.version(names[0])}" if names else None
