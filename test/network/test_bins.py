"""The two ways from boxes to bins and back give the same numbers, wherever the boxes are."""

import pytest
import torch

from utrack_ros.network.bins import MapBins, WindowBins, as_rows

BOXES = {
    "inside": [[5.2, 3.1, 9.7, 11.3], [1.5, 2.5, 8.0, 7.0], [10.0, 4.0, 10.5, 9.0]],
    "over the border": [[-3.0, 2.0, 4.0, 6.0], [12.0, 8.0, 20.0, 19.0]],
    "outside": [[-9.0, -7.0, -4.0, -3.0], [30.0, 30.0, 40.0, 40.0]],
    "all of it": [[-0.5, -0.5, 16.5, 13.5]],
    "without area": [[4.0, 4.0, 4.0, 9.0], [6.0, 6.0, 3.0, 9.0]],
}


@pytest.fixture(params=[(14, 17), (17, 14), (15, 15)], ids=str)
def features(request):
    torch.manual_seed(0)
    return torch.randn(6, *request.param, dtype=torch.float64)


@pytest.mark.parametrize("boxes", BOXES.values(), ids=BOXES)
def test_the_whole_map_gives_what_its_touched_part_gives(features, boxes):
    edges = torch.tensor(boxes, dtype=torch.float64)
    ours, theirs = MapBins(as_rows(features), edges, 5), WindowBins(features, edges, 5)
    back = torch.randn(len(boxes), 5 * 5 * 6, dtype=torch.float64)

    torch.testing.assert_close(ours.pooled(), theirs.pooled(), rtol=1e-9, atol=1e-12)
    for one, other in zip(ours.to_edges(back), theirs.to_edges(back), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)  # without area, large numbers cancel out


def test_bins_of_chosen_channels_are_those_of_a_map_of_them(features):
    edges = torch.tensor(BOXES["inside"], dtype=torch.float64)
    channels = torch.tensor([4, 1])

    chosen = WindowBins(features, edges, 3, channels).pooled()

    assert chosen.shape == (3, 3 * 3 * 2)
    torch.testing.assert_close(chosen, MapBins(as_rows(features[channels]), edges, 3).pooled(), rtol=1e-9, atol=1e-12)
