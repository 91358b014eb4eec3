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


def require_at_least(owner: Any, above: str, **least: float) -> None:
    """Raise ConfigError if a field of a dataclass is smaller than its least value, or not finite.

    Args:
        owner: the dataclass.
        above: what goes before the field's name in the error, e.g. "loop.".
        least: smallest value of each field by its name.
    """
    for name, value in least.items():
        if not value <= getattr(owner, name) < math.inf:
            raise ConfigError(f"{above}{name} of at least {value:g}", str(getattr(owner, name)), "Correct the value.")


def require_finite(owner: Any) -> None:
    """Raise ConfigError if a float field of a dataclass is not finite."""
    for entry in fields(owner):
        value = getattr(owner, entry.name)
        if isinstance(value, float):
            require(math.isfinite(value), "a finite number", owner, entry.name)
