"""One look at the machine, for the doctor and for the node's start-up check; needs no ROS."""

from __future__ import annotations

import os

from ..checks.finding import Finding
from ..checks.kernel import check_kernel
from ..checks.machine import read_kernel, read_processor, read_shared_memory, read_transport
from ..checks.processor import check_precision
from ..checks.shared_memory import check_shared_memory
from ..checks.transport import check_transport
from .transport import profile_path, profile_variable


def look_at_machine(rmw: str, for_camera: bool) -> list[Finding]:
    """Check what is known without torch: transport, shared memory, kernel buffers, processor.

    Args:
        rmw: name of the middleware in use; empty = not known.
        for_camera: whether a camera may be started from this environment; see `check_transport`.
    """
    transport = read_transport(profile_variable(os.environ.get("ROS_DISTRO")), profile_path(), rmw)
    return [
        check_transport(transport, for_camera),
        check_shared_memory(read_shared_memory()),
        check_kernel(read_kernel()),
        check_precision(read_processor()),
    ]
