"""`BitString`: the value of a PostgreSQL BIT column, text of zeros and ones with the operators of bits."""

from __future__ import annotations

from collections.abc import Callable
from operator import and_, or_, xor
from typing import Any, Self, SupportsIndex


class BitString(str):
    """Text of `0` and `1` that knows `&`, `|`, `^`, `~`, `<<` and `>>`; equal to the plain text.

    Raises ValueError for other characters, and for an operator whose operands differ in length.

        >>> BitString("1100") & BitString("0110")
        BitString("0100")
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        if str.strip(value, "01"):
            raise ValueError(f"BitString must only contain '0' and '1' chars, got {value!r}")
        return super().__new__(cls, value)

    @classmethod
    def from_int(cls, value: int, length: int) -> Self:
        """Return the bits of a number, `length` of them.

        Raises ValueError if the number is negative or needs more.
        """
        if value < 0:
            raise ValueError("value must be non-negative")
        if value.bit_length() > length:
            raise ValueError(f"Cannot encode {value} as a BitString of length {length}")
        return cls(f"{value:0{length}b}" if length else "")

    @classmethod
    def from_bytes(cls, value: bytes, length: int = -1) -> Self:
        """Return the bits of bytes, the most significant first; `length` bits, or eight a byte."""
        return cls.from_int(int.from_bytes(value, "big"), len(value) * 8 if length < 0 else length)

    @property
    def bit_length(self) -> int:
        """How many bits there are."""
        return len(self)

    @property
    def octet_length(self) -> int:
        """How many bytes they take."""
        return (len(self) + 7) // 8

    def get_bit(self, index: int) -> str:
        """Return the bit at a position, the first on the left, as `"0"` or `"1"`."""
        return str.__getitem__(self, index)

    def has_bit(self, index: int) -> bool:
        """Tell whether the bit at a position is 1."""
        return self.get_bit(index) == "1"

    def set_bit(self, index: int, value: Any) -> Self:
        """Return the bits with another one at a position."""
        self.get_bit(index)
        at = range(len(self))[index]
        return type(self)(f"{str(self)[:at]}{int(value)}{str(self)[at + 1 :]}")

    def to_bytes(self, length: int = -1) -> bytes:
        """Return the bits as a number in bytes, the most significant first."""
        return int(self).to_bytes(self.octet_length if length < 0 else length, "big")

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def __int__(self) -> int:
        return int(str(self), 2) if self else 0

    def __str__(self) -> str:
        return str.__getitem__(self, slice(None))

    def __repr__(self) -> str:
        return f'BitString("{self}")'

    def __getitem__(self, key: Any) -> Self:
        return type(self)(str.__getitem__(self, key))

    def __add__(self, other: str) -> Self:
        return type(self)(str.__add__(self, other))

    def __radd__(self, other: str) -> Self:
        return type(self)(str.__add__(other, self))

    def __invert__(self) -> Self:
        return type(self)(self.translate({48: "1", 49: "0"}))

    def __lshift__(self, count: int) -> Self:
        return type(self)((str(self)[count:] + "0" * count)[: len(self)]) if count >= 0 else self >> -count

    def __rshift__(self, count: int) -> Self:
        return type(self)(("0" * count + str(self))[: len(self)]) if count >= 0 else self << -count

    def _combined(self, other: Any, operator: Callable[[int, int], int]) -> Any:
        if not isinstance(other, str):
            return NotImplemented
        if len(other) != len(self):
            raise ValueError("Operands must be the same length")
        return self.from_int(operator(int(self), int(BitString(other))), len(self))

    def __and__(self, other: Any) -> Any:
        return self._combined(other, and_)

    def __or__(self, other: Any) -> Any:
        return self._combined(other, or_)

    def __xor__(self, other: Any) -> Any:
        return self._combined(other, xor)

    def lstrip(self, char: str | None = "0") -> Self:
        """Return the bits without those on the left that are `char`."""
        return type(self)(str.lstrip(self, char or "0"))

    def rstrip(self, char: str | None = "0") -> Self:
        """Return the bits without those on the right that are `char`."""
        return type(self)(str.rstrip(self, char or "0"))

    def strip(self, char: str | None = "0") -> Self:
        """Return the bits without those on both sides that are `char`."""
        return type(self)(str.strip(self, char or "0"))

    def removeprefix(self, prefix: str, /) -> Self:
        """Return the bits without some at the beginning."""
        return type(self)(str.removeprefix(self, prefix))

    def removesuffix(self, suffix: str, /) -> Self:
        """Return the bits without some at the end."""
        return type(self)(str.removesuffix(self, suffix))

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> Self:
        """Return the bits with some replaced by others."""
        return type(self)(str.replace(self, old, new, count))

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """Return the parts between a separator."""
        return [type(self)(one) for one in str.split(self, sep, maxsplit)]

    def zfill(self, width: SupportsIndex) -> Self:
        """Return the bits with zeros before them, up to a length."""
        return type(self)(str.zfill(self, width))
