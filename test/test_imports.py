"""The import directions of the package: core knows nothing, the command line knows everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "utrack_ros"
SOURCES = Path(__file__).parents[1] / PACKAGE

ALLOWED = {
    "core": set(),
    "heap": set(),
    "network": {"core"},
    "engine": {"core", "network", "checks", "heap"},
    "apart": {"core", "engine", "heap"},
    "io": {"core"},
    "checks": {"core", "network"},
    "data": {"core", "io"},
    "ros": {"core", "apart", "checks", "engine", "io", "heap"},
    "doctor": {"core", "checks", "ros"},
    "demo": {"core", "data", "io", "ros"},
    "evaluation": {"core", "data", "engine", "network"},
    "training": {"core", "network", "data", "io"},
    "offline": {"core", "engine", "io", "ros.bag", "ros.bag_results"},
    "bench": {"core", "network", "engine", "io", "data", "evaluation", "demo", "ros.publish_log", "ros.frame_times"},
    "programs": {"ros", "heap"},
    "cli": {
        "programs",
        "core",
        "network",
        "engine",
        "io",
        "data",
        "ros",
        "demo",
        "doctor",
        "offline",
        "evaluation",
        "training",
        "bench",
    },
}
"""Which parts a part may import besides itself; `ros.bag` and the like are single modules."""

ROS_PACKAGES = {
    "rclpy", "utrack_interfaces", "sensor_msgs", "std_msgs", "std_srvs", "diagnostic_msgs", "lifecycle_msgs",
    "builtin_interfaces", "rcl_interfaces", "rosgraph_msgs", "geometry_msgs", "vision_msgs",
    "visualization_msgs", "launch", "launch_ros",
}  # fmt: skip
"""What only a ROS 2 has; cv_bridge is not among them, because it is tried and done without."""

WITHOUT_ROS = (
    "core", "heap", "network", "engine", "apart", "io", "data", "evaluation", "training", "offline", "checks",
    "ros.image_codec",
    "ros.bag", "ros.bag_results", "ros.recording", "ros.playback", "ros.compressed_codec", "ros.calibration",
    "ros.bearings", "ros.machine_look",
    "bench.contestant", "bench.probe", "bench.rounds", "bench.report", "bench.tables", "bench.picture", "bench.check",
)  # fmt: skip
"""What must work where there is no ROS 2, with all that it imports."""

COMMANDS = ("cli", "programs", "evaluation.cli", "training.cli")
"""The command line, its groups and the installed programs: they import the rest inside a function only, so that
`--help` is quick."""

FILES_AND_CLOCKS = {"time", "datetime", "pathlib", "os", "io", "shutil", "tempfile", "glob", "socket", "subprocess"}


@dataclass(frozen=True)
class Import:
    """One import statement's target.

    Attributes:
        name: full dotted name; `from a import b` counts as a and as a.b.
        lazy: it stands inside a function.
    """

    name: str
    lazy: bool = False


def imports(source: str, module: str, is_package: bool = False) -> set[Import]:
    """Return what a module's source imports, relative imports resolved.

    Args:
        source: Python source.
        module: its full dotted name.
        is_package: it is an __init__.py.
    """
    return set(_walk(ast.parse(source), module if is_package else module.rpartition(".")[0], lazy=False))


def _walk(node: ast.AST, package: str, lazy: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, lazy) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - (node.level - 1)]
            base = ".".join([*above, base] if base else above)
        yield Import(base, lazy)
        yield from (Import(f"{base}.{alias.name}", lazy) for alias in node.names)
    inside = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, package, inside)


def part(name: str) -> str | None:
    """Return the part of the package that a dotted name lies in, or None for other packages and the root."""
    words = name.split(".")
    return words[1] if words[0] == PACKAGE and len(words) > 1 and words[1] in ALLOWED else None


def wrong_directions(module: str, found: set[Import]) -> list[str]:
    """Return the imports that point the wrong way, as `module -> import`."""
    own = part(module)
    if own is None:
        return []
    wrong = []
    command = module.removeprefix(f"{PACKAGE}.") in COMMANDS
    for target in found:
        to = part(target.name)
        inner = target.name.removeprefix(f"{PACKAGE}.")
        named = any(inner == allowed or inner.startswith(f"{allowed}.") for allowed in ALLOWED[own])
        leads_to_named = any(allowed.startswith(f"{inner}.") for allowed in ALLOWED[own])
        if to not in (None, own) and not named and not (leads_to_named and _completed(target, found, own)):
            wrong.append(f"{module} -> {target.name}")
        elif command and to not in (None, "cli", "core") and not inner.startswith(COMMANDS) and not target.lazy:
            wrong.append(f"{module} -> {target.name} (outside a function)")
    return sorted(wrong)


def _completed(target: Import, found: set[Import], own: str) -> bool:
    """Return whether `from .ros import bag` is what brought `ros` in, and nothing else of it."""
    below = {other.name for other in found if other.name.startswith(f"{target.name}.")}
    allowed = tuple(f"{PACKAGE}.{name}" for name in ALLOWED[own])
    return bool(below) and all(name.startswith(allowed) for name in below)


def modules() -> dict[str, tuple[Path, bool]]:
    """Return every module of the package: dotted name -> (file, whether it is a package)."""
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        words = list(path.relative_to(SOURCES.parent).with_suffix("").parts)
        is_package = words[-1] == "__init__"
        found[".".join(words[:-1] if is_package else words)] = (path, is_package)
    return found


MODULES = modules()
GRAPH = {name: imports(path.read_text("utf-8"), name, package) for name, (path, package) in MODULES.items()}


def reached(start: str, graph: dict[str, set[Import]]) -> dict[str, str]:
    """Return every name that importing a module imports, at once or later, each with who imports it."""
    by: dict[str, str] = {}
    queue = [start]
    while queue:
        module = queue.pop()
        words = module.split(".")
        above = {".".join(words[:count]) for count in range(1, len(words))} if words[0] == PACKAGE else set()
        for name in above | {target.name for target in graph.get(module, ())}:
            if name not in by:
                by[name] = module
                queue.append(name)
    return by


def ros_imports(start: str, graph: dict[str, set[Import]]) -> list[str]:
    """Return the ROS packages that a module needs, directly or through others."""
    found = reached(start, graph).items()
    return sorted(f"{by} -> {name}" for name, by in found if name.split(".")[0] in ROS_PACKAGES)


def test_the_sources_are_found():
    assert {f"{PACKAGE}.{name}" for name in ("core.boxes", "network", "engine", "io", "data", "ros", "cli")} <= set(
        GRAPH
    )


def test_every_module_belongs_to_a_part_with_rules():
    strange = [name for name in GRAPH if name != PACKAGE and part(name) is None]

    assert not strange, f"say in ALLOWED what these may import: {strange}"


@pytest.mark.parametrize("module", sorted(GRAPH))
def test_imports_point_the_right_way(module):
    assert wrong_directions(module, GRAPH[module]) == []


@pytest.mark.parametrize("start", WITHOUT_ROS)
def test_what_must_work_without_ros_imports_none_of_it(start):
    prefix = f"{PACKAGE}.{start}"
    inside = [name for name in GRAPH if name == prefix or name.startswith(f"{prefix}.")]

    assert inside
    assert [line for name in inside for line in ros_imports(name, GRAPH)] == []


def test_core_touches_no_files_and_no_clock():
    core = {name: found for name, found in GRAPH.items() if part(name) == "core"}

    assert [
        f"{name} -> {target.name}"
        for name, found in core.items()
        for target in found
        if target.name.split(".")[0] in FILES_AND_CLOCKS
    ] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.boxes", "import utrack_ros.ros.node"),
        ("core.boxes", "from utrack_ros.io import source"),
        ("core.boxes", "from ..io.source import Frame"),
        ("core.boxes", "from .. import io"),
        ("core.boxes", "def f():\n    from ..engine import load_tracker"),
        ("core.boxes", "if TYPE_CHECKING:\n    from ..network.build import build"),
        ("network.build", "from ..engine import load_tracker"),
        ("io.source", "from ..data import synthetic"),
        ("ros.node", "from ..demo import run"),
        ("ros.node", "from ..network import build"),
        ("offline", "from .ros.node import main"),
        ("offline", "from .ros import node"),
        ("offline", "from .ros import bag, node"),
        ("offline", "from . import ros"),
        ("cli", "from .engine import load_tracker"),
        ("training.loop", "from ..evaluation import runner"),
        ("training.loop", "from ..ros import node"),
        ("data.pairs", "from ..training import bank"),
        ("training.cli", "from .config import read_config"),
    ],
)
def test_a_wrong_import_is_noticed(module, source):
    name = f"{PACKAGE}.{module}"

    assert wrong_directions(name, imports(source, name)) != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core.boxes", "import numpy\nfrom .errors import BoxError\nfrom . import config"),
        ("core.boxes", "from .. import __version__"),
        ("network.build", "from ..core import errors"),
        ("demo.run", "from ..ros import bag\nfrom ..data import synthetic\nfrom ..io.results import read_rows"),
        ("offline", "from .ros.bag import open_footage"),
        ("offline", "from .ros import bag"),
        ("cli", "from .core.errors import UTrackError\ndef f():\n    from .engine import load_tracker"),
        ("training.siou_run", "from ..network import build\nfrom ..data import pairs\nfrom . import bank"),
        ("training.cli", "def f():\n    from .config import read_config"),
    ],
)
def test_a_right_import_passes(module, source):
    name = f"{PACKAGE}.{module}"

    assert wrong_directions(name, imports(source, name)) == []


def test_an_import_of_ros_through_another_module_is_noticed():
    graph = {
        "utrack_ros.ros.bag": {Import("utrack_ros.ros.messages", lazy=True)},
        "utrack_ros.ros.messages": {Import("sensor_msgs.msg")},
    }

    assert ros_imports("utrack_ros.ros.bag", graph) == ["utrack_ros.ros.messages -> sensor_msgs.msg"]


def test_an_import_of_ros_in_the_package_above_is_noticed():
    graph = {"utrack_ros.ros": {Import("rclpy")}, "utrack_ros.ros.bag": set()}

    assert ros_imports("utrack_ros.ros.bag", graph) == ["utrack_ros.ros -> rclpy"]
