"""What the SIoU network is told of the first frame: boxes around the target in every view, and their overlaps."""

import numpy as np
import pytest
import torch
from followed_patch import STAYING, TARGET, Colours, Overlap, frame

from utrack_ros.core.boxes import iou
from utrack_ros.core.config import FittingConfig, TrackerConfig
from utrack_ros.core.errors import ConfigError
from utrack_ros.core.lessons import lessons
from utrack_ros.core.network import Features
from utrack_ros.core.settings import with_settings
from utrack_ros.core.utrack import UTrack

CONFIG = FittingConfig(boxes=40)
LEVELS = (torch.zeros(1, 2, 4, 4),)


def test_overlaps_are_those_with_the_target_and_its_own_box_is_among_them():
    truth = (100.0, 80.0, 50.0, 30.0)

    (lesson,) = lessons([(LEVELS, truth)], CONFIG)

    assert lesson.levels is LEVELS
    assert lesson.boxes_xywh.shape == (40, 4)
    np.testing.assert_allclose(lesson.boxes_xywh[0], truth)
    np.testing.assert_allclose(lesson.overlap, iou(lesson.boxes_xywh, np.array(truth)), atol=1e-5)
    assert lesson.overlap[0] == 1.0
    assert float(lesson.overlap.min()) < 0.5


def test_views_have_boxes_of_their_own_and_the_next_run_the_same():
    views = [(LEVELS, (100.0, 80.0, 50.0, 30.0))] * 2

    first, again = list(lessons(views, CONFIG)), list(lessons(views, CONFIG))

    assert not torch.equal(first[0].boxes_xywh, first[1].boxes_xywh)
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one.boxes_xywh, other.boxes_xywh)


class Fitted(Overlap):
    """One that keeps what it is fitted to."""

    def __init__(self):
        self.given = None

    def fitted(self, levels, box_xywh, lessons, config):
        self.given = levels, box_xywh, list(lessons), config
        return box_xywh


class Seen(Colours):
    """Whose levels are the crops themselves."""

    def __call__(self, crops):
        return Features(super().__call__(crops).classifier, (torch.from_numpy(crops),))


def begun(monkeypatch, **settings):
    overlap = Fitted()
    monkeypatch.setattr(Seen, "overlap", overlap)
    named = {f"refinement.fitting.{name}": str(value) for name, value in settings.items()}
    tracker = UTrack(Seen(), with_settings(STAYING, named))
    tracker.init(frame(200, 150), (200, 150, 40, 40))
    return tracker, overlap


def test_network_is_fitted_to_the_target_as_it_is_and_nearer_and_farther(monkeypatch):
    tracker, overlap = begun(monkeypatch)

    levels, box, found, config = overlap.given
    assert config == tracker.config.refinement.fitting
    sides = [float(lesson.boxes_xywh[0][2]) for lesson in found]
    assert sides == pytest.approx([float(box[2]) * factor for factor in (1, 1.25, 0.8)], rel=0.01)
    assert torch.equal(found[0].levels[0], levels[0])
    for lesson in found:  # what the target's box holds is the drawn patch, in every view
        x, y, w, h = (int(side) for side in lesson.boxes_xywh[0].round())
        inside = lesson.levels[0][0, y : y + h, x : x + w].float()
        assert inside.mean(dim=(0, 1)).tolist() == pytest.approx(TARGET.mean(axis=(0, 1)).tolist(), abs=4)


def test_zoom_of_one_is_the_first_frame_alone(monkeypatch):
    assert len(begun(monkeypatch, zoom=1.0)[1].given[2]) == 1


def test_switched_off_the_reference_is_the_networks_own(monkeypatch):
    tracker, overlap = begun(monkeypatch, enabled=False)

    assert overlap.given is None
    assert tracker.update(frame(200, 150)).score > 0.5


@pytest.mark.parametrize(("misfit", "share"), [(0.0, 0.0), (0.13, 0.0), (0.15, 0.5), (0.17, 1.0), (0.6, 1.0)])
def test_share_of_the_fit_grows_with_the_misfit(misfit, share):
    assert FittingConfig(misfit=0.13, misfit_full=0.17).share(misfit) == pytest.approx(share)


def test_nothing_is_fitted_to_a_misfit_that_is_no_number():
    assert FittingConfig().share(float("nan")) == 0.0


def test_equal_limits_are_a_switch():
    at = FittingConfig(misfit=0.15, misfit_full=0.15)
    assert (at.share(0.15), at.share(0.1501)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("boxes", 0), ("boxes", 5000), ("zoom", 0.9), ("zoom", 2.1), ("reg", 0.0), ("misfit", -0.1), ("misfit_full", 0.1),
     ("seed", -1)],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(name, value):
    with pytest.raises(ConfigError, match=f"FittingConfig.{name}"):
        FittingConfig(**{name: value})


def test_default_is_fitted():
    assert TrackerConfig().refinement.fitting.enabled
