"""The torch engine: folding changes nothing, devices are checked, the whole tracker loads."""

import numpy as np
import pytest
import torch
from engine_scenes import needs_model, randomised, seen

from utrack_ros.core.boxes import iou
from utrack_ros.core.errors import ConfigError
from utrack_ros.engine import load_tracker
from utrack_ros.engine.torch_engine import TorchEngine, choose_device
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.embedding import stack_alike


def test_folded_network_gives_the_same_features():
    crops = np.random.default_rng(0).integers(0, 255, (2, 96, 96, 3), np.uint8)
    pixels = (torch.from_numpy(crops).permute(0, 3, 1, 2).float() - 127) / 128
    network = randomised()
    with torch.inference_mode():
        _, *levels = network.backbone(pixels)
        wanted = (stack_alike([levels[-1], network.embedding(levels)]), *levels)
    features = TorchEngine(randomised(), torch.device("cpu"))(crops)
    found = (features.classifier, *features.levels)
    assert [tuple(level.shape) for level in found] == [(2, 176, 6, 6), (2, 40, 12, 12), (2, 80, 6, 6)]
    for level, unfolded in zip(found, wanted, strict=True):
        torch.testing.assert_close(level, unfolded, rtol=1e-3, atol=1e-4 * float(unfolded.abs().max()))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_runs(architecture):
    crops = np.random.default_rng(0).integers(0, 255, (1, 96, 96, 3), np.uint8)
    engine = TorchEngine(randomised(architecture), torch.device("cpu"))
    features = engine(crops)
    assert features.classifier.shape[2:] == (96 // engine.stride, 96 // engine.stride)
    assert torch.isfinite(features.classifier).all()
    assert (engine.overlap is None) == (ARCHITECTURES[architecture].levels == ())
    if engine.overlap is not None:
        boxes = torch.tensor([[30.0, 30, 36, 30], [20, 40, 50, 20]])
        reference = engine.overlap.reference(features.levels, boxes[0])
        overlap, slope = engine.overlap.predict(engine.overlap.candidates_map(features.levels), reference, boxes)
        assert overlap.shape == (2,)
        assert torch.isfinite(overlap).all()
        assert slope.shape == (2, 4)
        assert torch.isfinite(slope).all()


def test_a_backbone_alone_has_no_overlap_model():
    assert TorchEngine(randomised("efficientnet_lite0"), torch.device("cpu")).overlap is None


def test_auto_takes_what_is_there():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "", "meta", "cuda:x"])
def test_device_that_is_not_there_is_refused(name):
    with pytest.raises(ConfigError, match="cuda"):
        choose_device(name)


@needs_model
def test_shipped_model_follows_a_drawn_target():
    tracker = load_tracker(device="cpu")
    tracker.init(seen(300, 300), (300, 300, 60, 40))
    for step in range(1, 12):
        x, y = 300 + 6 * step, 300 - 4 * step
        result = tracker.update(seen(x, y))
        assert iou(result.box_xywh, (x, y, 60, 40)) > 0.6
        assert result.score > 0.4


@needs_model
@pytest.mark.parametrize("growth", [1.02, 1 / 1.02])
def test_box_follows_a_target_that_comes_nearer_or_goes_away(growth):
    tracker = load_tracker(device="cpu")
    tracker.init(seen(300, 300), (300, 300, 60, 40))
    for step in range(1, 31):
        result = tracker.update(seen(300, 300, growth**step))
    assert result.box_xywh[2:] == pytest.approx((60 * growth**30, 40 * growth**30), rel=0.25)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_features_of_the_cpu():
    crops = np.random.default_rng(0).integers(0, 255, (1, 288, 288, 3), np.uint8)
    on_cpu = TorchEngine(randomised(), torch.device("cpu"))(crops).classifier
    on_gpu = TorchEngine(randomised(), torch.device("cuda:0"))(crops).classifier.cpu()
    torch.testing.assert_close(on_gpu, on_cpu, rtol=1e-2, atol=1e-2 * float(on_cpu.abs().max()))
