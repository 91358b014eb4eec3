"""Settings of the online classifier. "ATOM" is Danelljan et al., CVPR 2019, and its published values."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import require, require_finite

FIRST_FRAME_VIEWS = 17
"""Augmented views of the first frame (ATOM: 23)."""


@dataclass(frozen=True)
class ClassifierConfig:
    """The online classifier of Eq. 1-2.

    Attributes:
        channels: outputs of the first, 1x1, layer (ATOM: 64).
        kernel: side of the second layer's filter, cells (ATOM: 4).
        filter_reg: lambda of the filter in Eq. 2 (ATOM: 0.1).
        projection_reg: lambda of the projection in Eq. 2 (ATOM: 1e-4).
        label_sigma: width of the Gaussian label as a share of the target side (ATOM: 1/4).
        newton_steps: Gauss-Newton steps on the first frame (ATOM: 6).
        newton_cg_steps: conjugate-gradient steps in each of them (ATOM: 10).
        update_cg_steps: conjugate-gradient steps of one later update (ATOM: 5).
        update_interval: frames between updates (ATOM: 10).
        urgent_pace: parts of an update in each frame from a distractor on: the first one linearises, each of the
            others is a conjugate-gradient step (ATOM: all at once, which makes such a frame twice as long as others).
        memory: samples kept (ATOM: 250); an update costs as much as there are.
        learning_rate: weight of a new sample (ATOM: 0.01).
        hard_negative_learning_rate: the same on a frame with a distractor (ATOM: 0.02).
        learn_threshold: a frame whose peak is lower is not learnt from, so that what is followed in doubt
            does not confirm itself (0.4 and 0.25 measured alike; the stricter one was taken).
        first_frame_share: least total weight of the first frame's samples (ATOM: 0.25).
        max_background_spread: standard deviation of the scores in pictures without a target, above which a target is
            refused; 0 refuses none. It is the model's: `engine/target_limits.py` has that of the shipped one.
        dropout_samples: first-frame samples with channels dropped (ATOM: 7).
        dropout: share of the channels dropped in them (ATOM: 0.2).
        seed: of the start values and the augmentation, so that runs repeat exactly.
    """

    channels: int = 64
    kernel: int = 4
    filter_reg: float = 0.1
    projection_reg: float = 1e-4
    label_sigma: float = 0.25
    newton_steps: int = 6
    newton_cg_steps: int = 10
    update_cg_steps: int = 5
    update_interval: int = 10
    urgent_pace: int = 2
    memory: int = 80
    learning_rate: float = 0.01
    hard_negative_learning_rate: float = 0.02
    learn_threshold: float = 0.4
    first_frame_share: float = 0.25
    max_background_spread: float = 0.0
    dropout_samples: int = 7
    dropout: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ConfigError: names the field and its value.
        """
        require_finite(self)
        for name in (
            "channels",
            "kernel",
            "newton_steps",
            "newton_cg_steps",
            "update_cg_steps",
            "update_interval",
            "urgent_pace",
        ):
            require(getattr(self, name) >= 1, "an integer of at least 1", self, name)
        for name in ("filter_reg", "projection_reg", "label_sigma"):
            require(getattr(self, name) > 0, "a number above 0", self, name)
        for name in (
            "learning_rate",
            "hard_negative_learning_rate",
            "first_frame_share",
        ):
            require(0 < getattr(self, name) < 1, "a number between 0 and 1", self, name)
        require(0 <= self.dropout < 1, "a share in [0, 1)", self, "dropout")
        require(
            self.dropout_samples >= 0,
            "an integer of at least 0",
            self,
            "dropout_samples",
        )
        fits = self.memory > FIRST_FRAME_VIEWS + self.dropout_samples
        require(fits, "more than the first frame's samples", self, "memory")

    @property
    def update_parts(self) -> int:
        """Parts of one update: linearising, and each step."""
        return 1 + self.update_cg_steps

    @property
    def update_pace(self) -> int:
        """Parts in each frame that end an update by the time of the next."""
        return -(-self.update_parts // self.update_interval)
