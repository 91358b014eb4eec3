"""The tracker node `utrack`: wiring between ROS 2 and the inference thread."""

from __future__ import annotations

import functools
import time
from typing import Any

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.utilities import get_rmw_implementation_identifier
from std_srvs.srv import SetBool, Trigger

from ..heap import keep_no_more, release_memory
from . import health
from .camera import EVERY_DEPTH, Camera
from .camera_info import CameraInfoInput
from .computer import take_computer
from .counters import Counters
from .debug_output import DebugOutput
from .diagnostics import Diagnostics
from .exchange import IncomingImage, Standing
from .history import FrameHistory
from .image_gate import ImageGate
from .inference import InferenceWorker
from .lifecycle import SelfStartingNode, logged
from .machine_look import look_at_machine
from .model import LoadTracker, load_tracker
from .outputs import Outputs
from .parameter_server import ParameterServer
from .parameters import Parameters
from .process import Service, run
from .report_watch import ReportWatch
from .selection_input import SelectionInput, TopicRules
from .session_maker import make_session
from .shutting_down import weakly
from .start_check import StartCheck, look_at_torch
from .state_output import StateWatch
from .statuses import Status, compute_status, tracker_status
from .target_requests import TargetRequests
from .transport import profile_setting
from .watchdog import Watchdog

CLOSE_TIMEOUT_S = 1.0
"""Seconds that the inference thread has to finish its frame when the model is freed."""

FOLLOW_PERIOD_S = 1.0
"""How often the cameras' reliability is looked up."""

FULL_LOG_S = 5.0
"""How often a full queue is logged; /diagnostics counts every image."""

LARGE_IMAGES = profile_setting()
"""What a camera's process needs in its environment to send large images through shared memory."""


class TrackerNode(SelfStartingNode):
    """Lifecycle node: configure loads the model, activate subscribes to the images.

    Subscribes to `image` or `image/compressed`, `camera_info`, `~/select_roi`, `~/select_rectangle` and
    `~/select_point`; publishes `~/target`, `~/los`, `~/state`, `~/detections`, `~/annotations`, `~/debug_image`
    and `/diagnostics`; serves `~/set_target`, `~/stop` and `~/pause`. The executor's thread never waits for the
    tracker.
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
        self._worker: InferenceWorker | None = None
        self._loading_worker: InferenceWorker | None = None
        self._runs_on = ("", "")
        self._runs_elsewhere = ""
        self._counters = Counters()
        self._calibration = CameraInfoInput(self)
        self._outputs = Outputs(self, self._counters, self._calibration.bearings)
        self._reports = ReportWatch(weakly(self._outputs.publish))
        self._debug = DebugOutput(self, self._counters)
        self._start_check = StartCheck(self.get_logger())
        self._camera = Camera(self, self._on_frame)
        self._parameters_server = ParameterServer(self, self._on_parameters)
        self._on_parameters(self.parameters)
        self._camera.choose(self.parameters.image_transport)
        self._gate = ImageGate(self.parameters.max_image_bytes, self._counters, self.get_logger())
        self._diagnostics = Diagnostics(self, self.steady_clock, self._take_health, self._is_silent, self._beside)
        self._watch = StateWatch(self, self.steady_clock, self._outputs.state, self._standing, self._is_silent)
        self._watchdog = Watchdog(self, self.steady_clock, lambda: self._worker, self._diagnostics.publish)
        asked = TargetRequests(lambda: self._worker, lambda: self.phase, lambda: self.failure)
        rate_hz = self.parameters.max_selection_rate_hz
        SelectionInput(self, asked.select, self._counters, self._topic_rules, rate_hz, asked.can_be_met)
        self.create_service(Trigger, "~/stop", asked.on_stop)
        self.create_service(SetBool, "~/pause", asked.on_pause)
        self.create_timer(FOLLOW_PERIOD_S, self._camera.follow, clock=self.steady_clock)
        rmw = get_rmw_implementation_identifier()
        self._start_check.run(functools.partial(look_at_machine, rmw, for_camera=False))
        if self.parameters.autostart:
            self.start_soon()

    @property
    def parameters(self) -> Parameters:
        """The parameters in force."""
        return self._parameters_server.current

    @property
    def _takes_all(self) -> bool:
        return self.parameters.processing == "all"

    @property
    def phase(self) -> health.Phase:
        """How far the node has come."""
        if self._worker is None:
            return health.Phase.LOADING if self._loading_worker is not None else health.Phase.UNCONFIGURED
        if not self._camera.is_open:
            return health.Phase.INACTIVE
        return health.Phase.PAUSED if self._worker.paused else health.Phase.ACTIVE

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and warm it up; FAILURE leaves the node unconfigured and says why."""
        started_s = time.monotonic()
        history = FrameHistory(self.parameters.history_s)
        self._reports.restart()
        make = functools.partial(
            make_session,
            self._load,
            self.parameters,
            weakly(self._on_engine),
            publish=self._reports,
            counters=self._counters,
            log=self.get_logger(),
            history=history,
            announce=weakly(self._outputs.announce),
        )
        offer = weakly(self._debug.offer)
        worker = InferenceWorker(make, self._counters, history, self.parameters.queue_bytes, offer, release_memory)
        self._loading_worker = worker
        try:
            self._close_outputs()  # which a clean-up that failed has left
            self._outputs.open(self, EVERY_DEPTH if self._takes_all else 1)
            self._debug.open(self)
            worker.load(give_up=lambda: not self.context.ok())
            self._worker = worker
            self._on_parameters(self.parameters)  # they may have changed while the model was loading
            runs_on = f", engine {' '.join(self._runs_on)}" if self._runs_on[0] else ""
            self.get_logger().info(f"model ready in {time.monotonic() - started_s:.1f} s{runs_on}")
            if not self.parameters.separate_process:  # else the device is that process's
                self._start_check.run(functools.partial(look_at_torch, self.parameters.device))
            return super().on_configure(state)
        except Exception:
            self._worker = None
            worker.close(0.0)
            raise
        finally:
            self._loading_worker = None

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the images."""
        self._calibration.open()
        self._camera.open(self.parameters.image_reliability, self._takes_all)
        self.get_logger().info(f"waiting for images on {self._camera.topic}")
        return super().on_activate(state)

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the subscription and the target; the model stays loaded."""
        self._close_inputs()
        if self._worker is not None:
            self._worker.reset()
        return super().on_deactivate(state)

    @logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        if not self.release():
            self.get_logger().warning("the tracker hangs; its thread and memory are left until it comes back")
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop everything, from any state."""
        self.release()
        return TransitionCallbackReturn.SUCCESS

    def release(self) -> bool:
        """End the inference thread and free the model; False when the thread does not end."""
        self._close_inputs()
        workers = [worker for worker in (self._worker, self._loading_worker) if worker is not None]
        self._worker = None
        keep_no_more()  # the tracker is about to go
        ended = [worker.close(CLOSE_TIMEOUT_S) for worker in workers]
        self._close_outputs()
        release_memory()
        return all(ended)

    def clear_up_failure(self) -> None:
        """Close the inputs, or give back all that a model took which was loaded in part."""
        if self._worker is None:
            self.release()
        else:
            self._close_inputs()

    def _close_inputs(self) -> None:
        self._camera.close()
        self._calibration.close()

    def _close_outputs(self) -> None:
        self._debug.close(self)
        self._outputs.close(self)

    def _on_parameters(self, parameters: Parameters) -> None:
        self._debug.set_parameters(parameters)
        self._calibration.bearings.set_field_of_view(parameters.camera_fov_h_deg)
        if self._worker is not None:
            reset = parameters.on_time_jump == "reset"
            self._worker.set_config(
                parameters.state_config,
                parameters.image_timeout_s,
                reset,
                parameters.history_s,
                parameters.frozen_images,
            )

    def _on_engine(self, name: str, precision: str, device: str) -> None:
        self._runs_on, self._runs_elsewhere = (name, precision), device

    def _on_frame(self, frame: IncomingImage) -> None:
        if self._worker is not None and self._gate.admits(frame) and not self._worker.put(frame):
            self.get_logger().warning("the queue is full: an image is dropped", throttle_duration_sec=FULL_LOG_S)

    def _topic_rules(self) -> TopicRules:
        return TopicRules(self.parameters.selection_latency_s, self.parameters.selection_point_size)

    def _is_silent(self) -> bool:
        return self._camera.is_open and self._camera.silent_s > self.parameters.image_timeout_s

    def _standing(self) -> Standing:
        return self._worker.standing if self._worker is not None else Standing()

    def _take_health(self) -> health.Health:
        return health.Health(
            phase=self.phase,
            standing=self._standing(),
            counts=self._counters.snapshot(),
            stream=self._camera.take_status(),
            busy_s=self._worker.busy_s if self._worker is not None else 0.0,
            ended=self._worker.tracker_ended if self._worker is not None else "",
            image_timeout_s=self.parameters.image_timeout_s,
            failure=self.failure,
            large_images=LARGE_IMAGES,
            angles=self._calibration.bearings.status(),
        )

    def _beside(self, report: health.Health) -> list[Status]:
        """Return the statuses beside that of the input."""
        times_ms = {
            "inference": self._reports.inference_ms,
            "waiting": self._outputs.times.waiting_ms,
            "overhead": self._outputs.times.overhead_ms,
        }
        loaded, findings = self._worker is not None, self._start_check.findings
        device = self.parameters.device
        computer = take_computer(device, self._runs_on, loaded, times_ms, findings, self._runs_elsewhere)
        return [tracker_status(report, self._reports.latest), compute_status(computer)]


def main(args: list[str] | None = None, load: LoadTracker = load_tracker) -> None:
    """Run the node; ends the process. The installed program is `programs.tracker`, which prepares it.

    Args:
        args: command line without the program name; None = that of the process.
        load: makes the tracker.
    """
    run(lambda: Service(TrackerNode(load)), args)
