"""One tree of errors; each says what was expected, what came, and what to do."""

from __future__ import annotations


class UTrackError(Exception):
    """Base of every error that this package raises on purpose.

    The message reads "<expected>, but got <actual>. <action>".

    Attributes:
        expected: what the caller should have given, e.g. "a box inside the 640x480 image".
        actual: what came instead.
        action: what to do about it; may be empty.
    """

    def __init__(self, expected: str, actual: str, action: str = "") -> None:
        self.expected = expected
        self.actual = actual
        self.action = action
        message = f"expected {expected}, but got {actual}"
        super().__init__(f"{message}. {action}" if action else message)

    def __reduce__(self) -> tuple[type[UTrackError], tuple[str, str, str]]:
        """Let an error come whole out of a worker process; by default it would be made again from its message."""
        return type(self), (self.expected, self.actual, self.action)


class BoxError(UTrackError):
    """A box that cannot be tracked: not finite, without area, off the image, or where nothing is to be seen."""


class ImageError(UTrackError):
    """An image that cannot be decoded, or whose layout contradicts its header."""


class CalibrationError(UTrackError):
    """A camera calibration that makes no sense, does not fit the image, or has no ray for a point of it."""


class SourceError(UTrackError):
    """A video, folder or bag that is missing, unreadable or cut off."""


class DataError(UTrackError):
    """An annotation or result file, or a benchmark folder, that is missing, damaged or of another layout."""


class ModelError(UTrackError):
    """A model file that is missing, damaged, or not what the manifest says."""


class ConfigError(UTrackError):
    """A setting of the wrong type or outside its range."""


class NotInitializedError(UTrackError):
    """A tracker was asked for a box before it was given one."""


class ProcessError(UTrackError):
    """A process of our own that has ended before its work was done."""
