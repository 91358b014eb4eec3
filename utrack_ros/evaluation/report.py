"""`utrack eval report`: score files become figures and one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..core.boxes import FloatArray
from ..core.errors import ConfigError, DataError
from ..data import sequence as data
from ..data.registry import load_benchmark
from . import page
from .figure_style import assign_styles, split_rate
from .raw_results import find_result, find_trackers, match_results, read_result
from .report_ope import ope_section
from .report_parts import Figures, Styles, add_figure
from .report_vot import vot_section
from .results_file import write_whole
from .score_file import read_scores
from .strips import even_frames, parse_strip, strip_jpeg

PAGE = "report.html"
STRIPS = 4
"""Strips when nobody chose them."""


@dataclass(frozen=True)
class StripOptions:
    """Where strips of frames come from.

    Attributes:
        root: folder of the benchmark, with images; None for no strips.
        results: folders of raw results, as for scoring.
        chosen: "SEQUENCE" or "SEQUENCE:frame,frame"; empty for those on which trackers differ most.
    """

    root: Path | None = None
    results: Sequence[Path] = ()
    chosen: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse half of what is needed.

        Raises:
            ConfigError: names what is missing.
        """
        if (self.root is None) != (not self.results) or (self.chosen and self.root is None):
            raise ConfigError("--root and --results together, for strips of frames", "one of them", "Give both.")


def write_report(score_files: Sequence[Path], out: Path, title: str, strips: StripOptions | None = None) -> Path:
    """Write the page, and its figures as files beside it.

    Args:
        score_files: what `utrack eval score --json` wrote; one benchmark each.
        out: folder, made if need be.
        title: of the page.
        strips: where to take frames from; None for no strips.

    Returns:
        The page.

    Raises:
        DataError: a score file is damaged; frames or raw results for strips are missing; or a file cannot be written.
        ConfigError: matplotlib is missing.
    """
    documents = [read_scores(path) for path in score_files]
    styles = assign_styles([tracker["name"] for document in documents for tracker in document["trackers"]])
    figures: Figures = {}
    pictures: dict[str, bytes] = {}
    body = ""
    for number, document in enumerate(documents):
        body += _heading(document, first=number == 0)
        section = vot_section if document["kind"] == "vot" else ope_section
        body += section(document, styles, figures)
        if strips is not None and strips.root is not None and document["kind"] == "ope":
            body += _strips(document, strips, styles, pictures)
    lead = ", ".join(
        split_rate(name)[0] for name in styles if split_rate(name)[1] is None or split_rate(name)[0] not in styles
    )
    write_whole(out / PAGE, page.page(title, lead, body, _origin(documents)))
    for name, svg in figures.items():
        write_whole(out / name, svg)
    for name, jpeg in pictures.items():
        write_whole(out / name, jpeg)
    return out / PAGE


def _heading(document: dict[str, Any], first: bool) -> str:
    profile = document["profile"]
    sequences = {entry["name"]: entry["frames"] for t in document["trackers"] for entry in t["sequences"]}
    look = ' class="first"' if first else ""
    frames = f"{sum(sequences.values()):,}".replace(",", "\N{THIN SPACE}")
    facts = f"{len(sequences)} sequences, {frames} frames. "
    facts += (
        f"Scored by profile {profile['name']} ({profile['title']}), rules version {document['provenance']['rules']}."
    )
    return f"<h2{look}>{escape(document['benchmark'])}</h2>\n<p>{escape(facts)}</p>\n"


def _origin(documents: Sequence[dict[str, Any]]) -> str:
    """Return versions and hardware, each set once."""
    lines = [
        ", ".join(f"{key} {value}" for key, value in document["provenance"].items() if value is not None)
        for document in documents
    ]
    return (
        "Scored with: " + "; ".join(dict.fromkeys(lines)) + ". Speeds are those of the machine that ran each tracker."
    )


def _strips(document: dict[str, Any], options: StripOptions, styles: Styles, pictures: dict[str, bytes]) -> str:
    """Return the HTML of strips, and put the pictures into `pictures`."""
    name = document["benchmark"]
    benchmark = load_benchmark(name, options.root or Path())
    known = [entry.name for entry in benchmark.sequences]
    folders = find_trackers(list(options.results), name, known)
    shown = [t["name"] for t in document["trackers"] if split_rate(t["name"])[1] is None]
    indices = {tracker: match_results(folders[tracker], known) for tracker in shown if tracker in folders}
    html = "<h3>Frames</h3>\n<p>A triangle at the edge points to a box that is beyond it. Parts of frames around the "
    html += "true box; frame numbers from 0.</p>\n"
    for sequence, frames in _choose(document, options, {entry.name: entry for entry in benchmark.sequences}):
        boxes = _boxes(indices, sequence)
        jpeg = strip_jpeg(sequence, frames or even_frames(len(sequence.frames)), boxes, styles)
        add_figure(pictures, f"{name}_{sequence.name}.jpg", jpeg)
        html += page.jpeg_figure(jpeg, f"Frames of {sequence.name} with boxes", sequence.name)
    return html


def _boxes(indices: dict[str, dict[str, Path]], sequence: data.Sequence) -> dict[str, FloatArray]:
    """Return the boxes of the trackers that have some for a sequence."""
    found = {}
    for tracker, index in indices.items():
        try:
            found[tracker] = read_result(find_result(index, sequence.name))
        except DataError:  # the table of sequences shows that it is missing
            continue
    return found


def _choose(
    document: dict[str, Any], options: StripOptions, sequences: dict[str, data.Sequence]
) -> list[tuple[data.Sequence, list[int]]]:
    """Return sequences and frame numbers; no numbers means evenly spaced ones.

    Raises:
        DataError: a chosen sequence is not there.
    """
    chosen: list[tuple[str, list[int]]] = [parse_strip(text) for text in options.chosen]
    unknown = [name for name, _ in chosen if name not in sequences]
    if unknown:
        raise DataError(f"sequences of {document['benchmark']}", ", ".join(unknown), "Check the names.")
    if not chosen:
        values: dict[str, list[float]] = {}
        for tracker in document["trackers"]:
            for entry in tracker["sequences"]:
                values.setdefault(entry["name"], []).append(entry["auc"] or 0.0)
        ranked = sorted(values, key=lambda name: (-float(np.std(values[name])), name))
        chosen = [(name, list[int]()) for name in ranked if name in sequences][:STRIPS]
    return [(sequences[name], frames) for name, frames in chosen]
