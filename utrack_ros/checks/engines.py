"""The engines: which packages can run the network here, and what is missed without the fast one."""

from __future__ import annotations

from collections.abc import Mapping

from .finding import Finding, Level

PACKAGES = ("torch", "onnxruntime", "onnx", "openvino")

FAST = ("onnxruntime", "onnx")
"""Packages of the engine that is fastest on a CPU; the second one writes what the first one reads."""


def check_engines(versions: Mapping[str, str | None], gpus: int) -> Finding:
    """Judge what there is to run the network with.

    Args:
        versions: by name of one of `PACKAGES`, or of numpy, its version; None: not installed.
        gpus: how many torch sees; there it runs the network itself.
    """
    there = ", ".join(f"{name} {versions[name]}" for name in PACKAGES if versions.get(name))
    missing = [name for name in FAST if not versions.get(name)]
    if missing and not gpus:
        seen = f"{there or 'none'}, without {' and '.join(missing)}: on a CPU a frame takes about twice as long"
        numpy = versions.get("numpy")
        advice = "pip install onnx onnxruntime" + f" numpy=={numpy}" * bool(numpy)  # which others here were built for
        return Finding("engines", Level.WARN, seen, advice)
    return Finding("engines", Level.OK, there or "none")
