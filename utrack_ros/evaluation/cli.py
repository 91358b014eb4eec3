"""The commands `utrack eval ...`; heavy imports wait until one is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Score trackers on benchmarks.")


@app.callback()
def main() -> None:
    """Score trackers on benchmarks."""


@app.command()
def run(
    benchmark: Annotated[str, typer.Option(help="UAV123, DTB70, VOT2018, plain ...; see docs/evaluation.md.")],
    root: Annotated[Path, typer.Option(help="Its folder.")],
    tracker: Annotated[
        str, typer.Option(help="utrack[:MODEL], kcf[:THRESHOLD], csrt, mil, nanotrack:BACKBONE,HEAD, python:M:F.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for raw results; what is whole there is not run again.")],
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
    ray: Annotated[str, typer.Option(metavar="ADDRESS", help="Use the Ray cluster at this address instead.")] = "",
    fps: Annotated[
        float | None, typer.Option(help="Latency-aware: pace of the camera; late frames are missed.")
    ] = None,
    label: Annotated[str, typer.Option(help="Name of the tracker in tables and folders.")] = "",
    only: Annotated[list[str] | None, typer.Option(help="Run this sequence only; may be repeated.")] = None,
    threads: Annotated[int, typer.Option(help="Cores for each worker; 0 shares out all.")] = 0,
    repetitions: Annotated[int, typer.Option(help="Runs of each sequence, VOT2018 only.")] = 1,
) -> None:
    """Run a tracker over a benchmark; may be stopped at any moment and started again."""
    from ..core.errors import DataError
    from .runner import RunOptions, run_benchmark

    options = RunOptions(label, fps, workers, threads, ray, repetitions, only or ())
    report = run_benchmark(benchmark, root, tracker, out, options)
    typer.echo(f"{report.folder}: {report.done} run, {report.skipped} there already, {len(report.problems)} failed")
    if report.problems:
        raise DataError("a result for every sequence", "these problems:\n  " + "\n  ".join(report.problems))


@app.command()
def score(
    benchmark: Annotated[str, typer.Option(help="UAV123, DTB70, VOT2018, plain ...; see docs/evaluation.md.")],
    annotations: Annotated[Path, typer.Option(help="Its folder, or one of annotation files alone.")],
    results: Annotated[list[Path], typer.Option(help="Raw results: of one tracker, or a folder of such.")],
    more_results: Annotated[list[Path] | None, typer.Argument(metavar="[RESULTS]...", help="More of them.")] = None,
    profile: Annotated[str, typer.Option(help="Rule of scoring; default: the official one of the benchmark.")] = "",
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write all numbers here.")] = None,
) -> None:
    """Score raw results; prints a table, best tracker first."""
    from rich.console import Console

    from .score_file import write_scores
    from .score_run import score_results
    from .score_table import ope_table, vot_table

    scores = score_results(benchmark, annotations, [*results, *(more_results or [])], profile or None)
    found, count = scores.benchmark, len(scores.benchmark.sequences)
    errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    for problem in found.problems:
        errors.print(f"{benchmark}: {problem}")
    for problem in scores.problems:
        errors.print(problem)
    if json:
        write_scores(json, benchmark, scores.ope or scores.vot, [*found.problems, *scores.refused])
    Console().print(ope_table(benchmark, scores.ope, count) if scores.ope else vot_table(benchmark, scores.vot, count))


@app.command()
def report(
    json: Annotated[list[Path], typer.Option(metavar="FILE", help="From `utrack eval score --json`; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html and its figures.")],
    root: Annotated[Path | None, typer.Option(help="For strips of frames: folder of the benchmark.")] = None,
    results: Annotated[list[Path] | None, typer.Option(help="For strips: raw results; may be repeated.")] = None,
    strip: Annotated[
        list[str] | None, typer.Option(metavar="SEQUENCE[:FRAME,...]", help="A strip; may be repeated.")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the page.")] = "Tracking report",
) -> None:
    """Draw scores: plots, tables and strips of frames on one HTML page."""
    from .report import StripOptions, write_report

    typer.echo(f"wrote {write_report(json, out, title, StripOptions(root, results or (), strip or ()))}")


@app.command()
def ablate(
    variants: Annotated[Path, typer.Option(help="Which, e.g. config/ablation.yaml.")],
    benchmark: Annotated[str, typer.Option(help="UAV123, DTB70, plain ...; see docs/evaluation.md.")],
    root: Annotated[Path, typer.Option(help="Its folder.")],
    out: Annotated[
        Path, typer.Option(help="Folder for raw results, table and figures; what is whole is not run again.")
    ],
    tables: Annotated[int, typer.Option(help="Candidate tables that each variant is run with.")] = 3,
    workers: Annotated[int, typer.Option(help="Processes on this machine.")] = 1,
) -> None:
    """Run variants of our tracker and say what each part is worth, with intervals."""
    from rich.console import Console

    from .ablation import ablate as run_all
    from .ablation_report import markdown, write_ablation
    from .runner import RunOptions

    console = Console(highlight=False, soft_wrap=True, markup=False)
    options = RunOptions(workers=workers)
    rows = run_all(variants, benchmark, root, out / "runs", range(tables), options, console.print)
    write_ablation(rows, benchmark, out)
    console.print(markdown(rows))


@app.command()
def calibrate(
    benchmark: Annotated[str, typer.Option(help="UAV123, DTB70, plain ...; see docs/evaluation.md.")],
    root: Annotated[Path, typer.Option(help="Its folder.")],
    out: Annotated[Path, typer.Option(help="Folder for calibration.json and reliability.svg.")],
    tracker: Annotated[str, typer.Option(help="utrack[:MODEL,SETTING=VALUE,...].")] = "utrack",
) -> None:
    """Say how far our tracker's score can be believed, and which weights of it fit this footage best."""
    from rich.console import Console

    from ..data.registry import load_benchmark
    from .calibrate import calibrate as measure
    from .calibrate import write_calibration
    from .trackers import make_tracker

    console = Console(highlight=False, soft_wrap=True, markup=False)
    result = measure(load_benchmark(benchmark, root), make_tracker(tracker), console.print)
    write_calibration(result, out)
    console.print(f"ROC area {result.roc_area:.3f}, calibration error {result.error:.3f} over {result.frames} frames")
    weights = ", ".join(f"{name} {value:.2f}" for name, value in result.fitted.items())
    console.print(f"best weights here: {weights}")
    console.print(
        f"calibration error with them: {result.fitted_error_in_sample:.3f} on the frames they were fitted on, "
        f"{result.fitted_error_left_out:.3f} on sequences left out of the fit, one at a time"
    )
