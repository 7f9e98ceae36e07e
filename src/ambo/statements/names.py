"""Names with instructions: quoted or not, made by a convention, or to be shortened to what the database allows."""

from __future__ import annotations

import hashlib
from typing import Any


class quoted_name(str):
    """A name that says whether it is to be quoted: always (True), never (False), or as needed (None)."""

    __slots__ = ("quote",)
    quote: bool | None

    def __new__(cls, value: str, quote: bool | None = None) -> quoted_name:
        if isinstance(value, quoted_name) and (quote is None or value.quote == quote):
            return value
        made = super().__new__(cls, value)
        made.quote = quote
        return made

    @classmethod
    def construct(cls, value: str | None, quote: bool | None) -> str | None:
        """Return the name with its instruction; None and uninstructed names as they are."""
        if value is None or quote is None:
            return value
        return cls(value, quote)

    def lower(self) -> str:
        return self if self.quote else str(self).lower()

    def upper(self) -> str:
        return self if self.quote else str(self).upper()

    def __reduce__(self) -> Any:
        return quoted_name, (str(self), self.quote)

    def __repr__(self) -> str:
        return repr(str(self))

    def __str__(self) -> str:
        return str.__str__(self)


class truncated_name(str):
    """A name that may be shortened when the database allows fewer characters."""

    __slots__ = ()


class conv(truncated_name):
    """A name that a naming convention must leave as it is: `CheckConstraint("x > 5", name=conv("ck_x"))`."""

    __slots__ = ()


class _NoName:
    """A constraint whose name is none on purpose, so that no convention names it."""

    def __repr__(self) -> str:
        return "_NONE_NAME"


NO_NAME = _NoName()


def shortened(name: str, longest: int) -> str:
    """Return a name of at most `longest` characters that still tells itself from its neighbours."""
    if len(name) <= longest:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: max(longest - 8, 0)]}_{digest[-4:]}"
