"""boxes.csv: a table of boxes with a header line."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from ..core.boxes import Box
from ..core.errors import DataError


@dataclass(frozen=True)
class BoxRow:
    """One line of the table.

    Attributes:
        where: the image's name, or the frame's number as it is written.
        object_id: number of the object in its clip or image.
        category: of the object; empty where the table has none.
        box_xywh: pixels, origin at the image's corner.
    """

    where: str
    object_id: int
    category: str
    box_xywh: Box


def read_box_table(path: Path, where: str) -> list[BoxRow]:
    """Read a table with the columns `where`, object_id, x, y, w, h and perhaps category.

    Args:
        path: the CSV file.
        where: name of the column that says in which picture the box is, "frame" or "image".

    Raises:
        DataError: missing, without one of the columns, or a line that is no box; names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"a table of boxes at {path}", str(error), "Check the path and the layout.") from error
    columns = (where, "object_id", "x", "y", "w", "h")
    try:
        reader = csv.DictReader(lines)
        table = list(reader)
    except csv.Error as error:
        raise DataError(f"a table of boxes at {path}", str(error), "Replace the file.") from error
    if not set(columns) <= set(reader.fieldnames or ()):
        came = lines[0][:80] if lines else "an empty file"
        raise DataError(f"the columns {', '.join(columns)} in {path}", came, "Replace the file.")
    rows = []
    for number, row in enumerate(table, start=2):
        try:
            x, y, w, h = (float(row[key]) for key in ("x", "y", "w", "h"))
            object_id = int(row["object_id"])
        except (TypeError, ValueError):
            x = y = w = h = math.nan
        if row[where] is None or not (math.isfinite(x + y) and 0 < w < math.inf and 0 < h < math.inf):
            came = ",".join(map(str, row.values()))[:80]
            raise DataError(f"a box with an object_id in line {number} of {path}", came, "Mend the line.")
        rows.append(BoxRow(row[where], object_id, row.get("category") or "", (x, y, w, h)))
    return rows
