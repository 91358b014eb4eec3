"""Which clips there are, and that nothing held out is trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from utrack_ros.core.errors import DataError
from utrack_ros.data.clip import Clip, FileClip
from utrack_ros.data.clip_mix import (
    DRAWN_ONLY,
    HELD_OUT_SCENES,
    VALIDATION_SEED,
    open_training_clips,
    split,
    validation_scenes,
)
from utrack_ros.data.composite import CompositeClip

TRAIN = Path(__file__).parents[2] / "../shared/data/train"


def still(scene: str, name: str = "") -> Clip:
    return FileClip(f"{scene}/{name}", scene, (), np.zeros((0, 4)))


def test_split_keeps_scenes_together() -> None:
    clips = [still("a", "1"), still("b"), still("a", "2")]
    training, validation = split(clips, {"a"})
    assert [clip.name for clip in training] == ["b/"]
    assert [clip.name for clip in validation] == ["a/1", "a/2"]


def test_every_tenth_photo_of_each_set_is_held_out() -> None:
    stills = [still(f"one/{number:02d}", box) for number in range(25) for box in "ab"]
    stills += [still(f"two/{number:02d}") for number in range(9)]
    scenes = validation_scenes({"stills": stills})
    assert scenes - HELD_OUT_SCENES == {"one/09", "one/19"}


def test_a_clean_clone_has_composites_that_share_nothing_with_validation() -> None:
    sources = open_training_clips(None, composites=30, validation_composites=12, size_hw=(128, 160))
    assert list(sources) == ["composites"]
    training, validation = split(sources["composites"], validation_scenes(sources))
    assert [clip.name for clip in training[:2]] == ["composites/0", "composites/1"]
    assert [clip.name for clip in validation[:1]] == [f"composites/{VALIDATION_SEED}"]
    assert (len(training), len(validation)) == (30, 12)
    assert training[0].read_frame(5).shape == (128, 160, 3)
    one, other = training[0], validation[0]
    assert isinstance(one, CompositeClip)
    assert isinstance(other, CompositeClip)
    assert not {cutout.name for cutout in one._cutouts.cutouts} & {cutout.name for cutout in other._cutouts.cutouts}


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="video/ or still/"):
        open_training_clips(tmp_path)


def test_the_training_data_at_hand() -> None:
    if not (TRAIN / "open").is_dir():
        pytest.skip("needs ../shared/data/train")
    sources = open_training_clips(TRAIN / "open", composites=6, validation_composites=4, material=DRAWN_ONLY)
    scenes = validation_scenes(sources)
    counts = {}
    for source, clips in sources.items():
        training, validation = split(clips, scenes)
        counts[source] = (len(training), len(validation))
        assert len({clip.name for clip in clips}) == len(clips)
        assert not {clip.scene for clip in training} & {clip.scene for clip in validation}
        for clip in (training[0], validation[-1]):
            there = np.nonzero(np.isfinite(clip.boxes_xywh[:, 0]))[0]
            height, width = clip.read_frame(int(there[0])).shape[:2]
            x, y, w, h = clip.boxes_xywh[there[0]]
            assert -1 <= x < x + w <= width + 1
            assert -1 <= y < y + h <= height + 1
    assert counts["davis"] == (16, 4)
    assert counts["ngsim"] == (342, 128)
    assert counts["kit_ais"] == (63, 56)
    assert sum(counts["stills"]) == 3231
    assert counts["composites"] == (6, 4)
    composite = split(sources["composites"], scenes)[0][0]
    assert isinstance(composite, CompositeClip)
    held = {scene.rpartition("/")[2] for scene in HELD_OUT_SCENES}
    assert not held & {cutout.category for cutout in composite._cutouts.cutouts}
