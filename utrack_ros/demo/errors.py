"""What can go wrong with the demo itself."""

from __future__ import annotations

from ..core.errors import UTrackError


class DemoError(UTrackError):
    """The demo could not run, or its result is not what it should be."""


class FetchError(UTrackError):
    """A file that cannot be had from a package archive."""
