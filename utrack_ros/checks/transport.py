"""The transport that a process started from this shell would use, and whether large images fit through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .finding import Finding, Level, megabytes

DEFAULT_SEGMENT_BYTES = 524_288
"""Fast DDS's own shared-memory segment."""

LARGE_BYTES = 8_000_000
"""Segment from which a 1080p image fits."""

PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")

NO_BUILTIN = re.compile(r"<useBuiltinTransports>\s*(?:false|0)\s*</useBuiltinTransports>")


@dataclass(frozen=True)
class Transport:
    """What the environment says about the middleware.

    Attributes:
        rmw: name of the ROS middleware; empty = not known.
        variable: the environment variable by which this release's Fast DDS knows its profiles file.
        profile: that variable's value; empty = not set.
        other_variable: the name of another release's variable that is set in its place; empty = none.
        segment_bytes: segment size that the profiles file asks for; None = it cannot be read, or names none.
        readable: whether the profiles file can be read.
        builtin: FASTDDS_BUILTIN_TRANSPORTS.
        own: whether the profiles file brings transports of its own, and turns Fast DDS's built-in ones off.
        cuts: whether large messages go in fragments; see `cuts_messages`.
        advised: full path of the profiles file that comes with this package.
    """

    rmw: str = ""
    variable: str = PROFILE_VARIABLES[0]
    profile: str = ""
    other_variable: str = ""
    segment_bytes: int | None = None
    readable: bool = True
    builtin: str = ""
    own: bool = False
    cuts: bool = False
    advised: str = ""


def cuts_messages(environ: Mapping[str, str], profiles: str = "") -> bool:
    """Whether a process of this environment sends large messages in fragments, so that no segment must hold one whole.

    That is what Fast DDS's LARGE_DATA does: shared memory and TCP, a fragment of 64 kB by default at a time. ROS brings
    transports of its own where it is told to stay on this machine, and so does a profiles file like that of this
    package; then the setting has no effect. A process with it and one without never find each other, so the own
    environment tells how the others send.

    Args:
        environ: the environment.
        profiles: text of the profiles file that is in force; empty = none.
    """
    if brings_transports(profiles):
        return False
    stays_here = environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "").upper() == "LOCALHOST"
    stays_here |= environ.get("ROS_LOCALHOST_ONLY") == "1"
    return environ.get("FASTDDS_BUILTIN_TRANSPORTS", "").startswith("LARGE_DATA") and not stays_here


def brings_transports(profiles: str) -> bool:
    """Whether a profiles file, its text, turns Fast DDS's built-in transports off."""
    return NO_BUILTIN.search(profiles) is not None


def check_transport(transport: Transport, for_camera: bool = True) -> Finding:
    """Judge the transport.

    Args:
        transport: what the environment says.
        for_camera: whether a camera may be started with it; it is the publishing process that needs the room.
    """
    rmw = transport.rmw or "middleware not known"
    setting = f"export {transport.variable}={transport.advised or '<prefix>/share/utrack_ros/config/fastdds_shm.xml'}"
    if transport.rmw and "fastrtps" not in transport.rmw and "fastdds" not in transport.rmw:
        return Finding("transport", Level.OK, f"{rmw}; the shared-memory profile is for rmw_fastrtps_cpp only")
    if transport.profile and not transport.readable:
        seen = f"{transport.variable} names {transport.profile}, which cannot be read, so Fast DDS ignores it"
        return Finding("transport", Level.ERROR, seen, setting)
    if transport.cuts:
        return Finding("transport", Level.OK, f"{rmw}, FASTDDS_BUILTIN_TRANSPORTS={transport.builtin}")
    if transport.other_variable and not transport.profile:
        seen = f"{transport.other_variable} is set, but this release reads {transport.variable}"
        return Finding("transport", Level.WARN, seen, setting)
    segment = transport.segment_bytes or DEFAULT_SEGMENT_BYTES
    seen = f"{rmw}, shared-memory segments of {megabytes(segment)}"
    if transport.builtin.startswith("LARGE_DATA"):
        where = "beside the transports of that file" if transport.own else "where ROS stays on this machine (LOCALHOST)"
        seen += f", for FASTDDS_BUILTIN_TRANSPORTS has no effect {where}"
    if segment >= LARGE_BYTES:
        return Finding("transport", Level.OK, seen)
    if not for_camera:
        return Finding("transport", Level.OK, f"{seen}; what counts is the camera's process")
    return Finding("transport", Level.WARN, f"{seen}: a camera started from this shell loses larger images", setting)
