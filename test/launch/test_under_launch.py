"""Run the launch_testing tests beside this file, each in a process of its own, as `launch_test` does."""

from pathlib import Path

import pytest

REASON = "needs a ROS 2 with launch_testing; the PyPI wheels have none"
pytest.importorskip("launch_testing.launch_test", reason=REASON)
pytest.importorskip("launch_ros.actions", reason=REASON)

HERE = Path(__file__).parent
ENDS_S = 180.0
"""Longest that one may take on a busy machine."""

pytestmark = pytest.mark.skipif(
    not list((HERE.parents[1] / "models").glob("*.safetensors")), reason="needs the model: run `make setup`"
)


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*_under_launch.py") if path != Path(__file__)))
def test_under_launch(start, name):
    child = start("-m", "launch_testing.launch_test", str(HERE / name))

    assert child.wait(ENDS_S) == 0, child.output
