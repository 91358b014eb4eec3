"""The commands `utrack eval ...`; heavy imports wait until one is called."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Score trackers on benchmarks.")


@app.callback()
def main() -> None:
    """Score trackers on benchmarks."""
