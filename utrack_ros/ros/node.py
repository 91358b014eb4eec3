"""The tracker node `utrack`: wiring between ROS 2 and the inference thread."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import time
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.task import Future
from std_srvs.srv import Trigger

from utrack_interfaces.msg import Target  # type: ignore[attr-defined]
from utrack_interfaces.srv import SetTarget  # type: ignore[attr-defined]

from ..core.errors import UTrackError
from ..core.state import State
from . import health, image_codec, messages
from .camera import Camera
from .exchange import IncomingImage, Outcome, Report, SelectionCode
from .inference import InferenceWorker
from .lifecycle import SelfStartingNode, logged
from .model import LoadTracker, load_tracker, release_memory, warm_up
from .parameters import Parameters, ParameterServer
from .session import TrackingSession

CLOSE_TIMEOUT_S = 1.0
"""Seconds that the inference thread has to finish its frame when the model is freed."""


class TrackerNode(SelfStartingNode):
    """Lifecycle node: configure loads the model, activate subscribes to the images.

    Subscribes to `image`; publishes `~/target` and `/diagnostics`; serves `~/set_target` and
    `~/stop`. The executor's thread never waits for the tracker.
    """

    def __init__(self, load: LoadTracker = load_tracker, **kwargs: Any) -> None:
        """Declare the parameters and the services.

        Args:
            load: makes the tracker, in the inference thread.
            **kwargs: passed to `rclpy.lifecycle.LifecycleNode`.

        Raises:
            ConfigError: a parameter that cannot work.
        """
        super().__init__("utrack", **kwargs)
        self._load = load
        self._loading = False
        self._worker: InferenceWorker | None = None
        self._target_publisher: Any = None
        self._sequence = 0
        self._counters = health.Counters()
        self._parameters_server = ParameterServer(self, self._on_parameters)
        self._camera = Camera(self, self.parameters.image_reliability, self._on_frame)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        waiting = ReentrantCallbackGroup()
        self.create_service(SetTarget, "~/set_target", self._on_set_target, callback_group=waiting)
        self.create_service(Trigger, "~/stop", self._on_stop)
        self.create_timer(1.0, self._on_second, clock=self.steady_clock)
        if self.parameters.autostart:
            self.start_soon()

    @property
    def parameters(self) -> Parameters:
        """The parameters in force."""
        return self._parameters_server.current

    @property
    def phase(self) -> health.Phase:
        """How far the node has come."""
        if self._worker is None:
            return health.Phase.LOADING if self._loading else health.Phase.UNCONFIGURED
        return health.Phase.ACTIVE if self._camera.is_open else health.Phase.INACTIVE

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and warm it up; FAILURE leaves the node unconfigured and says why."""
        started_s = time.monotonic()
        worker = InferenceWorker(self._make_session, self._counters)
        self.failure, self._loading = "", True
        try:
            worker.load()
            self._target_publisher = self.create_lifecycle_publisher(
                Target,
                "~/target",
                QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE),
                qos_overriding_options=QoSOverridingOptions.with_default_policies(),
            )
        except Exception:
            worker.close(CLOSE_TIMEOUT_S)
            raise
        finally:
            self._loading = False
        self._worker = worker
        self._on_parameters(self.parameters)  # they may have changed while the model was loading
        self.get_logger().info(f"model ready in {time.monotonic() - started_s:.1f} s")
        return super().on_configure(state)

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the images."""
        self._camera.open()
        self.get_logger().info(f"waiting for images on {self._camera.topic}")
        return super().on_activate(state)

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the subscription and the target; the model stays loaded."""
        self._camera.close()
        if self._worker is not None:
            self._worker.reset()
        return super().on_deactivate(state)

    @logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self.release()
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop everything, from any state."""
        self.release()
        return TransitionCallbackReturn.SUCCESS

    def release(self) -> bool:
        """End the inference thread and free the model; False when the thread does not end."""
        self._camera.close()
        worker, self._worker = self._worker, None
        ended = worker is None or worker.close(CLOSE_TIMEOUT_S)
        if self._target_publisher is not None:
            self.destroy_lifecycle_publisher(self._target_publisher)
            self._target_publisher = None
        release_memory()
        return ended

    def _make_session(self) -> TrackingSession:
        tracker = self._load(self.parameters)
        warm_up(tracker)
        return TrackingSession(
            tracker, image_codec.decode, self._publish, self._counters, self.get_logger(), self.parameters.state_config
        )

    def _on_parameters(self, parameters: Parameters) -> None:
        if self._worker is not None:
            self._worker.set_config(parameters.state_config)

    def _on_frame(self, frame: IncomingImage) -> None:
        if self._worker is not None:
            self._worker.put(frame)

    def _publish(self, report: Report) -> None:
        """Publish a Target; called in the inference thread."""
        dropped, now_ns = self._counters.snapshot().dropped, self.get_clock().now().nanoseconds
        try:
            self._target_publisher.publish(messages.target(report, now_ns, dropped, self._sequence))
            self._sequence += 1
        except Exception:
            if self.context.ok():  # else the node is being shut down under a running frame
                raise

    async def _on_set_target(self, request: Any, response: Any) -> Any:
        """Learn a target; the executor goes on with other work until the inference thread has answered."""
        worker, phase = self._worker, self.phase
        if worker is None:
            why = "the model is still loading; try again" if self._loading else f"no model is loaded. {self.failure}"
            return messages.answer(Outcome(SelectionCode.MODEL_NOT_READY, why.strip()), response)
        if phase is not health.Phase.ACTIVE:
            return messages.answer(Outcome(SelectionCode.INACTIVE, "the node is inactive; activate it"), response)
        answered: Any = Future(executor=self.executor)
        worker.select(messages.selection(request), functools.partial(self._finish, answered))
        return messages.answer(await answered, response)

    def _finish(self, answered: Any, outcome: Outcome) -> None:
        """Hand an outcome to the service call that waits for it; called in the inference thread."""
        answered.set_result(outcome)
        executor = self.executor
        if executor is not None and self.context.ok():
            executor.wake()

    def _on_stop(self, request: Any, response: Any) -> Any:
        """Give the target up; also when there is none."""
        if self._worker is not None:
            self._worker.stop_target()
        response.success = True
        return response

    def _on_second(self) -> None:
        """Follow the cameras' reliability and publish the diagnostics."""
        self._camera.follow()
        report = health.Health(
            phase=self.phase,
            state=self._worker.state if self._worker is not None else State.IDLE,
            counts=self._counters.snapshot(),
            stream=self._camera.take_status(),
            busy_s=self._worker.busy_s if self._worker is not None else 0.0,
            image_timeout_s=self.parameters.image_timeout_s,
            failure=self.failure,
        )
        level, message = health.judge(report)
        name = f"{self.get_fully_qualified_name()}: input"
        stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(messages.diagnostics(stamp, name, level, message, health.values(report)))


def run(args: list[str] | None, load: LoadTracker) -> None:
    """Spin the node until SIGINT or SIGTERM.

    Args:
        args: command line without the program name; None = that of the process.
        load: makes the tracker.

    Raises:
        ConfigError: a parameter that cannot work.
    """
    # rclpy's own handler ends the spin; Python's would raise KeyboardInterrupt in the middle of the clean-up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rclpy.init(args=args)
    ended = True
    try:
        node = TrackerNode(load)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        finally:
            ended = node.release()
            executor.shutdown()
            node.destroy_node()
    finally:
        rclpy.try_shutdown()
    if not ended or any(thread.name.startswith("utrack-") for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # a thread inside the model would crash or hold the interpreter's own shutdown


def main(args: list[str] | None = None) -> None:
    """Entry point of `tracker` and `utrack node`; a parameter that cannot work is one line and status 2."""
    try:
        run(args, load_tracker)
    except UTrackError as error:
        sys.stderr.write(f"utrack: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
