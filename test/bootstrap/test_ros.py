"""Which ROS 2 the checkout uses."""

from __future__ import annotations

import pytest

from tools.bootstrap import ros
from tools.bootstrap.errors import SetupError


def test_without_ros_the_wheels_are_used():
    def probe(_):
        raise AssertionError("nothing is sourced, nothing is to be asked")

    assert ros.choose({"PATH": "/usr/bin"}, "/usr/bin/python3.12", probe) == ros.RosChoice(None, "/usr/bin/python3.12")
    assert ros.choose({"ROS_DISTRO": ""}, "/usr/bin/python3.12", probe).distro is None


def test_a_sourced_ros_is_used_with_the_interpreter_that_it_is_built_for():
    answers = {"/usr/bin/python3": {"version": [3, 12], "kept": {"torch": "2.5.0", "numpy": "1.26.4"}}}
    choice = ros.choose({"ROS_DISTRO": "jazzy"}, "/opt/python3.13", answers.get)

    assert choice == ros.RosChoice("jazzy", "/usr/bin/python3", (("numpy", "1.26.4"), ("torch", "2.5.0")))


def test_a_sourced_ros_that_no_interpreter_can_use_is_one_clear_line():
    with pytest.raises(
        SetupError, match=r"ROS_DISTRO is jazzy but no Python here can import rclpy: source /opt/ros/jazzy"
    ):
        ros.choose({"ROS_DISTRO": "jazzy"}, "python3", lambda _: None)


def test_a_sourced_ros_with_an_old_python_is_refused():
    with pytest.raises(SetupError, match=r"ROS 2 foxy uses Python 3\.8 and 3\.10 or newer is needed"):
        ros.choose({"ROS_DISTRO": "foxy"}, "python3", lambda _: {"version": [3, 8], "kept": {}})


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("""echo noise; echo '{"version": [3, 12], "kept": {}}'""", {"version": [3, 12], "kept": {}}),
        ("echo 'ModuleNotFoundError: rclpy' >&2; exit 1", None),
        ("echo 'not json'", None),
        ("true", None),
    ],
)
def test_an_interpreter_is_asked_by_running_it(program, script, answer):
    assert ros.probe(str(program(script))) == answer


def test_an_interpreter_that_is_not_there_is_no_candidate(tmp_path):
    assert ros.probe(str(tmp_path / "absent")) is None


def test_what_ros_has_stays_and_the_rest_keeps_its_pin():
    pinned = (
        "# pins\nnumpy==2.4.6; python_version >= '3.11'\nopencv-python-headless==5.0\nrich==15.0.0\ntorch==2.13.0\n"
    )

    assert ros.constraints(pinned, (("numpy", "1.26.4"),)) == "# pins\nrich==15.0.0\ntorch==2.13.0\nnumpy==1.26.4\n"
    assert ros.constraints(pinned, ()) == pinned
