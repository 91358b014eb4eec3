"""CUDA: visible or not, and if not, whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Finding, Level


@dataclass(frozen=True)
class Gpu:
    """What is known about CUDA.

    Attributes:
        built_for: CUDA version that torch was built for; empty = a build for the CPU; None = torch cannot be loaded.
        names: the GPUs that torch sees.
        driver: whether the driver's device files are there.
        hidden: CUDA_VISIBLE_DEVICES is set to nothing.
    """

    built_for: str | None = ""
    names: tuple[str, ...] = ()
    driver: bool = False
    hidden: bool = False


def check_gpu(gpu: Gpu, device: str = "auto") -> Finding:
    """Judge whether the network can run where it shall.

    Args:
        gpu: what is known about CUDA.
        device: the parameter: "auto", "cpu", "cuda" or "cuda:N".
    """
    if gpu.built_for is None:
        return Finding("cuda", Level.ERROR, "torch cannot be loaded", "run `make setup`, then `source env.sh`")
    wanted = int(device.partition(":")[2] or 0) if device.startswith("cuda") else None
    if wanted is not None and wanted >= len(gpu.names):
        return Finding("cuda", Level.ERROR, f"device is {device}, but torch sees {len(gpu.names)} GPUs", _mend(gpu))
    if device == "cpu":
        return Finding("cuda", Level.OK, "device is cpu, so no GPU is used")
    if gpu.names:
        return Finding("cuda", Level.OK, f"{', '.join(gpu.names)}; torch is built for CUDA {gpu.built_for}")
    if gpu.driver and not gpu.hidden:
        return Finding("cuda", Level.WARN, "there is a GPU, but torch does not see it: the CPU is used", _mend(gpu))
    return Finding("cuda", Level.OK, "no GPU to see: the network runs on the CPU")


def _mend(gpu: Gpu) -> str:
    if gpu.hidden:
        return "CUDA_VISIBLE_DEVICES hides the GPUs: unset it"
    if not gpu.driver:
        return "install the NVIDIA driver, or give the container its GPU; else set device to cpu"
    if not gpu.built_for:
        return "this torch is built for the CPU: install one with CUDA (on a Jetson, JetPack's)"
    return "the driver may be too old for this torch: compare `nvidia-smi` with CUDA " + gpu.built_for
