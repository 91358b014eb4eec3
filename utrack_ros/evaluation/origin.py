"""What the results in a folder were made with: `tracker.json`, so that they are never mixed nor compared blindly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from .results_file import write_whole

FILE = "tracker.json"

NOTES = {
    "kcf:-1": "KCF runs with the detection threshold -1, so that it always answers; the value was chosen after its "
    "scores had been seen. OpenCV's own threshold is 0.5."
}
"""What must be said wherever results are compared, by the "tracker" of `TrackerSpec.identity`."""


def claim(folder: Path, wanted: dict[str, Any]) -> None:
    """Make sure that a folder holds results of this tracker only, and say so in it.

    Args:
        folder: of the results; made if need be.
        wanted: what the results depend on.

    Raises:
        ConfigError: it has results of another one, or of unknown origin.
        DataError: it cannot be written.
    """
    path = folder / FILE
    action = "Give another --label or --out."
    text = json.dumps(wanted, indent=2) + "\n"
    if not path.is_file():
        if next(folder.rglob("*.txt"), None) is not None:
            raise ConfigError(f"results of {wanted['tracker']} in {folder}", "some of unknown origin", action)
        write_whole(path, text)
    elif (found := path.read_text("utf-8", errors="replace")) != text:
        raise ConfigError(f"results of {_flat(text)} in {folder}", f"those of {_flat(found)}", action)


def read_note(folder: Path) -> str:
    """Return what must be said beside the scores of the results in a folder; empty where nothing is known."""
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return ""
    return NOTES.get(str(found.get("tracker")), "") if isinstance(found, dict) else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
