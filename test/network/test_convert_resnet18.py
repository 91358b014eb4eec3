"""Published files of ResNet-18: what fits is renamed, everything else is refused by name."""

import json
import subprocess
import sys
from pathlib import Path

import published_resnet18 as published
import pytest
import torch
from safetensors.torch import load_file, save_file

from utrack_ros.core.errors import ModelError
from utrack_ros.network.build import build_network
from utrack_ros.network.checkpoint import find_backbone, load_weights
from utrack_ros.network.convert_resnet18 import convert_resnet18, read_published, rename_resnet18
from utrack_ros.network.seresnet18 import SEResNet18

NAMES = {"seresnet18": True, "resnet18": False}


@pytest.mark.parametrize("backbone", NAMES)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_converted_file_fills_the_backbone(tmp_path, backbone, suffix):
    weights = published.state_dict(NAMES[backbone])
    source = tmp_path / f"published{suffix}"
    torch.save(weights, source) if suffix == ".pth" else save_file(weights, source)

    written = convert_resnet18(source, backbone, tmp_path / "models")

    path, entry = find_backbone(str(written))
    network = SEResNet18(("layer3", "layer4"), NAMES[backbone]).eval()
    load_weights(path, entry.sha256, network)
    image = torch.randn(1, 3, 64, 64)
    moved = torch.nn.functional.pad(image, (2, 0, 2, 0)) if NAMES[backbone] else image
    with torch.inference_mode():
        found = network(image)[1]
    wanted = published.forward(weights, moved)["layer4"]
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    assert not any(name.startswith(("last_linear", "fc", "head")) for name in load_file(written))


def test_manifest_gets_an_entry_and_keeps_the_others(tmp_path):
    for backbone, squeeze in NAMES.items():
        torch.save(published.state_dict(squeeze), tmp_path / "published.pth")
        for _ in range(2):
            written = convert_resnet18(tmp_path / "published.pth", backbone, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [model["name"] for model in manifest["models"]] == ["seresnet18", "resnet18"]
    assert manifest["default"] == "seresnet18"
    assert [model["licence"] for model in manifest["models"]] == ["Apache-2.0", "BSD-3-Clause"]
    assert build_network(written).backbone.channels == (256,)


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        ("seresnet18", "layer1.0.conv3.weight"),
        ("seresnet18", "conv1.weight"),
        ("seresnet18", "fc.weight"),
        ("resnet18", "layer1.0.se_module.fc1.weight"),
        ("resnet18", "layer5.0.conv1.weight"),
        ("resnet18", "layer0.conv1.weight"),
    ],
)
def test_unknown_name_is_told(backbone, name):
    weights = published.state_dict(NAMES[backbone]) | {name: torch.zeros(64, 3, 7, 7)}
    with pytest.raises(ModelError, match=f"an unknown name '{name}'"):
        rename_resnet18(weights, backbone)


def test_missing_weight_is_told():
    weights = published.state_dict(squeeze=True)
    del weights["layer3.1.se_module.fc2.bias"]
    with pytest.raises(ModelError, match=r"no weight for stages\.2\.1\.recalibrate\.expand\.bias"):
        rename_resnet18(weights, "seresnet18")


def test_weights_of_another_network_are_told_by_their_shape():
    weights = published.state_dict(squeeze=False)
    weights["layer4.1.conv2.weight"] = torch.zeros(512, 512, 1, 1)
    with pytest.raises(ModelError, match=r"\(512, 512, 3, 3\).*torchvision's resnet18, but got \(512, 512, 1, 1\)"):
        rename_resnet18(weights, "resnet18")


class Surprise:
    """Not a tensor."""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"net": Surprise()}, "a file of weights alone"),
        ({"epoch": 3}, "a state dict, names and tensors"),
        ([torch.zeros(1)], "a state dict, names and tensors"),
    ],
)
def test_file_with_more_than_tensors_is_refused(tmp_path, content, reason):
    torch.save(content, tmp_path / "odd.pth")
    with pytest.raises(ModelError, match=reason):
        read_published(tmp_path / "odd.pth")


@pytest.mark.parametrize("name", ["odd.pth", "odd.safetensors"])
@pytest.mark.parametrize("data", [b"", b"no weights at all"])
def test_damaged_file_is_refused(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelError, match=r"a file of weights alone at .*odd"):
        read_published(tmp_path / name)


def test_missing_file_is_named(tmp_path):
    for name in ("gone.pth", "gone.safetensors"):
        with pytest.raises(ModelError, match=rf"{name}, but got No such file"):
            read_published(tmp_path / name)


def test_command_says_what_is_wrong_in_one_line(tmp_path):
    torch.save(published.state_dict(squeeze=False), tmp_path / "resnet18.pth")
    command = [sys.executable, "-m", "utrack_ros.cli", "convert", "seresnet18", str(tmp_path / "resnet18.pth")]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("utrack: expected weights of timm's legacy_seresnet18, but got an unknown name")
    assert not (tmp_path / "seresnet18.safetensors").exists()
