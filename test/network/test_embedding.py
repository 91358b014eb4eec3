"""The closed form of the embedding's training against the online problem that it stands for."""

import numpy as np
import torch

from utrack_ros.core.response import correlate, gaussian_labels
from utrack_ros.network.architectures import ARCHITECTURES
from utrack_ros.network.embedding import KERNEL, closed_form_response, patches
from utrack_ros.network.utrack_network import UTrackNetwork


def test_a_patch_is_what_the_online_filter_sees():
    torch.manual_seed(0)
    features, weights = torch.randn(2, 5, 9, 7), torch.randn(5, KERNEL, KERNEL)

    by_patches = (patches(features) @ weights.flatten()).view(2, 9, 7)

    torch.testing.assert_close(by_patches, correlate(features.transpose(0, 1).contiguous(), weights))


def test_response_is_that_of_the_ridge_regression_by_hand():
    torch.manual_seed(1)
    reference, test = torch.randn(1, 3, 6, 6).double(), torch.randn(1, 3, 6, 6).double()
    label = gaussian_labels([[3.5, 2.5]], (6, 6), 0.9).double()
    rows = patches(reference)[0].numpy()
    weights = np.linalg.solve(rows.T @ rows + 0.7 * np.eye(rows.shape[1]), rows.T @ label[0].flatten().numpy())

    found = closed_form_response(reference, label, test, torch.tensor(0.7, dtype=torch.float64))

    np.testing.assert_allclose(found[0].flatten().numpy(), patches(test)[0].numpy() @ weights, rtol=1e-8)


def test_filter_of_a_reference_answers_at_its_own_target():
    torch.manual_seed(2)
    reference = torch.randn(1, 32, 18, 18)
    label = gaussian_labels([[9.5, 5.5]], (18, 18), 0.9)

    response = closed_form_response(reference, label, reference, torch.tensor(0.1))[0]

    torch.testing.assert_close(response, label[0], atol=0.05, rtol=0)


def test_target_that_moved_by_whole_cells_is_answered_there():
    torch.manual_seed(3)
    scene = torch.randn(1, 32, 18, 18)
    label = gaussian_labels([[9.5, 9.5]], (18, 18), 0.9)

    response = closed_form_response(scene, label, scene.roll((3, -4), (2, 3)), torch.tensor(0.1))[0]

    row, column = divmod(int(response.argmax()), 18)
    assert abs(row - 12.5) <= 0.5
    assert abs(column - 5.5) <= 0.5


def test_gradients_reach_the_embedding():
    network = UTrackNetwork(ARCHITECTURES["utrack_lite0"]).embedding
    levels = [torch.randn(2, 40, 12, 12), torch.randn(2, 80, 6, 6)]
    features = network(levels)
    label = gaussian_labels([[3.5, 3.5]], (6, 6), 0.9)

    closed_form_response(features[:1], label, features[1:], torch.tensor(1.0)).square().sum().backward()

    assert features.shape == (2, 96, 6, 6)
    assert all(float(parameter.grad.abs().max()) > 0 for parameter in network.parameters() if parameter.dim() > 1)
