"""The paper's backbone: shapes, alignment, folding, and the numbers of the published networks."""

import copy

import published_resnet18 as published
import pytest
import torch
from torch import nn
from torch.nn import functional

from utrack_ros.core.errors import ModelError
from utrack_ros.engine.torch_engine import TorchEngine, fold_norms
from utrack_ros.network.architectures import ARCHITECTURES, Architecture
from utrack_ros.network.convert_resnet18 import rename_resnet18
from utrack_ros.network.overlap import OverlapPredictor
from utrack_ros.network.seresnet18 import LEVELS, SEResNet18
from utrack_ros.network.utrack_network import UTrackNetwork, build_backbone

KINDS = [pytest.param(True, id="with recalibration"), pytest.param(False, id="plain")]


def filled(levels, recalibration):
    network = SEResNet18(levels, recalibration)
    name = "seresnet18" if recalibration else "resnet18"
    network.load_state_dict(rename_resnet18(published.state_dict(recalibration), name), strict=False)
    return network.eval()


@pytest.mark.parametrize("recalibration", KINDS)
@pytest.mark.parametrize(("side", "odd"), [(288, 0), (70, 3)])
def test_level_has_the_stride_and_channels_it_promises(recalibration, side, odd):
    network = SEResNet18(tuple(LEVELS), recalibration).eval()
    with torch.inference_mode():
        levels = network(torch.zeros(1, 3, side, side + odd))
    assert network.strides == (4, 8, 16, 32)
    assert network.channels == (64, 128, 256, 512)
    for features, channels, stride in zip(levels, network.channels, network.strides, strict=True):
        assert features.shape == (1, channels, -(-side // stride), -(-(side + odd) // stride))


@pytest.mark.parametrize("recalibration", KINDS)
def test_blocks_behind_the_deepest_level_do_not_exist(recalibration):
    assert len(SEResNet18(("layer2", "layer1"), recalibration).stages) == 2


def test_levels_come_in_the_order_asked_for():
    both, deep = filled(("layer4", "layer3"), True), filled(("layer4",), True)
    image = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        late, middle = both(image)
        torch.testing.assert_close(late, deep(image)[0])
    assert (late.shape[1], middle.shape[1]) == (512, 256)


@pytest.mark.parametrize("recalibration", KINDS)
def test_cell_i_is_centred_on_pixel_stride_times_i(recalibration):
    # Linear and with equal weights, a cell's gradient is its field of view, symmetric about its centre.
    network = SEResNet18(("layer3",), recalibration).double().eval()
    for name, parameter in network.named_parameters():
        parameter.data.fill_(0.0 if name.endswith("bias") else 1e-3)
    pool = nn.AvgPool2d(3, 2, padding=0 if recalibration else 1)
    network.pool = pool
    image = torch.ones(1, 3, 320, 320, dtype=torch.float64, requires_grad=True)
    for block in network.stages.modules():
        if hasattr(block, "recalibrate"):
            block.recalibrate = nn.Identity()
    network(image)[0][0, :, 10, 9].sum().backward()
    mass = image.grad[0].sum(0)
    pixels = torch.arange(320, dtype=torch.float64)
    assert float((mass.sum(1) * pixels).sum() / mass.sum()) == pytest.approx(10 * 16, abs=1e-6)
    assert float((mass.sum(0) * pixels).sum() / mass.sum()) == pytest.approx(9 * 16, abs=1e-6)


@pytest.mark.parametrize("side", [64, 75])
def test_plain_network_computes_what_torchvisions_does(side):
    image = torch.randn(2, 3, side, side)
    wanted = published.forward(published.state_dict(squeeze=False), image)
    with torch.inference_mode():
        found = filled(tuple(LEVELS), False)(image)
    for name, level in zip(LEVELS, found, strict=True):
        torch.testing.assert_close(level, wanted[name], rtol=1e-4, atol=1e-4 * float(wanted[name].abs().max()))


@pytest.mark.parametrize("side", [64, 75])
def test_recalibrated_network_computes_what_timms_does_on_the_picture_moved_by_two_pixels(side):
    image = torch.randn(2, 3, side, side)
    moved = functional.pad(image, (2, 0, 2, 0))
    wanted = published.forward(published.state_dict(squeeze=True), moved)
    with torch.inference_mode():
        found = filled(tuple(LEVELS), True)(image)
    for name, level in zip(LEVELS, found, strict=True):
        torch.testing.assert_close(level, wanted[name], rtol=1e-4, atol=1e-4 * float(wanted[name].abs().max()))


@pytest.mark.parametrize("recalibration", KINDS)
def test_folding_the_norms_changes_nothing_and_leaves_none(recalibration):
    network = filled(("layer3", "layer4"), recalibration)
    folded = fold_norms(copy.deepcopy(network))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    image = torch.randn(1, 3, 96, 96)
    with torch.inference_mode():
        for level, wanted in zip(folded(image), network(image), strict=True):
            torch.testing.assert_close(level, wanted, rtol=1e-3, atol=1e-4 * float(wanted.abs().max()))


@pytest.mark.parametrize("name", ["utrack_seresnet18", "utrack_resnet18", "utrack_seresnet18_no_mfc"])
def test_whole_network_runs_in_the_engine(name):
    torch.manual_seed(0)
    architecture = ARCHITECTURES[name]
    engine = TorchEngine(UTrackNetwork(architecture).eval(), torch.device("cpu"))
    crop = torch.randint(0, 256, (1, 96, 96, 3), dtype=torch.uint8).numpy()
    features = engine(crop)
    assert engine.stride == 16
    assert features.classifier.shape == (1, 256, 6, 6)
    assert [level.shape[1] for level in features.levels] == [LEVELS[level][2] for level in architecture.levels]
    assert isinstance(engine.overlap, OverlapPredictor)
    box = torch.tensor([30.0, 30.0, 40.0, 30.0])
    with torch.inference_mode():
        weight = engine.overlap.reference(features.levels, box)
        overlap, gradient = engine.overlap.predict(engine.overlap.candidates_map(features.levels), weight, box[None])
    assert overlap.shape == (1,)
    assert gradient.shape == (1, 4)
    assert torch.isfinite(gradient).all()


def test_only_the_backbone_recalibrates():
    network = UTrackNetwork(ARCHITECTURES["utrack_seresnet18"])
    assert all(isinstance(module, nn.Identity) for module in network.neck.recalibrate)
    assert sum(name.endswith("expand.weight") for name in network.state_dict()) == 8
    plain = UTrackNetwork(ARCHITECTURES["utrack_resnet18"])
    assert not any("recalibrate" in name for name in plain.state_dict())


def test_unknown_backbone_is_named():
    with pytest.raises(ModelError, match="a backbone of efficientnet_lite0, seresnet18, resnet18, but got 'vgg'"):
        build_backbone(Architecture("vgg", "s16"))
