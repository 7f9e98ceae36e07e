"""Arrays of integers in PostgreSQL's binary form, made at once: what select-in loads and writes of many rows send most.

psycopg asks for the dumper of each element and packs it by itself, which takes three times as long; and it sends the smallest type that fits
the numbers, so that one statement would be prepared for several types.

    packed("INTEGER", [1, 2])  ->  (its bytes, the array's type)
    packed("INTEGER", [1, None])  ->  None: psycopg knows what to do

The form: number of dimensions, whether there are NULLs, the element's type, the length, the first index; then each element after its length.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

_INT4, _INT8 = 23, 20
_INT4_ARRAY, _INT8_ARRAY = 1007, 1016


def packed(kind: str, values: Any) -> tuple[bytes, int] | None:
    """Return a list as a binary array and the array's type, None for what is not packed here: other types, NULLs, nested and empty lists."""
    known = _PACKERS.get(kind)
    if known is None or values.__class__ is not list or set(map(type, values)) != {int}:
        return None
    pack, oid = known
    try:
        return pack(values), oid
    except struct.error:  # a number that is too large
        return None


def _four_bytes(values: Sequence[int]) -> bytes:
    count = len(values)
    flat = [4] * (2 * count)
    flat[1::2] = values
    return struct.pack(f">{5 + 2 * count}i", 1, 0, _INT4, count, 1, *flat)


def _eight_bytes(values: Sequence[int]) -> bytes:
    count = len(values)
    halves = struct.unpack(f">{2 * count}i", struct.pack(f">{count}q", *values))
    flat = [8] * (3 * count)
    flat[1::3], flat[2::3] = halves[::2], halves[1::2]
    return struct.pack(f">{5 + 3 * count}i", 1, 0, _INT8, count, 1, *flat)


_PACKERS: dict[str, tuple[Callable[[Sequence[int]], bytes], int]] = {
    "INTEGER": (_four_bytes, _INT4_ARRAY),
    "BIGINT": (_eight_bytes, _INT8_ARRAY),
}
