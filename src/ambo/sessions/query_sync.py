# Generated from sessions/query_aio.py by tools/unasync.py; change that file and run `make unasync`.
# ruff: noqa: I001, RUF100
"""`Query`: the terminals of the classic Query, awaited. `Query` in `query_sync.py` is generated from this file.

Each body runs one operation, the one of `operations/classic.py` of the same name, run by the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from ambo.operations import classic
from ambo.sessions.query_items import Items

T = TypeVar("T", covariant=True)


class Query(Items[T], Generic[T]):
    """A query in the classic form, made by `session.query(User)`; see `QueryBase` for what builds it."""

    def all(self) -> list[T]:
        """Return every result: objects for a single class, rows otherwise."""
        return self._ask(classic.all_rows(self.session, self.statement, self.is_single_entity))

    def first(self) -> T | None:
        """Return the first result, or None."""
        found: T | None = self._ask(classic.first(self.session, self.statement, self.is_single_entity))
        return found

    def one(self) -> T:
        """Return the only result.

        Raises NoResultFound or MultipleResultsFound.
        """
        found: T = self._ask(classic.one(self.session, self.statement, self.is_single_entity))
        return found

    def one_or_none(self) -> T | None:
        """Return the only result, or None.

        Raises MultipleResultsFound.
        """
        found: T | None = self._ask(classic.one_or_none(self.session, self.statement, self.is_single_entity))
        return found

    def scalar(self) -> Any:
        """Return the first column of the only row, or None if there is no row."""
        return self._ask(classic.scalar(self.session, self.statement))

    def count(self) -> int:
        """Return how many rows the query would give."""
        return self._ask(classic.count(self.session, self.statement))

    def get(self, ident: Any) -> T | None:
        """Return the object with this primary key, or None."""
        found: T | None = self._ask(classic.get(self.session, self.statement, ident))
        return found

    def update(
        self, values: Mapping[Any, Any], synchronize_session: Any = "auto", update_args: Mapping[str, Any] | None = None
    ) -> int:
        """Update every matching row; return how many there were."""
        statement, chosen = self._to_write("before_compile_update", values)
        return self._ask(classic.update(self.session, statement, chosen, synchronize_session, update_args or {}))

    def delete(self, synchronize_session: Any = "auto", delete_args: Mapping[str, Any] | None = None) -> int:
        """Delete every matching row; return how many there were."""
        statement, _ = self._to_write("before_compile_delete")
        return self._ask(classic.delete(self.session, statement, synchronize_session, delete_args or {}))
