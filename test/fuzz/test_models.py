"""Model files and manifests, damaged or made up: the weights as they are, or a ModelError; nothing in them is run."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from fuzzing import ANY_JSON, WORDS, bounded, damaged, either, examples
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn

from utrack_ros.core.errors import ModelError
from utrack_ros.engine.model_folders import confined
from utrack_ros.network import build, checkpoint
from utrack_ros.network.convert_resnet18 import read_published
from utrack_ros.network.published import read_pickled

WEIGHTS = {"weight": torch.arange(6.0).view(2, 3), "bias": torch.tensor([1.0, 2.0])}
TOY = save(WEIGHTS)
ENTRY = {
    "name": "toy", "file": "toy.safetensors", "sha256": hashlib.sha256(TOY).hexdigest(),
    "architecture": "linear", "licence": "MIT",
}  # fmt: skip
MANIFEST = json.dumps({"default": "toy", "models": [ENTRY]}).encode()
KINDS = ["F64", "F32", "F16", "BF16", "I8", "U8", "I32", "U16", "U64", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"]
KINDS += ["F4", "F6_E2M3", "F6_E3M2", "C64", "X"]
BITS = {"F64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "F16": 16, "BF16": 16, "U16": 16, "F4": 4, "F6_E2M3": 6}
BITS["F6_E3M2"] = 6
SHIPPED = Path(__file__).parents[2] / "models" / "utrack_lite0.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def pickled(content: Any, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def safetensors_file(header: bytes, body: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + body


def load(path: Path, raw: bytes) -> nn.Linear:
    """Fill a small network from a file whose hash is right: only then are its contents looked at."""
    path.write_bytes(raw)
    module = nn.Linear(3, 2)
    checkpoint.load_weights(path, hashlib.sha256(raw).hexdigest(), module)
    return module


def check_load(path: Path, raw: bytes) -> None:
    with bounded(seconds=1.0, mib=48):
        module = either(ModelError, load, path, raw)
    if isinstance(module, ModelError):
        assert raw != TOY, module
        return
    assert all(bool(torch.isfinite(value).all()) for value in module.state_dict().values())
    if raw == TOY:
        assert torch.equal(module.weight, WEIGHTS["weight"])


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """A file whose tensors have drawn types, shapes and places, half of them repaired so that they fit each other."""
    header: dict[str, Any] = {}
    at = 0
    for name, shape in (("bias", [2]), ("weight", [2, 3])):
        kind = draw(st.sampled_from(KINDS))
        shape = draw(st.just(shape) | st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3), max_size=4))
        items = 1
        for side in shape:
            items *= side
        size = items * BITS.get(kind, 8) // 8
        if draw(st.booleans()) or size > 1000:
            size = draw(st.integers(0, 64))
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    if draw(st.booleans()):
        header[draw(st.sampled_from(["weight", "bias", "more", "__metadata__"]))] = draw(ANY_JSON)
    body = draw(st.binary(min_size=at, max_size=at)) if at < 200 else bytes(at)
    return safetensors_file(json.dumps(header).encode(), body)


@examples(80)
@given(damaged(TOY, words=WORDS, head=160))
def test_any_damaged_file_is_its_weights_or_a_model_error(folder: Path, raw: bytes) -> None:
    check_load(folder / "toy.safetensors", raw)


def of_kind(kind: str, shape: list[int], size: int) -> bytes:
    """A file of one tensor `bias`."""
    header = {"bias": {"dtype": kind, "shape": shape, "data_offsets": [0, size]}}
    return safetensors_file(json.dumps(header).encode(), bytes(size))


@examples(150)
@given(headers())
@example(of_kind("F8_E8M0", [2], 2))
@example(of_kind("F4", [4], 2))
@example(of_kind("F32", [0, 2**63], 0))
@example(safetensors_file(b"", b""))
@example((2**63).to_bytes(8, "little") + b"{}")
def test_any_header_is_its_weights_or_a_model_error(folder: Path, raw: bytes) -> None:
    check_load(folder / "header.safetensors", raw)


@examples(25)
@given(st.data())
def test_shipped_file_with_any_damage_is_refused_by_its_hash(folder: Path, data: st.DataObject) -> None:
    good = SHIPPED.read_bytes()
    raw = data.draw(damaged(good, most=2))
    (folder / SHIPPED.name).write_bytes(raw)
    entry = checkpoint.read_manifest(SHIPPED.parent)["default"]
    with torch.device("meta"):
        module = nn.Linear(1, 1)
    with bounded(seconds=2.0, mib=96):
        found = either(ModelError, checkpoint.load_weights, folder / SHIPPED.name, entry.sha256, module)
    assert isinstance(found, ModelError)
    assert ("SHA-256" in str(found)) is (raw != good)  # the good one does not fit this module


@examples(12)
@given(st.data())
def test_shipped_file_with_any_damage_and_a_right_hash_is_finite_or_a_model_error(
    folder: Path, data: st.DataObject
) -> None:
    raw = data.draw(damaged(SHIPPED.read_bytes(), most=2, head=40000))
    path = folder / SHIPPED.name
    path.write_bytes(raw)
    entry = {**ENTRY, "file": path.name, "sha256": hashlib.sha256(raw).hexdigest(), "architecture": "utrack_lite0"}
    (folder / "manifest.json").write_text(json.dumps({"default": "toy", "models": [entry]}))
    with bounded(seconds=10.0, mib=256):
        network = either(ModelError, build.build_network, path)
    if not isinstance(network, ModelError):
        assert all(bool(torch.isfinite(value).all()) for value in network.state_dict().values())


def check_manifest(folder: Path, raw: bytes) -> None:
    (folder / "manifest.json").write_bytes(raw)
    (folder / "toy.safetensors").write_bytes(TOY)
    with bounded(seconds=1.0):
        models = either(ModelError, checkpoint.read_manifest, folder)
    if isinstance(models, ModelError):
        assert raw != MANIFEST
        return
    for entry in models.values():
        path = folder / entry.file
        assert path.parent == folder
        assert max(map(len, (entry.name, entry.architecture, entry.licence))) <= checkpoint.LONGEST_NAME
        with bounded(seconds=1.0):
            either(ModelError, checkpoint.load_weights, path, entry.sha256, nn.Linear(3, 2))
    if raw == MANIFEST:
        assert models == {"toy": checkpoint.ModelEntry(**ENTRY), "default": checkpoint.ModelEntry(**ENTRY)}


@examples(100)
@given(damaged(MANIFEST, words=WORDS, most=2, head=300))
@example(MANIFEST.replace(b"toy.safe", b"\\u0000"))
@example(MANIFEST.replace(b"toy.safe", b"\\ud800"))
@example(MANIFEST.replace(b'"sha256": "', b'"sha256": "' + b"9" * 5000))
@example(MANIFEST.replace(b'"linear"', b'"' + b"linear" * 1000 + b'"'))
@example(b"[" * 100000)
def test_any_damaged_manifest_is_its_models_or_a_model_error(folder: Path, raw: bytes) -> None:
    check_manifest(folder, raw)


@examples(120)
@given(ANY_JSON, st.sampled_from(["default", "models", "entry", *ENTRY]))
def test_any_manifest_is_its_models_or_a_model_error(folder: Path, content: Any, place: str) -> None:
    manifest: dict[str, Any] = {"default": "toy", "models": [dict(ENTRY)]}
    if place in manifest:
        manifest[place] = content
    elif place == "entry":
        manifest["models"] = [content]
    else:
        manifest["models"][0][place] = content
    check_manifest(folder, json.dumps(manifest).encode())


@examples(150)
@given(st.text(max_size=300) | st.sampled_from(["x" * 5000, "a\0b", "\ud800", "/", "..", "toy.safetensors", "default"]))
def test_any_model_path_is_found_or_a_model_error(folder: Path, text: str) -> None:
    def find(path: Path) -> Any:
        return checkpoint.find_model(confined(path))

    with bounded(seconds=1.0):
        found = either(ModelError, find, Path(text))
    assert isinstance(found, (tuple, ModelError))


@examples(100)
@given(st.sampled_from([pickled(WEIGHTS, True), pickled(WEIGHTS, False)]), st.data())
def test_any_damaged_pickle_is_tensors_or_a_model_error(folder: Path, good: bytes, data: st.DataObject) -> None:
    raw = data.draw(damaged(good, head=900))
    path = folder / "weights.pth"
    path.write_bytes(raw)
    with bounded(seconds=1.0, mib=96):
        found = either(ModelError, read_pickled, path)
    if isinstance(found, ModelError):
        assert raw != good
        return
    assert all(isinstance(value, torch.Tensor) for value in found.values())
    if raw == good:
        assert torch.equal(found["weight"], WEIGHTS["weight"])


def test_pickle_that_claims_gigabytes_takes_none(folder: Path) -> None:
    path = folder / "claims.pth"
    path.write_bytes(b"\x80\x02X\xff\xff\xff\xff")  # a text of 4 GiB
    with bounded(seconds=1.0, mib=96), pytest.raises(ModelError, match="a file of weights alone"):
        read_pickled(path)


@examples(100)
@given(headers() | damaged(TOY, head=160))
def test_any_published_file_is_tensors_or_a_model_error(folder: Path, raw: bytes) -> None:
    path = folder / "published.safetensors"
    path.write_bytes(raw)
    with bounded(seconds=1.0, mib=48):
        found = either(ModelError, read_published, path)
    assert isinstance(found, ModelError) or all(isinstance(value, torch.Tensor) for value in found.values())


def test_model_file_of_absurd_size_is_refused_before_memory_is_taken(folder: Path) -> None:
    path = folder / "vast.safetensors"
    with path.open("wb") as file:
        file.truncate(8 << 30)  # no disk is taken
    with bounded(seconds=1.0, mib=16), pytest.raises(ModelError, match="at most"):
        checkpoint.load_weights(path, ENTRY["sha256"], nn.Linear(3, 2))
    path.unlink()
