"""The node under test, at three stages, and vision_msgs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from message_package import built, missing_tools
from node_fixtures import active, bench, tracking  # noqa: F401


@pytest.fixture(scope="session")
def vision_msgs_env() -> dict[str, str]:
    """The environment in which vision_msgs can be imported: the installed one, or one that is built here."""
    if importlib.util.find_spec("vision_msgs") is not None:
        return {}
    missing = missing_tools()
    if missing:
        pytest.skip(f"no vision_msgs, and nothing to build one with: {', '.join(missing)}")
    here = Path(__file__).parent
    return built(here / "packages" / "vision_msgs", here.parents[1] / "build" / "test_messages")
