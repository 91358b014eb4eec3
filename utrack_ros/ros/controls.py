"""What any thread may ask of a session: give up, pause, forget, use other rules, say how the target stands.

Each answers at once, even while the tracker is busy: it changes the shared state machine, and the thread that owns the
tracker sees that its frame came too late.
"""

from __future__ import annotations

from ..core.state import State, StateConfig
from .catch_up import Way
from .exchange import Standing
from .image_stream import ImageStream
from .standing import SharedMachine
from .timeline import SILENCE_S


class Controls:
    """The state that a session shares between threads, and the requests that change it from outside."""

    def __init__(self, shared: SharedMachine, stream: ImageStream) -> None:
        """Start in IDLE.

        Args:
            shared: the state machine.
            stream: tells the time by which the target is judged.
        """
        self._shared = shared
        self._machine = shared.machine
        self._stream = stream
        self._silence_s = SILENCE_S
        self._reset_on_jump = False
        self._epoch = 0
        self._stops = 0
        self._way: Way | None = None

    @property
    def state(self) -> State:
        """What is known about the target."""
        return self._machine.state

    @property
    def paused(self) -> bool:
        """Whether nobody looks for the target."""
        return self._machine.paused

    @property
    def stops(self) -> int:
        """How often the target was given up by `stop` or `reset`; read it when a selection is queued."""
        return self._stops

    @property
    def is_catching_up(self) -> bool:
        """Whether a target was learnt on an image that is not the newest any more."""
        return self._way is not None and self._machine.state is State.INITIALIZING

    def standing(self) -> Standing:
        """Return how the target stands; from any thread."""
        return self._shared.standing()

    def set_config(
        self,
        config: StateConfig,
        image_timeout_s: float = 0.0,
        reset_on_jump: bool = False,
        frozen_images: int = 0,
    ) -> None:
        """Use other thresholds, timeouts and rules from the next image on.

        Args:
            config: thresholds and timeouts of the state machine.
            image_timeout_s: silence of the camera that is normal, where it is longer than `SILENCE_S`.
            reset_on_jump: give the target up when the stamps go back; else it is LOST, and searched anew.
            frozen_images: images with the same pixels in a row after which the camera is frozen; 0 = never.
        """
        with self._shared.lock:
            self._machine.config = config
            self._silence_s = max(image_timeout_s, SILENCE_S)
            self._reset_on_jump = reset_on_jump
            self._stream.frozen_images = frozen_images

    def stop(self) -> None:
        """Give the target up; from here on nothing is reported until the next selection."""
        with self._shared.changing():
            self._stops += 1
            self._machine.stop()

    def pause(self, paused: bool) -> None:
        """Look for the target no more, or again; it is reported as LOST until the pause ends.

        A learnt target is LOST at once and keeps its number. Images are taken up as in IDLE, so that the newest is
        known when the pause ends.
        """
        with self._shared.changing():
            if not paused:
                self._machine.resume(self._stream.time_s())
            elif not self._machine.paused:
                if self.is_catching_up:
                    self._lose()
                self._machine.pause(self._stream.time_s())

    def abandon(self) -> None:
        """Expect no answer of the tracker any more: a target is LOST, and given up where it was being learnt.

        A tracker that hangs while it learns may know the old target, the new one or neither. In a recording that is
        judged by its stamps the time that passes means nothing, and neither does a hang.
        """
        if self._stream.by_stamps:
            return
        with self._shared.changing():
            if self._machine.state is State.INITIALIZING and self._way is None:
                self._stops += 1
                self._machine.stop()
            self._lose()

    def reset(self) -> None:
        """Give the target up, forget every image and any pause: the stream has ended."""
        with self._shared.changing():
            self._stops += 1
            self._machine.stop()
            self._machine.resume(self._stream.time_s())
            self._epoch += 1
            self._stream.newest = None

    def _lose(self, now_s: float | None = None) -> None:
        """With the lock held: a learnt target is LOST, also on its way to the newest image."""
        now_s = self._stream.time_s() if now_s is None else now_s
        if self.is_catching_up:
            self._machine.learnt(now_s)
        self._way = None
        self._machine.lose(now_s)
