"""Settings by name: `refinement.mu=0.45` changes one field of a nested frozen dataclass."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from .errors import ConfigError

Config = TypeVar("Config")


def with_settings(config: Config, changes: Mapping[str, str]) -> Config:
    """Return a configuration with some fields changed.

    Args:
        config: a frozen dataclass, whose fields may be such again.
        changes: dotted name -> value as text; the field's present value says of what type.

    Raises:
        ConfigError: no such field, a value of another type, or one that the dataclass refuses.
    """
    for name, text in changes.items():
        config = _changed(config, name.split("."), text, name)
    return config


def _changed(config: Any, path: list[str], text: str, name: str) -> Any:
    known = {field.name for field in dataclasses.fields(config)} if dataclasses.is_dataclass(config) else set()
    if path[0] not in known:
        raise ConfigError(
            f"one of {', '.join(sorted(known)) or 'no further names'} in {name!r}", path[0], "Correct it."
        )
    old = getattr(config, path[0])
    new = _changed(old, path[1:], text, name) if len(path) > 1 else _parsed(old, text, name)
    return dataclasses.replace(config, **{path[0]: new})


def _parsed(old: Any, text: str, name: str) -> Any:
    """Return text as a value of the type that a field has now."""
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(old, (int, float, str)):
            return type(old)(text)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{type(old).__name__} for {name}", repr(text), "Correct the value.") from error
    raise ConfigError(f"a single setting at {name}", "a group of them", "Name one of its fields.")
