"""Model files that are missing, damaged or hostile: refused with the reason, and taken once they are repaired."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`, then `source env.sh`")

from invariants import check_said, shown
from lifecycle_msgs.msg import Transition
from node_bench import Bench
from safetensors.torch import load, save

from utrack_ros.engine.model_folders import VARIABLE
from utrack_ros.network.checkpoint import models_dir
from utrack_ros.ros.model import load_tracker

pytestmark = pytest.mark.fault(21)
Damage = Callable[[bytes], bytes | None]


class Canary:
    """What a pickle would run when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def changed(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    weights = load(data)
    change(weights)
    return save(weights)


def cut(weights: dict[str, Any]) -> None:
    """Leave the first row of a matrix of weights."""
    weights[first(weights)] = weights[first(weights)][:1].clone()


def first(weights: dict[str, Any]) -> str:
    """The name of a matrix of weights."""
    return min(name for name, value in weights.items() if value.ndim > 1 and value.is_floating_point())


DAMAGES: dict[str, tuple[Damage, bool, str]] = {
    "missing": (lambda data: None, False, "model file"),
    "empty": (lambda data: b"", False, "SHA-256"),
    "truncated": (lambda data: data[: len(data) // 2], False, "SHA-256"),
    "flipped bit": (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], False, "SHA-256"),
    "empty, hash right": (lambda data: b"", True, ""),
    "truncated, hash right": (lambda data: data[: len(data) // 2], True, ""),
    "wrong shape": (lambda data: changed(data, cut), True, "expected"),
    "weight missing": (lambda data: changed(data, lambda w: w.pop(first(w))), True, "expected"),
    "NaN weights": (lambda data: changed(data, lambda w: w[first(w)].fill_(float("nan"))), True, "finite"),
}  # fmt: skip
"""What is done to the file, whether the manifest vouches for the damaged file, and a word of the reason."""


class Folder:
    """A folder with a model file and its manifest."""

    def __init__(self, path: Path) -> None:
        manifest = json.loads((models_dir() / "manifest.json").read_text("utf-8"))
        self.entry = next(entry for entry in manifest["models"] if entry["name"] == manifest["default"])
        self.file = path / self.entry["file"]
        self.good = models_dir() / self.entry["file"]

    def write(self, data: bytes | None, vouch: bool) -> None:
        entry = dict(self.entry)
        if vouch and data is not None:
            entry["sha256"] = hashlib.sha256(data).hexdigest()
        (self.file.parent / "manifest.json").write_text(json.dumps({"default": entry["name"], "models": [entry]}))
        self.file.unlink(missing_ok=True)
        if data is not None:
            self.file.write_bytes(data)

    def repair(self) -> None:
        self.write(None, vouch=False)
        shutil.copy(self.good, self.file)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    made = Folder(tmp_path)
    if not made.good.is_file():
        pytest.skip("needs the model: run `make setup`")
    return made


def is_refused(bench: Bench, folder: Folder, words: str) -> None:
    """The node, over the real loader, is not configured, and says why."""
    bench.load = load_tracker  # type: ignore[assignment, method-assign]
    bench.start(autostart=False, model_path=str(folder.file), engine="torch", device="cpu")
    before_ns = bench.now_ns
    assert not bench.transition(Transition.TRANSITION_CONFIGURE)
    check_said(bench, shown("input", 2, words), before_ns, bench.now_ns)
    assert bench.node.failure.startswith("expected ")
    assert bench.lifecycle == "unconfigured"
    assert "no model is loaded" in bench.select().message


@pytest.mark.parametrize("damage", DAMAGES)
def test_model_file_that_is_damaged(bench: Bench, folder: Folder, damage: str) -> None:
    change, vouch, words = DAMAGES[damage]
    folder.write(change(folder.good.read_bytes()), vouch)
    is_refused(bench, folder, words)


def test_model_file_in_a_folder_that_is_not_named(
    bench: Bench, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.repair()
    monkeypatch.delenv(VARIABLE)
    is_refused(bench, folder, f"Add its folder to {VARIABLE}")


@pytest.mark.parametrize("vouch", [False, True])
def test_pickle_in_a_model_file_is_never_run(bench: Bench, folder: Folder, vouch: bool) -> None:
    canary = folder.file.parent / "canary"
    folder.write(pickle.dumps(Canary(canary)), vouch)
    is_refused(bench, folder, "expected")
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))  # noqa: S301  the canary does sing
    assert canary.exists()


def test_model_file_that_is_repaired_is_taken_by_the_next_configure(bench: Bench, folder: Folder) -> None:
    folder.write(b"", vouch=False)
    is_refused(bench, folder, "SHA-256")
    folder.repair()
    assert bench.transition(Transition.TRANSITION_CONFIGURE)
    assert bench.transition(Transition.TRANSITION_ACTIVATE)
    bench.connect()
    bench.send()
