"""The commands `utrack train ...`; heavy imports wait until one is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Train the networks.")


@app.callback()
def main() -> None:
    """Train the networks."""


@app.command()
def siou(
    config: Annotated[Path, typer.Option(help="Settings, e.g. config/train_lite0.yaml.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that is there goes on.")],
    bank: Annotated[Path, typer.Option(help="Folder for the frozen backbone's features.")] = Path("out/bank"),
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this step; the schedule stays.")] = None,
) -> None:
    """Train neck and SIoU network on a frozen backbone; may be stopped at any moment and started again."""
    from .settle import settle

    settle()
    from .config import SIoUConfig, read_config
    from .processes import joined
    from .progress import TrainingBar
    from .siou_run import run_siou

    settings = read_config(config, SIoUConfig)
    with joined(), TrainingBar() as bar:
        model = run_siou(settings, out, bank, bar.tell, bar.show, max_steps)
        bar.tell(f"wrote {model}")


@app.command()
def backbone(
    config: Annotated[Path, typer.Option(help="Settings, e.g. config/train_backbone.yaml.")],
    data: Annotated[Path, typer.Option(help="Folder of ImageNet: train/<class>/ and val/<class>/.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; a run that is there goes on.")],
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after this step; the schedule stays.")] = None,
) -> None:
    """Train a backbone to classify pictures; may be stopped at any moment and started again."""
    from .settle import settle

    settle()
    from .backbone_run import run_backbone
    from .config import BackboneConfig, read_config
    from .processes import joined
    from .progress import TrainingBar

    settings = read_config(config, BackboneConfig)
    with joined(), TrainingBar() as bar:
        model = run_backbone(settings, data, out, bar.tell, bar.show, max_steps)
        bar.tell(f"wrote {model}")
