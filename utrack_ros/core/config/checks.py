"""What every dataclass of settings checks."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from ..errors import ConfigError


def require(holds: bool, expected: str, owner: Any, name: str) -> None:
    """Raise ConfigError if a field of a dataclass does not hold what is expected."""
    if not holds:
        actual = f"{type(owner).__name__}.{name} = {getattr(owner, name)!r}"
        raise ConfigError(expected, actual, "Correct the setting.")


def require_finite(owner: Any) -> None:
    """Raise ConfigError if a float field of a dataclass is not finite."""
    for entry in fields(owner):
        value = getattr(owner, entry.name)
        if isinstance(value, float):
            require(math.isfinite(value), "a finite number", owner, entry.name)
