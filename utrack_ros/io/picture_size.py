"""The size of a JPEG or PNG from its head, before anything is decoded: a small file may hold a vast picture."""

from __future__ import annotations

JPEG_START = b"\xff\xd8"
PNG_START = b"\x89PNG\r\n\x1a\n"

START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers of the segment that holds the picture's size."""

PASSED_OVER = frozenset({0xC4, 0xCC, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE})
"""JPEG markers of the other segments that may come before it: tables, notes of applications, comments.

No other marker may. Those without a length, above all, would let this reader and the decoder see different sizes.
"""

MOST_SEGMENTS = 2000
"""Segments and filling bytes before the size; files with a colour profile and maps in their notes have some hundred."""


def declared_size(raw: bytes) -> tuple[int, int] | None:
    """Return (width, height) as a JPEG or PNG declares it, pixels; None where it is neither, or damaged."""
    if raw.startswith(PNG_START):
        if raw[12:16] != b"IHDR" or len(raw) < 24:
            return None
        return int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")
    at = 2 if raw.startswith(JPEG_START) else len(raw)
    for _ in range(MOST_SEGMENTS):
        if at + 9 > len(raw) or raw[at] != 0xFF:
            return None
        marker = raw[at + 1]
        if marker in START_OF_FRAME:
            return int.from_bytes(raw[at + 7 : at + 9], "big"), int.from_bytes(raw[at + 5 : at + 7], "big")
        if marker == 0xFF:
            at += 1
        elif marker in PASSED_OVER:
            at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        else:
            return None
    return None
