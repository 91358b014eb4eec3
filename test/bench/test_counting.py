"""FLOPs and bytes against those worked out by hand."""

import torch
from torch import nn

from utrack_ros.bench.counting import Recorder


def recorded(work):
    with torch.inference_mode(), Recorder() as recorder:
        work()
    return recorder.operations


def test_a_dense_convolution():
    conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
    (one,) = recorded(lambda: conv(torch.zeros(1, 3, 16, 16)))

    assert one.flops == 2 * 8 * 8 * 8 * 3 * 9
    assert one.bytes == 4 * (3 * 16 * 16 + 8 * 3 * 9 + 8 + 8 * 8 * 8)
    assert one.convolution
    assert not one.depthwise


def test_a_depthwise_convolution_has_a_kernel_a_channel():
    conv = nn.Conv2d(6, 6, 5, padding=2, groups=6, bias=False)
    (one,) = recorded(lambda: conv(torch.zeros(1, 6, 10, 10)))

    assert one.flops == 2 * 6 * 10 * 10 * 25
    assert one.depthwise


def test_a_linear_layer_and_a_batched_product():
    linear = nn.Linear(20, 5)
    first, second = recorded(
        lambda: (linear(torch.zeros(4, 20)), torch.bmm(torch.zeros(2, 3, 4), torch.zeros(2, 4, 6)))
    )

    assert first.flops == 2 * 4 * 20 * 5
    assert second.flops == 2 * 2 * 3 * 4 * 6
    assert not first.convolution


def test_activations_and_views_do_not_count():
    assert recorded(lambda: torch.relu(torch.zeros(3, 4)).view(12)) == []


def test_an_operation_can_be_run_again():
    x, conv = torch.randn(1, 2, 5, 5), nn.Conv2d(2, 2, 3)
    (one,) = recorded(lambda: conv(x))

    torch.testing.assert_close(one.run(), conv(x).detach())
