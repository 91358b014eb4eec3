"""The command line: an expected error is one line on stderr and exit status 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.data.synthetic import SyntheticFlight

ROOT = Path(__file__).parent.parent


def utrack(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "utrack_ros.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def write_frame(folder: Path) -> Path:
    folder.mkdir()
    cv2.imwrite(str(folder / "1.png"), np.zeros((90, 120, 3), np.uint8))
    return folder


def test_help_lists_the_commands() -> None:
    done = utrack("--help")
    assert done.returncode == 0
    for command in ("track", "node", "publish", "record", "demo", "convert"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("source", "box", "message"),
    [
        ("missing.mp4", "1,2,30,40", "but got nothing there. Check the path."),
        ("text.mp4", "1,2,30,40", "bytes that no decoder reads"),
        ("empty", "1,2,30,40", "but got none. Give the folder that holds the frames."),
        ("cut.mcap", "1,2,30,40", "expected a whole rosbag2"),
        ("frames", "1,2,30", "a box x,y,w,h of four numbers"),
        ("frames", "1,2,nan,40", "finite"),
        ("frames", "500,2,30,40", "centre lies inside the 120x90 image"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path: Path, source: str, box: str, message: str) -> None:
    write_frame(tmp_path / "frames")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "cut.mcap").write_bytes(b"\x89MCAP0\r\n\x01")
    done = utrack("track", tmp_path / source, "--box", box, "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("utrack: expected ")
    assert message in line
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


def test_missing_model_file(tmp_path: Path) -> None:
    frames = write_frame(tmp_path / "frames")
    model = tmp_path / "none.safetensors"
    done = utrack("track", frames, "--box", "10,10,30,40", "--out", tmp_path / "out", "--model", model)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("utrack: expected ")
    assert "none.safetensors" in line


def test_missing_option_is_a_usage_error(tmp_path: Path) -> None:
    done = utrack("track", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "--box" in done.stderr


def test_damaged_footage_keeps_its_results_and_fails(tmp_path: Path) -> None:
    frames, flight = write_frame(tmp_path / "frames"), SyntheticFlight((240, 320), 3)
    for index in range(3):
        cv2.imwrite(str(frames / f"{index + 1}.png"), flight.render(index)[:, :, ::-1])
    (frames / "4.png").write_bytes(b"damaged")
    box = ",".join(f"{side:g}" for side in flight.boxes_xywh[0])
    done = utrack("track", frames, "--box", box, "--out", tmp_path / "out", "--no-overlay")
    assert done.returncode == 2
    assert "3 frames are kept in" in done.stderr.splitlines()[-1]
    assert len((tmp_path / "out" / "target.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize("command", ["node", "publish", "record", "demo"])
def test_shell_without_ros_is_told_to_source_env_sh(command: str) -> None:
    code = (
        "import sys; sys.modules['rclpy'] = None; sys.modules['utrack_interfaces'] = None;"
        f"sys.argv = ['utrack', '{command}']; from utrack_ros.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "source env.sh" in line
