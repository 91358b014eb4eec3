"""The folder that a run writes its results to, without the results of the run before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.errors import SourceError, UTrackError


def claim_folder(out: Path, names: Sequence[str], source: Path) -> None:
    """Make the folder, and take away what an earlier run left in it; other files stay.

    Args:
        out: the folder.
        names: the files that a run writes, relative to `out`; their folders are made, too.
        source: the footage of this run; it is never touched.

    Raises:
        SourceError: the run would write over its footage, or into its folder of frames. Nothing is changed.
        UTrackError: the folder cannot be written.
    """
    paths = [out / name for name in names]
    try:
        for path in paths:
            _keep_apart(path, source)
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UTrackError(f"a folder to write results to at {out}", str(error), "Choose another --out.") from error


def _keep_apart(result: Path, source: Path) -> None:
    """Refuse footage that is the result, lies below it, or would have it among its files."""
    written, read = result.resolve(), source.resolve()
    if read == written or written in read.parents or read == written.parent:
        raise SourceError("footage apart from the results", f"{source}, where {result} goes", "Choose another --out.")
