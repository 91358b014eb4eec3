"""The node's parameters on ROS 2: declared from the table, changed at run time or refused as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from ..core.errors import ConfigError
from .parameter_rule import Rule
from .parameters import Parameters, changed, names


def _descriptor(kind: type, rule: Rule) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=rule.description, additional_constraints=rule.choices, read_only=rule.read_only
    )
    if kind is float:
        descriptor.floating_point_range = [FloatingPointRange(from_value=rule.low, to_value=rule.high)]
    elif kind is int:
        descriptor.integer_range = [IntegerRange(from_value=int(rule.low), to_value=int(rule.high), step=1)]
    return descriptor


class ParameterServer:
    """Declares the table on a node and keeps the snapshot in force.

    Attributes:
        current: the snapshot; replaced as a whole by a set that was accepted.
    """

    def __init__(self, node: Node, on_change: Callable[[Parameters], None]) -> None:
        """Declare every parameter, read the overrides and watch for changes.

        Args:
            node: the node that owns the parameters.
            on_change: called with the new snapshot after each accepted set.

        Raises:
            ConfigError: an override of the wrong type, outside its range, or against another one.
        """
        self._on_change = on_change
        values = {}
        for row in dataclasses.fields(Parameters):
            descriptor = _descriptor(type(row.default), row.metadata["rule"])
            try:
                values[row.name] = node.declare_parameter(row.name, row.default, descriptor).value
            except (InvalidParameterTypeException, InvalidParameterValueException) as error:
                raise ConfigError(
                    f"a valid value for parameter {row.name}", f"the error '{error}'", "Correct the parameter file."
                ) from error
        self.current = Parameters(**values)
        _warn_of_unknown(node)
        node.add_on_set_parameters_callback(self._on_set)

    def _on_set(self, parameters: list[Parameter[Any]]) -> Any:
        try:
            self.current = changed(self.current, {parameter.name: parameter.value for parameter in parameters})
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._on_change(self.current)
        return SetParametersResult(successful=True)


def _warn_of_unknown(node: Node) -> None:
    """Point at misspelt parameters, which rclpy ignores without a word."""
    given = set(getattr(node, "_parameter_overrides", {}))
    theirs = ("use_sim_time", "start_type_description_service", "qos_overrides.")
    unknown = sorted(name for name in given - set(names()) if not name.startswith(theirs))
    if unknown:
        node.get_logger().warning(f"unknown parameters are ignored: {', '.join(unknown)}; known: {', '.join(names())}")
