"""What the tracker learns from a frame, when, and at which place; on drawn frames."""

import dataclasses

import numpy as np
from followed_patch import frame, started


def test_a_frame_is_learnt_from_once_after_its_answer_or_before_the_next():
    tracker = started()
    classifier = tracker._target.classifier
    known = classifier.sample_count
    tracker.update(frame(202, 150))
    assert classifier.sample_count == known
    tracker.rest()
    tracker.rest()
    assert classifier.sample_count == known + 1
    tracker.update(frame(204, 150))
    tracker.update(frame(206, 150))
    assert classifier.sample_count == known + 2


def test_rest_changes_no_answer():
    def run(rests):
        tracker = started()
        answers = []
        for step in range(1, 15):
            answers.append(tracker.update(frame(200 + 5 * step, 150)))
            if rests:
                tracker.rest()
        return answers

    assert run(rests=True) == run(rests=False)


def test_a_new_target_is_not_taught_what_the_old_one_showed():
    tracker = started()
    tracker.update(frame(202, 150))
    tracker.init(frame(200, 150), (200, 150, 40, 40))
    known = tracker._target.classifier.sample_count
    tracker.rest()
    assert tracker._target.classifier.sample_count == known


def test_frame_in_doubt_is_not_learnt_from():
    tracker = started()
    tracker.update(frame(202, 150))
    tracker.rest()
    classifier = tracker._target.classifier
    learnt = classifier.sample_count
    assert learnt == 25  # 17 views, 7 with dropout, the frame just seen
    tracker.config = dataclasses.replace(
        tracker.config, classifier=dataclasses.replace(tracker.config.classifier, learn_threshold=0.99)
    )
    result = tracker.update(frame(204, 150))
    tracker.rest()
    assert 0.25 < result.score < 0.99
    assert classifier.sample_count == learnt


def gaussian_centre(label):
    """Return where a sampled Gaussian has its centre, (column, row) in cells: its logarithm is a parabola."""
    row, column = divmod(int(label.argmax()), label.shape[1])
    log = np.log(label.numpy().astype(np.float64))

    def vertex(before, at, after):
        return (after - before) / (2 * (2 * at - before - after))

    across, down = log[row, column - 1 : column + 2], log[row - 1 : row + 2, column]
    return column + vertex(*across), row + vertex(*down)


def test_classifier_learns_at_the_centre_of_the_box_not_at_the_peak():
    tracker = started()
    learnt = []
    classifier = tracker._target.classifier
    classifier.remember = lambda projected, label, rate: learnt.append(label)
    placed = tracker._placed

    def place_elsewhere(*given):
        (x, y, w, h), overlap = placed(*given)
        return (x + 6, y - 4, w, h), overlap

    tracker._placed = place_elsewhere
    box = tracker.update(frame(207, 153)).box_xywh
    peak = tracker._unlearnt.peak_in_frame()
    tracker.rest()
    cells = tracker.config.crop_px // 16
    side = tracker.config.search_scale * 40 / cells  # frame pixels a cell

    def cell(x, y):
        # The crop was centred on the box before, (220, 170); an even filter answers half a cell late, and cells count
        # from the centre of their first pixel.
        return np.array([(at - before) / side + cells / 2 + 0.5 - 0.5 / 16 for at, before in ((x, 220), (y, 170))])

    found = gaussian_centre(learnt[0])
    np.testing.assert_allclose(found, cell(box[0] + 20, box[1] + 20), atol=1e-3)
    assert np.abs(found - cell(*peak)).min() > 0.2
