"""One image at a time from one process to another, through memory that both have: written once, never sent."""

from __future__ import annotations

import math
import mmap
import os

import numpy as np

from ..core.tracker import Image

Shape = tuple[int, ...]


class SharedImage:
    """A place for one image, as large as the largest so far; the kernel frees it with the last process that has it.

    Attributes:
        fd: of the memory, to be inherited by the other process, which opens it with the same number.
    """

    def __init__(self, fd: int | None = None) -> None:
        """Make such memory, or open that of another process."""
        self.fd = os.memfd_create("utrack-image") if fd is None else fd
        self._map: mmap.mmap | None = None

    def write(self, image: Image) -> Shape:
        """Copy a uint8 image in; return its shape, which `read` needs."""
        size = max(image.nbytes, 1)
        if self._map is None or len(self._map) < size:
            os.posix_fallocate(self.fd, 0, size)  # raises where there is no memory; a write would kill
            self._map = mmap.mmap(self.fd, size)
        np.copyto(self._as_array(self._map, image.shape), image)
        return image.shape

    def read(self, shape: Shape) -> Image:
        """Return the image that was written last, not to be changed, and gone with the next one."""
        size = max(math.prod(shape), 1)
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self.fd, size, access=mmap.ACCESS_READ)
        return self._as_array(self._map, shape)

    def close(self) -> None:
        """Let go of it; images that were read stay as long as somebody has them."""
        self._map = None
        os.close(self.fd)

    @staticmethod
    def _as_array(memory: mmap.mmap, shape: Shape) -> Image:
        return np.frombuffer(memory, np.uint8, math.prod(shape)).reshape(shape)
