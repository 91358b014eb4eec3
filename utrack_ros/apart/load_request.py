"""Which tracker is wanted, in words that go from one process to another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.reacquisition import SearchingUTrack


@dataclass(frozen=True)
class LoadRequest:
    """A tracker that is wanted; the fields are arguments of `engine.load_tracker`.

    Attributes:
        model_file: in a folder from which models may be loaded; None = the shipped default.
        device: "auto", "cpu" or "cuda:N".
        engine: "auto" or a name.
        precision: "fp32", "fp16", "bf16" or "auto".
        threads: of the network on the CPU; None = what is fastest here.
    """

    model_file: Path | None = None
    device: str = "auto"
    engine: str = "auto"
    precision: str = "fp32"
    threads: int | None = None

    def load(self) -> SearchingUTrack:
        """Load it in this process; call it in the thread that will run the tracker.

        Raises:
            ModelError: the model is missing, damaged, or in a folder from which none may be loaded.
            ConfigError: the device or the engine is not there.
        """
        from ..engine import load_tracker
        from ..engine.model_folders import confined

        return load_tracker(
            confined(self.model_file), self.device, engine=self.engine, precision=self.precision, threads=self.threads
        )

    def runs_on(self) -> str:
        """Return the device by its name, what "auto" comes to here.

        Raises:
            ConfigError: the device is not there.
        """
        from ..engine.torch_engine import choose_device

        return str(choose_device(self.device))
