"""Encodings outside the table go to cv_bridge, between the same checks; a stand-in plays its part."""

from types import SimpleNamespace

import numpy as np
import pytest

from utrack_ros.core.errors import ImageError
from utrack_ros.ros import cv_bridge_codec, image_codec


class Bridge:
    """Answers what a test wants and counts how often it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.calls = []

    def imgmsg_to_cv2(self, message, encoding):
        self.calls.append((message.encoding, encoding))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def install(monkeypatch):
    def use(answer):
        bridge = Bridge(answer)
        monkeypatch.setattr(image_codec, "bridge", lambda: bridge)
        return bridge

    return use


def message(**changes):
    fields = {"height": 4, "width": 6, "encoding": "bayer_rggb16", "is_bigendian": 0, "step": 6, "data": bytes(24)}
    return SimpleNamespace(**{**fields, **changes})


def test_picture_from_cv_bridge_is_returned(install):
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    bridge = install(pixels)
    np.testing.assert_array_equal(image_codec.decode(message()), pixels)
    assert bridge.calls == [("bayer_rggb16", "rgb8")]


def test_encoding_of_our_own_table_never_reaches_cv_bridge(install):
    bridge = install(RuntimeError("must not be asked"))
    assert image_codec.decode(message(encoding="mono8")).shape == (4, 6, 3)
    assert bridge.calls == []


@pytest.mark.parametrize(
    "changes",
    [{"data": bytes(23)}, {"step": 5}, {"step": 0}, {"height": 0}, {"width": 2**32 - 1}, {"height": 2**31, "width": 2}],
)
def test_header_that_contradicts_the_data_never_reaches_cv_bridge(install, changes):
    bridge = install(np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(ImageError):
        image_codec.decode(message(**changes))
    assert bridge.calls == []


@pytest.mark.parametrize("answer", [ValueError("no such encoding"), TypeError("buffer is too small")])
def test_refusal_of_cv_bridge_is_an_image_error(install, answer):
    install(answer)
    with pytest.raises(ImageError, match=str(answer)):
        image_codec.decode(message())


@pytest.mark.parametrize("answer", [np.zeros((4, 5, 3), np.uint8), np.zeros((4, 6), np.uint8), np.zeros((4, 6, 3))])
def test_narrower_or_other_picture_than_promised_is_refused(install, answer):
    install(answer)
    with pytest.raises(ImageError, match="from cv_bridge"):
        image_codec.decode(message())


def test_broken_cv_bridge_counts_as_none(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cv_bridge", None)
    cv_bridge_codec.bridge.cache_clear()
    assert cv_bridge_codec.bridge() is None
    with pytest.raises(ImageError, match="bayer_rggb16"):
        image_codec.decode(message())
    cv_bridge_codec.bridge.cache_clear()
