"""A lifecycle node that logs what rclpy would swallow, and can start itself."""

from __future__ import annotations

import functools
import inspect
import threading
import traceback
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from ..core.errors import UTrackError

START_GIVES_UP_S = 0.5
"""Seconds that an unfinished start has to notice that the node is going."""

LOG_LINES = 100
"""Lines kept for who joins /rosout late. rcl keeps 1,000, 0.5 MB that fill up in the first hour of a flight."""

LOG_LINES_LAST_S = 10.0
"""Seconds for which they are kept, as in rcl."""


class SelfStartingNode(LifecycleNode):
    """Base of the node: failures end in the log, and `start_soon` configures and activates it.

    Attributes:
        failure: why the last transition failed, in words; empty when it did not.
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        """Create the node; `kwargs` go to `rclpy.lifecycle.LifecycleNode`."""
        super().__init__(name, **(_short_log() | kwargs))
        self.failure = ""
        self._destroyed = False
        self._starter = threading.Thread(target=self._start, name="utrack-autostart", daemon=True)
        self.steady_clock = Clock(clock_type=ClockType.STEADY_TIME)

    def note_failure(self, what: str, error: Exception) -> None:
        """Log an error, with its traceback unless it explains itself, and keep it in `failure`."""
        self.failure = str(error) or repr(error)
        detail = self.failure if isinstance(error, UTrackError) else traceback.format_exc().strip()
        if not self._is_going:
            self.get_logger().error(f"{what}: {detail}")

    def release(self) -> bool:
        """Let go of all that a configuration took; False where something does not come back."""
        return True

    def clear_up_failure(self) -> None:
        """Let go of what a transition has left that raised; called when its exception is gone."""

    def try_to_clear_up(self) -> None:
        """Call `clear_up_failure`; what it raises is logged, and `failure` stays what made it necessary."""
        failure = self.failure
        try:
            self.clear_up_failure()
        except Exception as error:  # noqa: BLE001  the transition has its answer
            self.note_failure("clearing up failed", error)
            self.failure = failure

    def start_soon(self) -> None:
        """Configure and activate as soon as the node spins, in a thread: services answer meanwhile."""

        def start() -> None:
            self.destroy_timer(timer)
            self._starter.start()

        timer = self.create_timer(0.001, start, clock=self.steady_clock)

    def destroy_node(self) -> None:
        """Let go of everything, wait a moment for the start to give up, and destroy the lifecycle's services, too."""
        self._destroyed = True
        starting = self._starter.is_alive()
        self.release()
        if starting:
            self._starter.join(START_GIVES_UP_S)
            self.release()  # of what the start took meanwhile
        super().destroy_node()
        # rclpy keeps its services, change_state, get_state and their like, in the graph until nobody has that any more.
        # Not `destroy_when_not_in_use`: rclpy crashes on the one that is destroyed.
        self._state_machine: Any = None

    def end_overtaken_start(self) -> None:
        """End the thread of `start_soon`, if it calls and the node is going: rclpy would log that its start failed.

        Raises:
            SystemExit: which ends a thread without a word.
        """
        if threading.current_thread() is self._starter and self._is_going:
            raise SystemExit

    @property
    def _is_going(self) -> bool:
        """Whether the node or its context has ended, after which nothing that fails is a fault."""
        return self._destroyed or not self.context.ok()

    def _start(self) -> None:
        try:
            executor = self.executor
            if self.trigger_configure() == TransitionCallbackReturn.SUCCESS and executor is not None:
                executor.create_task(self._activate)
        except Exception as error:  # noqa: BLE001  a thread has nobody else to tell
            self.note_failure("autostart failed", error)

    def _activate(self) -> None:
        if not self._destroyed:
            self.trigger_activate()


def _short_log() -> dict[str, Any]:
    """Return what makes a node keep `LOG_LINES` of its log; an rclpy before Kilted's cannot be told."""
    if "rosout_qos_profile" not in inspect.signature(Node.__init__).parameters:
        return {}
    kept = QoSProfile(
        depth=LOG_LINES,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
        lifespan=Duration(seconds=LOG_LINES_LAST_S),
    )
    return {"rosout_qos_profile": kept}


Transition = Callable[[Any, LifecycleState], TransitionCallbackReturn]


def logged(transition: Transition) -> Transition:
    """Wrap a transition of a SelfStartingNode: what it raises is logged, and the answer is FAILURE.

    rclpy itself answers ERROR without a word. After FAILURE the node is where it was before, and usable. A start of its
    own that the end of the node overtakes ends its thread here: SystemExit.
    """

    @functools.wraps(transition)
    def wrapper(node: SelfStartingNode, state: LifecycleState) -> TransitionCallbackReturn:
        answer, failed = TransitionCallbackReturn.FAILURE, False
        node.failure = ""
        try:
            answer = transition(node, state)
        except Exception as error:  # noqa: BLE001  every failure ends in the log
            failed = True
            node.note_failure(f"{transition.__name__} failed", error)
        node.end_overtaken_start()
        if failed:  # and not before: the exception holds all that its frames held
            node.try_to_clear_up()
        return answer

    return wrapper
