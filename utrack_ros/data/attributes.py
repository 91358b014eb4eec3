"""What makes a sequence hard: the flags of each benchmark, in the order of its files, which differs between them."""

from __future__ import annotations

import csv
from pathlib import Path

from ..core.errors import DataError
from .boxfile import read_flags, read_lines

NAMES = {
    "ARC": "Aspect Ratio Change",
    "ARV": "Aspect Ratio Variation",
    "BC": "Background Clutter",
    "CM": "Camera Motion",
    "DEF": "Deformation",
    "FCM": "Fast Camera Motion",
    "FM": "Fast Motion",
    "FOC": "Full Occlusion",
    "IPR": "In-Plane Rotation",
    "IV": "Illumination Variation",
    "LO": "Large Occlusion",
    "LR": "Low Resolution",
    "LT": "Long-term Tracking",
    "MB": "Motion Blur",
    "OB": "Object Blur",
    "OCC": "Occlusion",
    "OM": "Object Motion",
    "OPR": "Out-of-Plane Rotation",
    "OV": "Out of View",
    "POC": "Partial Occlusion",
    "ROT": "Rotation",
    "SO": "Small Object",
    "SOA": "Similar Objects Around",
    "SOB": "Similar Object",
    "SV": "Scale Variation",
    "VC": "Viewpoint Change",
}

UAV123_ORDER = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")

ORDERS: dict[str, tuple[str, ...]] = {
    "UAV123": UAV123_ORDER,
    "UAV123_10fps": UAV123_ORDER,
    "UAVDT": ("BC", "CM", "OM", "SO", "IV", "OB", "SV", "LT", "LO"),
    "DTB70": ("SV", "ARV", "OCC", "DEF", "FCM", "IPR", "OPR", "OV", "BC", "SOA", "MB"),
    "VisDrone-SOT": ("ARC", "BC", "CM", "FM", "FOC", "IV", "LR", "OV", "POC", "SOB", "SV", "VC"),
    "OTB100": ("IV", "OPR", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC", "LR"),
    "LaSOT": ("IV", "POC", "DEF", "MB", "CM", "ROT", "BC", "VC", "SV", "FOC", "FM", "OV", "LR", "ARC"),
}


def read_attributes(benchmark: str, *candidates: Path) -> tuple[str, ...]:
    """Return the names of the attributes that a sequence has, from the first of these files that is there.

    Args:
        benchmark: key of `ORDERS`.
        candidates: where the file may lie; distributions differ.

    Returns:
        Full names, in the order of the benchmark; empty when there is no such file.

    Raises:
        DataError: another count of flags than the benchmark has.
    """
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        return ()
    flags, order = read_flags(path), ORDERS[benchmark]
    if len(flags) != len(order):
        raise DataError(f"{len(order)} flags in {path}: {' '.join(order)}", f"{len(flags)}", "Replace the file.")
    return tuple(NAMES[code] for code, flag in zip(order, flags, strict=True) if flag)


def read_table(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the attributes of all sequences from a table `sequence,<code>,<code>...` of 0 and 1.

    Raises:
        DataError: another header, or a row with another count or other values; names file and line.
    """
    lines = read_lines(path)
    try:
        rows = list(csv.reader(lines))
    except csv.Error as error:
        raise DataError(f"a table of attributes in {path}", str(error), "Replace the file.") from error
    codes = rows[0][1:] if rows else []
    if not rows or rows[0][:1] != ["sequence"] or any(code not in NAMES for code in codes):
        came = lines[0][:80] if lines else "an empty file"
        raise DataError(f"the header sequence,<code>,... in {path}", came, f"Codes: {' '.join(NAMES)}.")
    table = {}
    for number, row in enumerate(rows[1:], start=2):
        flags = row[1:]
        if not row or len(flags) != len(codes) or not {*flags} <= {"0", "1"}:
            raise DataError(f"{len(codes)} flags 0 or 1 in line {number} of {path}", str(row)[:80], "Mend the file.")
        table[row[0]] = tuple(NAMES[code] for code, flag in zip(codes, flags, strict=True) if flag == "1")
    return table
