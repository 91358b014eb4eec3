"""The camera's own motion: right within a third of a pixel where it is believed, "unknown" everywhere else."""

import functools
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utrack_ros.core.boxes import iou
from utrack_ros.core.config import MotionConfig
from utrack_ros.core.errors import BoxError
from utrack_ros.core.motion import EgoMotion, Motion

SIZE_HW = (720, 1280)


def texture(size_hw=SIZE_HW, seed=0, contrast=60.0):
    """An image with structure at every size from 8 pixels up."""
    return _texture(size_hw, seed, contrast).copy()


@functools.lru_cache(maxsize=64)
def _texture(size_hw, seed, contrast):
    rng = np.random.default_rng(seed)
    height, width = size_hw
    image = np.full((height, width, 3), 128.0, np.float32)
    for cell in (8, 24, 80):
        coarse = rng.normal(0, contrast / 2, (height // cell + 2, width // cell + 2, 3)).astype(np.float32)
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(image, 0, 255).astype(np.uint8)


def similarity(zoom=1.0, turn_deg=0.0, shift_xy=(0.0, 0.0), size_hw=SIZE_HW):
    """A (2, 3) matrix in continuous pixels: zoom and turn about the image's centre, then a shift."""
    angle = math.radians(turn_deg)
    linear = zoom * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    centre = np.array([size_hw[1], size_hw[0]]) / 2
    return np.column_stack([linear, centre - linear @ centre + shift_xy])


def moved(image, matrix, fill=None):
    """The image after the motion; what comes into view is another texture, as in a real flight."""
    height, width = image.shape[:2]
    by_centres = matrix.copy()  # OpenCV counts from pixel centres
    by_centres[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    fill = texture((height, width), seed=99) if fill is None else fill
    return cv2.warpAffine(
        image, by_centres, (width, height), dst=fill.copy(), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_TRANSPARENT
    )


def estimate(first, second, box=None, config=None):
    ego = EgoMotion(config)
    ego.estimate(first)
    return ego.estimate(second, box)


def error_px(motion, matrix, size_hw, at=(0.5, 0.5)):
    point = np.array([size_hw[1] * at[0], size_hw[0] * at[1]])
    return float(np.linalg.norm(motion.apply(point) - (matrix[:, :2] @ point + matrix[:, 2])))


def assert_unknown(motion):
    assert not motion.reliable
    np.testing.assert_array_equal(motion.matrix, np.eye(2, 3))


@pytest.mark.parametrize("size_hw", [(720, 1280), (480, 640), (479, 853), (240, 320), (1280, 720), (1440, 2560)])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"shift_xy": (0.5, -0.25)},
        {"shift_xy": (7.3, -4.8)},
        {"shift_xy": (-20.0, 12.0)},
        {"turn_deg": 3.0},
        {"turn_deg": -8.0},
        {"zoom": 1.05},
        {"zoom": 0.93},
        {"zoom": 1.03, "turn_deg": 2.0, "shift_xy": (5.0, 9.0)},
    ],
)
def test_known_motion_is_recovered(size_hw, change):
    matrix = similarity(**change, size_hw=size_hw)
    first = texture(size_hw)
    motion = estimate(first, moved(first, matrix))
    assert motion.reliable
    assert error_px(motion, matrix, size_hw) < 0.3
    assert max(error_px(motion, matrix, size_hw, at) for at in ((0, 0), (1, 0), (0, 1), (1, 1))) < 1.0


@settings(max_examples=30, deadline=None)
@given(
    zoom=st.floats(0.93, 1.07),
    turn_deg=st.floats(-6, 6),
    shift_x=st.floats(-40, 40),
    shift_y=st.floats(-40, 40),
    seed=st.integers(0, 50),
)
def test_any_motion_within_the_bounds_is_recovered(zoom, turn_deg, shift_x, shift_y, seed):
    size_hw = (480, 640)
    matrix = similarity(zoom, turn_deg, (shift_x, shift_y), size_hw)
    first = texture(size_hw, seed)
    motion = estimate(first, moved(first, matrix))
    assert motion.reliable
    assert error_px(motion, matrix, size_hw) < 0.3


@pytest.mark.parametrize("corner_xy", [(0, 0), (300, 160), (570, 320)])
@pytest.mark.parametrize("own_xy", [(25, 0), (-15, 30), (0, 0)])
def test_object_in_the_mask_does_not_move_the_estimate(corner_xy, own_xy):
    width, height = 700, 396  # 30 % of the image
    x, y = corner_xy
    matrix = similarity(shift_xy=(6.0, -3.0))
    first = texture()
    second = moved(first, matrix)
    thing = texture((height, width), seed=5, contrast=120)
    first[y : y + height, x : x + width] = thing
    to_x, to_y = max(x + own_xy[0], 0), max(y + own_xy[1], 0)
    part = second[to_y : to_y + height, to_x : to_x + width]
    part[:] = thing[: part.shape[0], : part.shape[1]]
    motion = estimate(first, second, (x, y, width, height))
    assert motion.reliable
    assert error_px(motion, matrix, SIZE_HW) < 0.3


def test_plain_background_around_a_rich_target_is_not_read_from_the_target():
    rich = texture(seed=5)
    first = np.full((*SIZE_HW, 3), 90, np.uint8)
    first[:, :240] = texture((720, 240))
    matrix = similarity(shift_xy=(10.0, 0.0))
    second = moved(first, matrix, first)
    first[150:570, 500:1100] = rich[150:570, 500:1100]
    second[150:570, 480:1080] = rich[150:570, 500:1100]  # moves by -20
    assert estimate(first, second).apply((640, 360))[0] == pytest.approx(620, abs=1)
    motion = estimate(first, second, (500, 150, 600, 420))
    assert motion.apply((640, 360))[0] == pytest.approx(640 if not motion.reliable else 650, abs=0.5)


@pytest.mark.parametrize("grey_level", [0, 128, 255])
def test_blank_image_gives_no_motion(grey_level):
    blank = np.full((*SIZE_HW, 3), grey_level, np.uint8)
    assert_unknown(estimate(blank, blank))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sigma", [2, 20, 80])
def test_noise_gives_no_motion(seed, sigma):
    rng = np.random.default_rng(seed)
    frames = [np.clip(rng.normal(128, sigma, (*SIZE_HW, 3)), 0, 255).astype(np.uint8) for _ in range(2)]
    assert_unknown(estimate(*frames))


@pytest.mark.parametrize("seed", range(10))
def test_cut_to_another_scene_gives_no_motion(seed):
    assert_unknown(estimate(texture(seed=seed), texture(seed=seed + 100)))


@pytest.mark.parametrize(
    "change",
    [{"shift_xy": (400.0, 0.0)}, {"shift_xy": (0.0, -300.0)}, {"turn_deg": 40.0}, {"zoom": 1.6}, {"zoom": 0.5}],
)
def test_huge_jump_gives_no_motion(change):
    first = texture()
    assert_unknown(estimate(first, moved(first, similarity(**change))))


@pytest.mark.parametrize(
    ("bound", "change"),
    [
        ({"max_shift": 0.02}, {"shift_xy": (30.0, 0.0)}),
        ({"max_zoom": 1.02}, {"zoom": 1.04}),
        ({"max_zoom": 1.02}, {"zoom": 0.96}),
        ({"max_turn_deg": 2.0}, {"turn_deg": -4.0}),
        ({"min_spread": 0.5}, {}),
        ({"min_corners": 1000}, {}),
    ],
)
def test_motion_beyond_a_bound_gives_no_motion(bound, change):
    first = texture()
    second = moved(first, similarity(**change))
    assert estimate(first, second).reliable
    assert_unknown(estimate(first, second, config=MotionConfig(**bound)))


def test_corners_in_one_spot_do_not_speak_for_the_image():
    first = np.full((*SIZE_HW, 3), 128, np.uint8)
    first[300:460, 500:660] = texture((160, 160))
    config = MotionConfig(min_corners=2)
    assert_unknown(estimate(first, np.roll(first, 5, axis=1), config=config))


def test_target_that_fills_the_image_leaves_no_background():
    first = texture()
    assert_unknown(estimate(first, np.roll(first, 5, axis=1), (0, 0, 1280, 720)))


@pytest.mark.parametrize("contrast", [15, 60])
@pytest.mark.parametrize(("gain", "offset"), [(1.04, 2), (1.2, 0), (0.85, 5), (1.0, 30)])
def test_automatic_exposure_is_not_motion(contrast, gain, offset):
    first = texture(contrast=contrast)
    matrix = similarity(1.01, 1.0, (8.0, -5.0))
    second = np.clip(moved(first, matrix) * gain + offset, 0, 255).astype(np.uint8)
    motion = estimate(first, second)
    assert motion.reliable
    assert motion.inliers > 0.8
    assert error_px(motion, matrix, SIZE_HW) < 0.3


def test_equal_frames_give_equal_bits_whatever_else_is_drawn():
    frames = [texture()]
    for seed in range(4):
        shaken = moved(frames[0], similarity(1.01, seed, (3.0 * seed, -seed)))
        shaken[200:500, 300:800] = texture((300, 500), seed=seed)
        frames.append(shaken)

    def run(disturb):
        ego, matrices = EgoMotion(), []
        for count, frame in enumerate(frames):
            if disturb:
                cv2.setRNGSeed(count)
                cv2.randn(np.zeros(100), 0, 1)
                np.random.seed(count)
            matrices.append(ego.estimate(frame, (900, 500, 100, 80)).matrix.tobytes())
        return matrices

    assert run(disturb=False) == run(disturb=True)


def test_first_frame_and_frame_after_reset_give_no_motion():
    ego, image = EgoMotion(), texture()
    assert_unknown(ego.estimate(image))
    assert ego.estimate(image).reliable
    ego.reset()
    assert_unknown(ego.estimate(image))


def test_new_image_size_starts_anew():
    ego = EgoMotion()
    ego.estimate(texture())
    small = texture((360, 640))
    assert_unknown(ego.estimate(small, (900, 500, 100, 80)))
    assert ego.estimate(small).reliable


def test_doubtful_frame_is_the_next_ones_reference():
    ego, image = EgoMotion(), texture()
    ego.estimate(texture(seed=1))
    assert_unknown(ego.estimate(image))
    assert ego.estimate(image).reliable


def test_frame_buffer_may_be_reused():
    matrix = similarity(shift_xy=(9.0, 4.0))
    ego, buffer = EgoMotion(), texture((200, 300))
    second = moved(buffer, matrix)
    ego.estimate(buffer)
    buffer[:] = second
    assert ego.estimate(buffer).apply((150, 100)) == pytest.approx((159, 104), abs=0.3)


def test_read_only_frame_is_taken():
    image = texture()
    image.flags.writeable = False
    assert estimate(image, image).reliable


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    box=st.none() | st.tuples(*[st.floats(-1e6, 1e6)] * 2, *[st.floats(0, 1e6)] * 2),
    seed=st.integers(0, 9),
)
def test_any_size_and_box_gives_a_usable_answer(height, width, box, seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 255, (height, width, 3), np.uint8)
    motion = estimate(first, np.roll(first, 1, axis=1), box, MotionConfig(cell_px=4, min_corners=2))
    assert np.isfinite(motion.matrix).all()
    assert 0 <= motion.inliers <= 1


@pytest.mark.parametrize("box", [(0, 0, float("nan"), 5), (float("inf"), 0, 5, 5), (1, 2, 3), "none"])
def test_box_without_numbers_is_refused(box):
    ego = EgoMotion()
    ego.estimate(texture())
    with pytest.raises(BoxError, match="expected a box"):
        ego.estimate(texture(), box)


def test_identity_moves_no_point():
    points = np.random.default_rng(0).uniform(0, 1000, (4, 3, 2))
    np.testing.assert_array_equal(Motion.identity().apply(points), points)


def test_motion_keeps_a_box_on_its_background():
    first = texture()
    matrix = similarity(1.04, 0.0, (20.0, -10.0))
    motion = estimate(first, moved(first, matrix))
    corners = motion.apply([(600, 300), (700, 380)])
    expected = np.array([[600, 300], [700, 380]]) @ matrix[:, :2].T + matrix[:, 2]
    boxes = [np.concatenate([pair[0], pair[1] - pair[0]]) for pair in (corners, expected)]
    assert iou(*boxes) > 0.98
