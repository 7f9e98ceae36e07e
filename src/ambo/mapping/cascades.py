"""`CascadeOptions`: which operations on an object go on to the objects of a relationship."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from ambo.errors import AmboWarning, ArgumentError, suggestion

ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete", "delete-orphan"})
_IN_ALL = ALL - {"delete-orphan"}
_WRITING = frozenset({"save-update", "delete", "delete-orphan"})


class CascadeOptions(frozenset[str]):
    """A set of `save-update`, `merge`, `refresh-expire`, `expunge`, `delete`, `delete-orphan`; `all` is all but the last, `none` nothing."""

    save_update: bool
    delete: bool
    refresh_expire: bool
    merge: bool
    expunge: bool
    delete_orphan: bool

    def __new__(cls, given: Iterable[str] | str | None) -> CascadeOptions:
        """Read what `relationship(cascade=...)` was given.

        Raises ArgumentError for an unknown name.
        """
        if isinstance(given, str) or given is None:
            listed = [one.strip() for one in (given or "").split(",") if one.strip()]
        else:
            listed = list(given)
        known = ALL | {"all", "none"}
        wrong = sorted(set(listed) - known)
        if wrong:
            raise ArgumentError(f"invalid cascade option(s): {', '.join(map(repr, wrong))}{suggestion(wrong[0], known)}")
        values = set(listed)
        if "all" in values:
            values |= _IN_ALL
        if "none" in values:
            values.clear()
        values.discard("all")
        if "delete-orphan" in values and "delete" not in values:
            warnings.warn("the 'delete-orphan' cascade option requires 'delete'", AmboWarning, stacklevel=3)
        made = super().__new__(cls, values)
        for name in ALL:
            setattr(made, name.replace("-", "_"), name in values)
        return made

    @classmethod
    def from_string(cls, arg: str) -> CascadeOptions:
        """Read a comma-separated list."""
        return cls(arg)

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"

    def __reduce__(self) -> Any:
        return (CascadeOptions, (sorted(self),))


def writing(cascade: Iterable[str]) -> list[str]:
    """Return those of the cascades that write to the database; a viewonly relationship has none of them."""
    return sorted(_WRITING.intersection(cascade))
