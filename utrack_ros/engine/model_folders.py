"""The folders from which the node may load a model: the shipped one, and those that whoever starts it names."""

from __future__ import annotations

import os
from pathlib import Path

from ..core.errors import ModelError
from ..network.checkpoint import is_model_file, models_dir

VARIABLE = "UTRACK_MODEL_FOLDERS"


def model_folders() -> list[Path]:
    """Return the shipped folder and those of $UTRACK_MODEL_FOLDERS, separated as in PATH; absolute.

    Raises:
        ModelError: there is no shipped folder.
    """
    named = [folder for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]
    return [Path(os.path.abspath(folder)) for folder in (str(models_dir()), *named)]


def confined(path: Path | None) -> Path | None:
    """Return a model's path without its detours, or say that it leads out of the folders.

    A link inside a folder counts as part of it: who may put it there may put a model there.

    Args:
        path: as `find_model` takes it; None and the name of a shipped model pass, and so does a file that is not
            there, which `find_model` names.

    Raises:
        ModelError: a file elsewhere.
    """
    if path is None or not is_model_file(path):
        return path
    direct, folders = Path(os.path.abspath(path)), model_folders()
    if any(direct.is_relative_to(folder) for folder in folders):
        return direct
    raise ModelError(
        f"a model in {' or '.join(str(folder) for folder in folders)}",
        str(direct),
        f"Add its folder to {VARIABLE}, if you trust what is in it.",
    )
