"""The recorder as a process."""

import signal

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: run `make setup`, then `source env.sh`")
pytest.importorskip("utrack_interfaces.msg", reason="needs the messages: run `make setup`")

from rclpy.node import Node
from rclpy.qos import QoSProfile

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_ros.io.results import read_rows

MODULE = "utrack_ros.ros.target_recorder"


def target(number, **fields):
    message = Target(**fields)
    message.header.stamp.sec, message.header.stamp.nanosec = 1_795_473_275, 1_000_000 * number
    return message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_every_target_is_a_row(graph, start, tmp_path, number):
    path = tmp_path / "rows.csv"
    child = start("-m", MODULE, "--ros-args", "-p", f"csv_path:={path}")
    node = graph.add(Node("sender", context=graph.context))
    publisher = node.create_publisher(Target, "/utrack/target", QoSProfile(depth=10))
    graph.spin_until(lambda: publisher.get_subscription_count() == 1)
    box = {"x": 1.5, "y": 2.0, "width": 30.25, "height": 40.0}
    publisher.publish(target(1, state=2, box_valid=True, score=0.75, latency_ms=12.5, **box))
    publisher.publish(target(2, state=3, box_valid=True, score=0.25, **box))
    publisher.publish(target(3, state=4))
    graph.spin_until(lambda: path.read_text().count("\n") == 4)  # a row is in the file as soon as it came
    child.interrupt(number)
    assert child.wait() == 0
    assert "Traceback" not in child.output
    rows = read_rows(path)
    assert [row.state for row in rows] == ["TRACKING", "COASTING", "LOST"]
    assert [row.frame for row in rows] == [-1, -1, -1]
    assert [row.box_xywh for row in rows] == [(1.5, 2.0, 30.25, 40.0), (1.5, 2.0, 30.25, 40.0), None]
    assert rows[0].stamp_s == pytest.approx(1_795_473_275.001, abs=1e-6)
    assert (rows[0].score, rows[0].latency_ms) == (0.75, 12.5)


@pytest.mark.parametrize(("arguments", "said"), [([], "csv_path"), (["-p", "csv_path:=/nowhere/x.csv"], "/nowhere")])
def test_without_a_file_it_says_so(start, arguments, said):
    child = start("-m", MODULE, "--ros-args", *arguments)
    assert child.wait() == 2
    assert said in child.output
    assert child.output.count("\n") == 1
