"""Making objects of a result part by part, while the driver waits for the rest of it.

    server sends rows 1-1250 -> objects 1-1250 while it sends rows 1251-2500 -> ... -> the list of all

A driver that can gives its reader the rows as they come (`effects.Execute.reader`): the time that was spent waiting is used, and no more
rows than one part are in memory as such. Only long results are worth it, so the first execution of a statement has no reader; what a
short one costs is not touched.

Rule 1: a reader never raises into the driver, which must read what the server still sends; `finished` raises.
Rule 2: the collector pauses while parts are made, never while waiting.

A long list of rows that is here already is read in parts, too: the collector then looks at objects that were just made (`collecting.py`).
"""

from __future__ import annotations

from typing import Any

from ambo.collecting import undisturbed, undisturbed_for_each
from ambo.loading.row_loader import LONG, Parts, RowLoader
from ambo.loading.unreadable import READING_ERRORS, columns_of, unreadable

_PARTS = 8
"""Into how many parts a result is cut: enough to use most of the waiting, few enough to cost nothing themselves."""


class PartReader:
    """Runs a row loader over parts of the rows; `part` is how many are in one."""

    __slots__ = ("_error", "_loader", "_loading", "_parts", "_rows", "part")

    def __init__(self, loader: RowLoader, loading: Any) -> None:
        self.part = max(loader.expected // _PARTS, LONG)
        self._loader = loader
        self._loading = loading
        self._parts: Parts | None = None
        self._rows = 0
        self._error: BaseException | None = None

    @property
    def is_used(self) -> bool:
        """Whether a driver gave rows to it."""
        return self._parts is not None

    def __call__(self, rows: list[Any]) -> None:
        """Make objects of some rows."""
        if self._error is None:
            try:
                undisturbed(self._read, rows)
            except READING_ERRORS as error:
                self._error = blamed(self._loader, rows, error)
            except BaseException as error:
                self._error = error

    def _read(self, rows: list[Any]) -> None:
        if self._parts is None:
            self._parts = self._loader.in_parts(self._loading)
            next(self._parts)
        self._rows += len(rows)
        self._parts.send(rows)
        rows.clear()

    def finished(self) -> Any:
        """Return all that was made, as `RowLoader.load` does.

        Raises what went wrong on the way.
        """
        assert self._parts is not None
        if self._error is not None:
            raise self._error
        try:
            self._parts.send(None)
        except StopIteration as stop:
            made = stop.value
        note_length(self._loader, self._rows)
        return made


def read_in_parts(loader: RowLoader, rows: list[Any], loading: Any) -> Any:
    """Return what a row loader makes of a long list of rows, which is empty afterwards."""
    reader = PartReader(loader, loading)
    parts = [rows[at : at + LONG] for at in range(0, len(rows), LONG)]
    rows.clear()
    undisturbed_for_each(reader, parts)
    return reader.finished()


def note_length(loader: RowLoader, rows: int) -> None:
    """Remember whether a statement brings long results."""
    loader.expected = rows if rows > LONG else 0


def blamed(loader: RowLoader, rows: Any, error: BaseException) -> BaseException:
    """Return the error that names the value which could not be read, or else the very error."""
    found = unreadable(columns_of(loader.plan, loader.names), rows, loader.dialect)
    if found is None:
        return error
    found.__cause__ = error
    return found
