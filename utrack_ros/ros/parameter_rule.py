"""What a value of a parameter must satisfy, and the words for one that does not."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..core.errors import ConfigError

TYPE_NAMES: dict[type, str] = {bool: "bool", int: "int", float: "double", str: "string"}


@dataclass(frozen=True)
class Rule:
    """What a value must satisfy beyond its type.

    Attributes:
        description: one sentence, for people.
        low: smallest number allowed.
        high: largest number allowed.
        pattern: regular expression that a string must match in full.
        choices: the pattern in words.
        read_only: whether it is fixed once the node runs.
    """

    description: str
    low: float = -math.inf
    high: float = math.inf
    pattern: str = "(?s).*"
    choices: str = ""
    read_only: bool = False

    @property
    def allowed(self) -> str:
        """The range or the choices in words; empty when anything goes."""
        return f"{self.low:.12g} to {self.high:.12g}" if math.isfinite(self.low) else self.choices


def check(name: str, kind: type, rule: Rule, value: object) -> None:
    """Hold a value against the type and the rule of its parameter.

    Raises:
        ConfigError: it does not fit; names the parameter, what is allowed and what came.
    """
    expected = f"parameter {name} of type {TYPE_NAMES[kind]}"
    if type(value) is not kind:
        action = "Write a decimal point, as in 1.0." if kind is float and type(value) is int else ""
        raise ConfigError(expected, _shown(value), action)
    if isinstance(value, str) and not re.fullmatch(rule.pattern, value):
        raise ConfigError(f"parameter {name} to be {rule.choices}", _shown(value))
    if isinstance(value, (int, float)) and not rule.low <= value <= rule.high:
        raise ConfigError(f"{expected}, {rule.allowed}", _shown(value))


def _shown(value: object) -> str:
    """Return a value for people, however long it is."""
    if isinstance(value, int) and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    return f"{value:g}" if isinstance(value, float) else repr(value)[:80]
