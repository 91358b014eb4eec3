"""Image messages that contradict themselves, over real DDS: refused with a reason, or read to the pixel."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from fakes import image_fields
from invariants import counted, survives
from node_bench import Bench
from sensor_msgs.msg import Image

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.core.errors import ImageError
from utrack_ros.ros.image_codec import decode

WIDTH, HEIGHT = 64, 48
ABSURD: list[tuple[dict[str, Any], str]] = [
    ({"width": 0}, "an image with pixels"),
    ({"height": 0}, "an image with pixels"),
    ({"width": 2**32 - 1, "height": 2**32 - 1}, "at most 67108864 pixels"),
    ({"width": 8193, "height": 8192}, "at most 67108864 pixels"),
]
"""Fields of a size that no camera has, and why they are refused."""


def is_rejected(bench: Bench, words: str, **changes: Any) -> None:
    """Publish an image with these faults; it is rejected for the reason given, and the track goes on."""
    with survives(bench, counted("rejected", 1, words=f"image rejected: expected {words}")):
        bench.send(bench.message(**changes))
        assert bench.counts.rejected == 1
    assert bench.targets[-1].state == Target.STATE_TRACKING


def pixels_of(bench: Bench, **changes: Any) -> Any:
    """Publish an image; return what the tracker is given of it."""
    seen: list[Any] = []
    bench.tracker.script = lambda image: (seen.append(image), bench.tracker.answer())[1]  # type: ignore[func-returns-value]
    with survives(bench, counted("rejected", 0)):
        bench.track(bench.message(**changes))
    return seen[0]


@pytest.mark.fault(1)
@pytest.mark.parametrize("missing", [1, WIDTH * 3, WIDTH * HEIGHT * 3])
def test_data_shorter_than_its_rows(tracking: Bench, missing: int) -> None:
    is_rejected(tracking, "9216 bytes of data", data=bytes(WIDTH * HEIGHT * 3 - missing))


@pytest.mark.fault(2)
@pytest.mark.parametrize("step", [0, 1, WIDTH, WIDTH * 3 - 1])
def test_step_smaller_than_a_row(tracking: Bench, step: int) -> None:
    is_rejected(tracking, "a step of at least 192 bytes", step=step)


@pytest.mark.fault(3)
@pytest.mark.parametrize("padding", [1, 64])
def test_step_with_padding_is_honoured(tracking: Bench, padding: int) -> None:
    rows = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH * 3 + padding), np.uint8)
    image = pixels_of(tracking, step=WIDTH * 3 + padding, data=rows.tobytes())
    assert (image == rows[:, : WIDTH * 3].reshape(HEIGHT, WIDTH, 3)).all()


@pytest.mark.fault(3)
def test_step_that_splits_an_item(tracking: Bench) -> None:
    step = WIDTH * 2 + 1
    is_rejected(tracking, "a step that is a multiple of 2", encoding="mono16", step=step, data=bytes(step * HEIGHT))


@pytest.mark.fault(4)
@pytest.mark.parametrize(("changes", "words"), ABSURD)
def test_size_that_is_absurd_is_refused_before_any_memory_is_taken(
    tracking: Bench, changes: dict[str, Any], words: str
) -> None:
    tracemalloc.start()
    try:
        is_rejected(tracking, words, step=WIDTH * 3, data=b"", **changes)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.fault(4)
@pytest.mark.parametrize(("changes", "words"), ABSURD)
def test_size_that_is_absurd_is_refused_within_5_ms(changes: dict[str, Any], words: str) -> None:
    """The median of many, for other work may have the processor in between; a refusal takes some hundredths of a ms."""
    image = Image(**image_fields(step=WIDTH * 3, data=b"", **changes))
    took_s = []
    for _ in range(51):
        started_s = time.perf_counter()
        with pytest.raises(ImageError, match=words):
            decode(image)
        took_s.append(time.perf_counter() - started_s)
    assert statistics.median(took_s) < 0.005


@pytest.mark.fault(5)
@pytest.mark.parametrize("encoding", ["", "nonsense", "RGB8"])
def test_encoding_that_is_not_known(tracking: Bench, encoding: str) -> None:
    is_rejected(tracking, "an encoding of", encoding=encoding)


@pytest.mark.fault(5)
def test_encoding_with_more_channels_than_there_are(tracking: Bench) -> None:
    is_rejected(tracking, "a step of at least 256 bytes", encoding="rgba8")


@pytest.mark.fault(7)
@pytest.mark.parametrize("is_bigendian", [0, 1])
def test_16_bit_in_either_byte_order(tracking: Bench, is_bigendian: int) -> None:
    levels = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) % 256
    data = (levels * 257).astype(">u2" if is_bigendian else "<u2").tobytes()
    image = pixels_of(tracking, encoding="mono16", step=WIDTH * 2, is_bigendian=is_bigendian, data=data)
    assert (image == levels[..., None]).all()
