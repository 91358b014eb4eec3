"""Read what the checks want to know about this machine. No ROS; what cannot be read is left unknown."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import ModelError
from .engines import PACKAGES
from .gpu import Gpu
from .kernel import Kernel
from .models import ModelFile
from .processor import Processor
from .segments import SHM, read_segments
from .shared_memory import SharedMemory
from .transport import PROFILE_VARIABLES, Transport, brings_transports, cuts_messages
from .versions import installed_version

SEGMENT_SIZE = re.compile(r"<segment_size>\s*(\d+)\s*</segment_size>")
LARGEST_PROFILE = 1_000_000
DRIVER_FILES = ("/dev/nvidia0", "/dev/nvhost-gpu", "/dev/nvgpu/igpu0/ctrl")
"""Device files of a desktop's GPU and of a Jetson's."""


def read_kernel(proc: Path = Path("/proc")) -> Kernel:
    """Read the kernel's network limits."""
    net = proc / "sys" / "net"
    return Kernel(
        rmem_max=_number(net / "core" / "rmem_max"),
        fragment_bytes=_number(net / "ipv4" / "ipfrag_high_thresh"),
        fragment_s=_number(net / "ipv4" / "ipfrag_time"),
    )


def read_shared_memory(folder: Path = SHM) -> SharedMemory:
    """Measure /dev/shm."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return SharedMemory()
    dead = sum(segment.size for segment in read_segments(folder) or () if segment.owner is None)
    return SharedMemory(room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize, dead)


def read_transport(variable: str, advised: Path | None, rmw: str, environ: Mapping[str, str] = os.environ) -> Transport:
    """Read the transport settings of an environment.

    Args:
        variable: name of the environment variable that this release's Fast DDS reads.
        advised: the profiles file of this package; None = not found.
        rmw: name of the middleware in use; empty = not known.
        environ: the environment.
    """
    profile = environ.get(variable, "")
    other = next((name for name in PROFILE_VARIABLES if name != variable and environ.get(name)), "")
    text = _text(Path(profile), LARGEST_PROFILE) if profile else None
    sizes = [int(size) for size in SEGMENT_SIZE.findall(text or "")]
    return Transport(
        rmw=rmw,
        variable=variable,
        profile=profile,
        other_variable=other,
        segment_bytes=max(sizes, default=None),
        readable=not profile or text is not None,
        builtin=environ.get("FASTDDS_BUILTIN_TRANSPORTS", ""),
        own=brings_transports(text or ""),
        cuts=cuts_messages(environ, text or ""),
        advised=str(advised or ""),
    )


def read_cuts(variable: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Read whether a process of an environment sends large messages in fragments; see `cuts_messages`.

    Args:
        variable: as in `read_transport`.
        environ: the environment.
    """
    return cuts_messages(environ, _text(Path(environ.get(variable, "")), LARGEST_PROFILE) or "")


def read_processor(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Processor:
    """Read the processor, and torch's threads where torch is loaded."""
    info = _text(proc / "cpuinfo") or ""
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", info, re.MULTILINE)
    name = re.search(r"^model name\s*:\s*(.*)$", info, re.MULTILINE)
    threads = getattr(sys.modules.get("torch"), "get_num_threads", None)  # torch may still be loading elsewhere
    return Processor(
        machine=platform.machine(),
        name=name[1].strip() if name else "",
        flags=frozenset(flags[1].split()) if flags else frozenset(),
        cpus=_cpus(cgroup),
        torch_threads=threads() if threads is not None else None,
        wait_policy=os.environ.get("OMP_WAIT_POLICY", ""),
    )


def read_engines() -> dict[str, str | None]:
    """Read the versions of the packages that run the network, and of numpy; None: not installed."""
    return {name: installed_version(name) for name in (*PACKAGES, "numpy")}


def read_gpu(torch: Any, environ: Mapping[str, str] = os.environ) -> Gpu:
    """Ask torch for GPUs.

    Args:
        torch: the module; None = it cannot be loaded.
        environ: the environment.
    """
    driver = any(Path(name).exists() for name in DRIVER_FILES)
    hidden = environ.get("CUDA_VISIBLE_DEVICES", "unset").strip() in ("", "-1")
    if torch is None:
        return Gpu(built_for=None, driver=driver, hidden=hidden)
    try:
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    except RuntimeError:  # a driver that counts GPUs, but that this torch cannot use
        names = []
    return Gpu(built_for=torch.version.cuda or "", names=tuple(names), driver=driver, hidden=hidden)


def read_models(folder: Path | None = None) -> tuple[list[ModelFile], str]:
    """Read the manifest and hash each of its files; return them, and why there is no manifest (empty = there is one).

    Args:
        folder: of manifest.json; None = that of the shipped models.
    """
    try:
        from ..network.checkpoint import models_dir, read_manifest, sha256_of

        folder = folder or models_dir()
        manifest = read_manifest(folder)
    except (ImportError, OSError) as error:  # torch, or a library of it, is missing
        return [], f"the models cannot be looked at: {error}"
    except ModelError as error:
        return [], str(error)
    default = manifest["default"].file
    files: dict[str, ModelFile] = {}
    for entry in manifest.values():
        if entry.file not in files:
            actual = ""
            with contextlib.suppress(OSError):
                actual = sha256_of(folder / entry.file)
            files[entry.file] = ModelFile(entry.name, entry.file, entry.sha256, actual, entry.file == default)
    return list(files.values()), ""


def _cpus(cgroup: Path) -> int:
    """Return how many whole processors this process may use."""
    count = float(len(os.sched_getaffinity(0)))
    quota, period = [*(_text(cgroup / "cpu.max") or "max 1").split(), "1"][:2]
    if quota.isdigit() and period.isdigit() and int(period):
        count = min(count, int(quota) / int(period))
    return max(1, int(count))


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.isdigit() else None


def _text(path: Path, limit: int = -1) -> str | None:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(limit)
    except OSError:
        return None
