"""What is written is read, in one process and in another, at any size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utrack_ros.apart.shared_image import SharedImage

READ = """
import sys
from utrack_ros.apart.shared_image import SharedImage
print(int(SharedImage(int(sys.argv[1])).read((4, 5, 3)).sum()))
"""


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)), min_size=1, max_size=6))
def test_images_of_any_size_come_one_after_the_other(shapes: list[tuple[int, int, int]]) -> None:
    ours = SharedImage()
    theirs = SharedImage(os.dup(ours.fd))
    for shape in shapes:
        image = noise(*shape)
        assert np.array_equal(theirs.read(ours.write(image)), image)
    ours.close()
    theirs.close()


def test_view_of_an_image_is_written_whole() -> None:
    shared, image = SharedImage(), noise(30, 40, 3)
    assert np.array_equal(shared.read(shared.write(image[::2, ::-1])), image[::2, ::-1])
    shared.close()


def test_reader_cannot_change_the_image() -> None:
    ours = SharedImage()
    theirs = SharedImage(os.dup(ours.fd))
    read = theirs.read(ours.write(noise(4, 5, 3)))
    with pytest.raises(ValueError, match="read-only"):
        read[0, 0, 0] = 1
    ours.close()
    theirs.close()


def test_another_process_reads_it() -> None:
    shared, image = SharedImage(), noise(4, 5, 3)
    shared.write(image)
    command = [sys.executable, "-c", READ, str(shared.fd)]
    told = subprocess.run(command, pass_fds=[shared.fd], capture_output=True, check=True, text=True)
    assert int(told.stdout) == int(image.sum())
    shared.close()


def test_nothing_is_left_when_it_is_closed() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for size in (10, 100, 50):
        shared = SharedImage()
        shared.write(noise(size, size, 3))
        shared.write(noise(2 * size, size, 3))
        shared.close()
    assert count() == before
