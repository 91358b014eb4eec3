"""The rows of the table: our tracker by engine and precision, and its peers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import ConfigError
from ..core.stages import Lap
from ..core.tracker import Tracker

OWN = "utrack"


@dataclass(frozen=True)
class Row:
    """One tracker to measure.

    Attributes:
        label: name in tables; no two rows have the same.
        tracker: `OWN`, or a peer as `utrack eval run --tracker` names it.
        engine: what runs our network; empty for a peer.
        precision: of our network; empty for a peer.
        model: our model file; None means the shipped default.
        device: "cpu", or "cuda:N" for ours.
        missing: why it cannot be measured here; empty when it can.
    """

    label: str
    tracker: str
    engine: str = ""
    precision: str = ""
    model: Path | None = None
    device: str = "cpu"
    missing: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is our tracker."""
        return self.tracker == OWN


def _load(row: Row, lap: Lap) -> Tracker:
    from ..engine import load_tracker

    return load_tracker(row.model, row.device, lap=lap, engine=row.engine, precision=row.precision)


ENGINES: dict[tuple[str, str], Callable[[Row, Lap], Tracker]] = {
    ("torch", "fp32"): _load,
    ("torch", "fp16"): _load,
    ("onnxruntime", "fp32"): _load,
    ("openvino", "fp32"): _load,
    ("openvino", "bf16"): _load,
}
"""Makers of our tracker by engine and precision; a new one is one line here."""


def build(row: Row, lap: Lap) -> Tracker:
    """Return the tracker of a row, ready for `init`.

    Args:
        row: which.
        lap: told of the stages, where the tracker tells them.

    Raises:
        ConfigError: this machine lacks what the row needs.
        ModelError: a file of it is missing or damaged.
    """
    if not row.is_own:
        from ..evaluation.trackers import make_tracker

        return make_tracker(row.tracker)
    make = ENGINES.get((row.engine, row.precision))
    if make is None:
        known = ", ".join(" ".join(names) for names in ENGINES)
        raise ConfigError(f"an engine and precision of: {known}", f"{row.engine} {row.precision}", "Choose one.")
    return make(row, lap)


def _lack(engine: str, precision: str, device: str) -> str:
    """Return why an engine cannot be measured here; empty when it can, or when the row shall fail with a reason."""
    from ..engine.choice import why_missing

    return why_missing(engine, device, precision) if (engine, precision) != ("torch", "fp32") else ""


def plan_rows(
    model: Path | None = None, device: str = "cpu", nanotrack: tuple[Path, Path] | None = None, peers: bool = True
) -> list[Row]:
    """Return the rows of a run, ours first.

    Args:
        model: our model file; None means the shipped default.
        device: where our network runs.
        nanotrack: NanoTrack's backbone and head, ONNX files; None leaves it out, and its row says so.
        peers: whether to measure others beside ours.
    """
    where = "" if device == "cpu" else f" {device}"
    rows = [
        Row(
            f"{OWN} {engine} {precision}{where}",
            OWN,
            engine,
            precision,
            model,
            device,
            _lack(engine, precision, device),
        )
        for engine, precision in ENGINES
        if precision != "fp16" or device != "cpu"
    ]
    if not peers:
        return rows
    if nanotrack is None:
        rows.append(Row("nanotrack", "nanotrack", missing="no files given: --nanotrack BACKBONE.onnx,HEAD.onnx"))
    else:
        rows.append(Row("nanotrack", f"nanotrack:{nanotrack[0]},{nanotrack[1]}"))
    return [*rows, *(Row(name, name) for name in ("kcf", "csrt", "mil"))]
