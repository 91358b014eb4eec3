"""The online classifier: closed forms against autograd, learning against what it should learn."""

import dataclasses

import pytest
import torch

from utrack_ros.core.classifier import OnlineClassifier, Update, learning_problem, normalise
from utrack_ros.core.config import ClassifierConfig
from utrack_ros.core.memory import SampleMemory
from utrack_ros.core.response import activate, correlate, gaussian_labels

SMALL = ClassifierConfig(channels=4, memory=40, dropout_samples=0)


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_normalised_samples_have_mean_square_one():
    features = normalise(100 * random(3, 5, 6, 6))
    torch.testing.assert_close(features.square().mean(dim=(1, 2, 3)), torch.ones(3, dtype=torch.float64))


def eq2(projection, weights, inputs, labels, config):
    """Eq. 2 written down again, for autograd."""
    response = correlate(torch.einsum("dc,cnhw->dnhw", projection, inputs), weights)
    data = (activate(response) - labels).square().sum(dim=(1, 2)).mean()
    return data + config.filter_reg * weights.square().sum() + config.projection_reg * projection.square().sum()


def test_downhill_direction_is_minus_half_the_gradient_of_eq2():
    inputs, labels = random(6, 3, 8, 8), random(3, 8, 8, seed=1)
    projection, weights = random(4, 6, seed=2).requires_grad_(), random(4, 4, 4, seed=3).requires_grad_()
    eq2(projection, weights, inputs, labels, SMALL).backward()
    _, downhill = learning_problem(projection.detach(), weights.detach(), inputs, labels, SMALL)
    wanted = -0.5 * torch.cat([weights.grad.flatten(), projection.grad.flatten()])
    torch.testing.assert_close(downhill, wanted)


def test_newton_matrix_is_jacobian_transposed_times_jacobian():
    inputs, labels = random(6, 2, 6, 6), random(2, 6, 6, seed=1)
    projection, weights = 0.1 * random(4, 6, seed=2), 0.1 * random(4, 4, 4, seed=3)
    apply, _ = learning_problem(projection, weights, inputs, labels, SMALL)

    def residual(parameters):
        filters = parameters[: weights.numel()].view_as(weights)
        project = parameters[weights.numel() :].view_as(projection)
        return activate(correlate(torch.einsum("dc,cnhw->dnhw", project, inputs), filters)).flatten() / 2**0.5

    start = torch.cat([weights.flatten(), projection.flatten()])
    jacobian = torch.autograd.functional.jacobian(residual, start)
    reg = torch.cat([torch.full((64,), 0.1), torch.full((24,), 1e-4)]).double()
    change = random(88, seed=4)
    torch.testing.assert_close(apply(change), jacobian.T @ (jacobian @ change) + reg * change)


def test_matrix_is_symmetric():
    inputs, labels = random(6, 2, 6, 6), random(2, 6, 6, seed=1)
    apply, _ = learning_problem(random(4, 6, seed=2), random(4, 4, 4, seed=3), inputs, labels, SMALL)
    one, other = random(88, seed=5), random(88, seed=6)
    torch.testing.assert_close(one @ apply(other), other @ apply(one))


def scene(count, target_cell, seed):
    """Noise with one bright pattern in the cells around `target_cell`."""
    features = 0.3 * random(count, 8, 18, 18, seed=seed, dtype=torch.float32)
    pattern = random(8, 3, 3, seed=99, dtype=torch.float32)
    x, y = target_cell
    features[:, :, y - 1 : y + 2, x - 1 : x + 2] += 2 * pattern
    return features


def learn():
    features = torch.cat([scene(5, (9, 9), 1), scene(5, (6, 12), 2)])
    labels = gaussian_labels([[9.5, 9.5]] * 5 + [[6.5, 12.5]] * 5, (18, 18), 0.9)
    return OnlineClassifier(features, labels, SMALL)


def argmax_cell(response):
    y, x = divmod(int(response.argmax()), 18)
    return x, y


def test_learnt_target_is_found_in_a_new_place():
    classifier = learn()
    response = classifier.respond(classifier.project(scene(1, (13, 5), 7)))[0]
    assert float(response.max()) > 0.5
    x, y = argmax_cell(response)
    assert x in (13, 14)
    assert y in (5, 6)


def test_empty_scene_scores_low():
    classifier = learn()
    noise = 0.3 * random(1, 8, 18, 18, seed=8, dtype=torch.float32)
    assert float(classifier.respond(classifier.project(noise)).max()) < 0.5


def test_learning_repeats_exactly():
    probe = scene(1, (4, 4), 9)
    one, other = learn(), learn()
    assert torch.equal(one.respond(one.project(probe)), other.respond(other.project(probe)))


def test_update_lowers_the_loss_and_can_be_spread_over_frames():
    classifier = learn()
    probe = classifier.project(scene(1, (5, 5), 11))
    label = gaussian_labels([[5.5, 5.5]], (18, 18), 0.9)

    def loss():
        return float((activate(classifier.respond(probe)) - label).square().sum())

    before = loss()
    for _ in range(20):
        classifier.remember(probe[:, 0], label[0], 0.1)
    classifier.start_update()
    losses = []
    for _ in range(6):
        classifier.advance_update()
        losses.append(loss())
    assert losses[0] == before  # linearised, no step made
    assert losses[-1] < before
    classifier.advance_update()  # nothing under way any more
    assert loss() == losses[-1]


def test_spread_update_equals_the_update_done_at_once():
    features, labels = random(4, 10, 18, 18, seed=1), gaussian_labels([[9.5, 9.5]] * 10, (18, 18), 0.9).double()
    store = SampleMemory(40, 0.25, features, labels)
    start = 0.01 * random(4, 4, 4, seed=2)
    at_once = Update(store, start, SMALL).advance(6)
    spread = Update(store, start, SMALL)
    for _ in range(6):
        assert not spread.done
        result = spread.advance(1)
    assert spread.done
    torch.testing.assert_close(result, at_once)


@pytest.mark.parametrize("waiting", [1, 3])
def test_samples_that_come_during_an_update_are_kept_for_the_next(waiting):
    classifier = learn()
    probe = classifier.project(scene(1, (5, 5), 11))[:, 0]
    label = gaussian_labels([[5.5, 5.5]], (18, 18), 0.9)[0]
    classifier.start_update()
    for _ in range(waiting):
        classifier.remember(probe, label, 0.1)
    for _ in range(6):
        assert classifier.sample_count == 10
        classifier.advance_update()
    assert classifier.sample_count == 10 + waiting


def parts_of(monkeypatch, classifier, urgent_at, frames=40):
    """The parts of updates done in each frame; one begins in every tenth frame, an urgent one where it is wanted."""
    done = []
    advance = Update.advance

    def counted(update, parts):
        left = update._left
        weights = advance(update, parts)
        done[-1] += left - update._left
        return weights

    monkeypatch.setattr(Update, "advance", counted)
    for frame in range(frames):
        done.append(0)
        if frame in urgent_at or frame % 10 == 0:
            classifier.start_update(urgent=frame in urgent_at)
        classifier.advance_update()
    return done


def test_usual_update_takes_one_part_a_frame(monkeypatch):
    assert parts_of(monkeypatch, learn(), urgent_at=()) == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0] * 4


def test_distractor_hurries_the_update_and_another_one_follows_that_knows_it(monkeypatch):
    assert parts_of(monkeypatch, learn(), urgent_at=(2,), frames=10) == [1, 1, 2, 2, 2, 2, 2, 0, 0, 0]


def test_distractor_in_every_frame_makes_no_frame_longer_than_the_next(monkeypatch):
    assert set(parts_of(monkeypatch, learn(), urgent_at=range(40))) == {2}


def test_update_is_done_by_the_time_of_the_next_whatever_the_settings():
    assert dataclasses.replace(SMALL, update_interval=4, update_cg_steps=9).update_pace == 3
    assert dataclasses.replace(SMALL, update_interval=1).update_pace == 6
    assert SMALL.update_pace == 1
