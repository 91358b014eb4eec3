"""A folder of images: order, what is passed over, and files that are damaged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from utrack_ros.core.errors import SourceError
from utrack_ros.io.folder import FolderSource, natural_key

TEXTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def write(path: Path, value: int) -> None:
    cv2.imwrite(str(path), np.full((8, 10, 3), value, np.uint8))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["10.jpg", "9.jpg", "1.jpg"], ["1.jpg", "9.jpg", "10.jpg"]),
        (["img10.png", "img2.png"], ["img2.png", "img10.png"]),
        (["00010.jpg", "00009.jpg"], ["00009.jpg", "00010.jpg"]),
        (["b1.jpg", "a2.jpg", "A10.jpg"], ["a2.jpg", "A10.jpg", "b1.jpg"]),
        (["s2_f1.png", "s1_f10.png", "s1_f9.png"], ["s1_f9.png", "s1_f10.png", "s2_f1.png"]),
        (["x.png", "1.png"], ["1.png", "x.png"]),
    ],
)
def test_natural_order(names: list[str], expected: list[str]) -> None:
    assert sorted(names, key=natural_key) == expected
    names.reverse()
    assert sorted(names, key=natural_key) == expected


def test_frames_come_in_natural_order(tmp_path: Path) -> None:
    for index in (10, 9, 100, 1):
        write(tmp_path / f"img{index}.png", index)
    source = FolderSource(tmp_path)
    assert [int(frame.image[0, 0, 0]) for frame in source] == [1, 9, 10, 100]
    assert (source.fps, source.frame_count, source.name) == (30.0, 4, tmp_path.name)


def test_pixels_are_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), TEXTURE)  # OpenCV writes BGR
    np.testing.assert_array_equal(next(iter(FolderSource(tmp_path))).image, TEXTURE[:, :, ::-1])


def test_grey_and_alpha_images_become_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), TEXTURE[:, :, 0])
    cv2.imwrite(str(tmp_path / "2.png"), np.dstack([TEXTURE, TEXTURE[:, :, :1]]))
    grey, alpha = [frame.image for frame in FolderSource(tmp_path)]
    np.testing.assert_array_equal(grey, np.repeat(TEXTURE[:, :, :1], 3, axis=2))
    np.testing.assert_array_equal(alpha, TEXTURE[:, :, ::-1])


def test_other_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "1.png", 1)
    write(tmp_path / ".2.png", 2)
    (tmp_path / "groundtruth.txt").write_text("1,2,3,4")
    (tmp_path / "sub.png").mkdir()
    assert FolderSource(tmp_path).frame_count == 1


def test_suffixes_in_capitals(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 7)
    (tmp_path / "a.png").rename(tmp_path / "a.PNG")
    assert next(iter(FolderSource(tmp_path))).image[0, 0].tolist() == [7, 7, 7]


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(SourceError, match="but got none"):
        FolderSource(tmp_path)


@pytest.mark.parametrize("kind", ["empty", "text", "cut_jpg", "cut_png"])
def test_damaged_file_is_named_after_the_good_frames(tmp_path: Path, kind: str) -> None:
    suffix = ".png" if kind == "cut_png" else ".jpg"
    for index in range(3):
        cv2.imwrite(str(tmp_path / f"{index}{suffix}"), TEXTURE)
    bad = tmp_path / f"1{suffix}"
    whole = bad.read_bytes()
    bad.write_bytes({"empty": b"", "text": b"no image at all"}.get(kind, whole[: len(whole) * 3 // 4]))
    frames: list[int] = []
    with pytest.raises(SourceError, match=f"1{suffix}") as caught:
        frames.extend(frame.index for frame in FolderSource(tmp_path))
    assert frames == [0]
    assert "\n" not in str(caught.value)


def test_file_that_vanishes_is_named(tmp_path: Path) -> None:
    write(tmp_path / "1.png", 1)
    write(tmp_path / "2.png", 2)
    source = FolderSource(tmp_path)
    (tmp_path / "2.png").unlink()
    with pytest.raises(SourceError, match=r"2\.png"):
        list(source)


def test_frames_may_differ_in_size(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), TEXTURE)
    cv2.imwrite(str(tmp_path / "2.png"), TEXTURE[:20])
    assert [frame.image.shape for frame in FolderSource(tmp_path)] == [(40, 60, 3), (20, 60, 3)]


@pytest.mark.parametrize(("folder", "name"), [("Gull1/img", "Gull1"), ("Gull1", "Gull1"), ("Gull1/left", "left")])
def test_footage_is_named_after_a_folder_that_says_something(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    write(tmp_path / folder / "1.png", 1)
    assert FolderSource(tmp_path / folder).name == name
