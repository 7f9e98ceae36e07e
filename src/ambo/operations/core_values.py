"""`Execution`: one run of a Core statement, as listeners and the callables of column defaults see it (their `context`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ambo.errors import InvalidRequestError
from ambo.operations.channel import Channel
from ambo.operations.core_plan import CorePlan
from ambo.statements.keys import StatementKey


class Execution:
    """What is being run: `statement` (the SQL), `clause` (the statement object), `sets` (the parameters), `current_parameters`.

    A default's callable that takes an argument gets this object: `def total(context): return context.get_current_parameters()["price"] * 2`.
    """

    __slots__ = (
        "__dict__",  # listeners note when a statement began
        "_current",
        "channel",
        "clause",
        "compiled_at",
        "execution_options",
        "is_fresh",
        "key",
        "plan",
        "sets",
        "statement",
    )

    def __init__(
        self,
        channel: Channel,
        options: Mapping[str, Any],
        clause: Any = None,
        sets: Sequence[Mapping[str, Any]] = (),
        planned: tuple[CorePlan, StatementKey, bool] | None = None,
    ) -> None:
        self.channel = channel
        channel.held = True  # by whoever is given this, such as a result
        self.execution_options = options
        self.clause = clause
        self.sets = sets
        self.statement = ""
        self.plan: CorePlan | None = None
        self.compiled_at: float | None = None
        self.is_fresh = False
        self._current: Mapping[str, Any] | None = None
        if planned is not None:
            self.plan, self.key, self.is_fresh = planned
            self.compiled_at = self.plan.compiled_at

    @property
    def compiled(self) -> Any:
        """The compiled statement, None for raw SQL."""
        return self.plan.compiled if self.plan is not None else None

    invoked_statement = property(lambda self: self.clause)

    @property
    def dialect(self) -> Any:
        """The SQL dialect."""
        return self.channel.dialect

    @property
    def connection(self) -> Any:
        """The connection."""
        return self.channel.facade(False)

    root_connection = connection

    @property
    def engine(self) -> Any:
        """The engine."""
        return self.connection.engine

    @property
    def executemany(self) -> bool:
        """Whether there are several parameter sets."""
        return len(self.sets) > 1

    @property
    def isinsert(self) -> bool:
        """Whether an INSERT is run."""
        return self.clause is not None and self.clause.is_insert

    @property
    def isupdate(self) -> bool:
        """Whether an UPDATE is run."""
        return self.clause is not None and self.clause.is_update

    @property
    def isdelete(self) -> bool:
        """Whether a DELETE is run."""
        return self.clause is not None and self.clause.is_delete

    @property
    def compiled_parameters(self) -> list[Mapping[str, Any]]:
        """The parameter sets."""
        return list(self.sets)

    @property
    def current_parameters(self) -> Mapping[str, Any] | None:
        """The values of the row whose defaults are being computed; None at any other time."""
        return self._current

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> Mapping[str, Any]:
        """Return the values of the row whose defaults are being computed.

        Raises InvalidRequestError outside of a default's callable.
        """
        if self._current is None:
            raise InvalidRequestError("get_current_parameters() can be called by the callable of a column's default or onupdate only")
        return self._current

    def value_of(self, default: Any, current: Mapping[str, Any]) -> Any:
        """Compute a Python-side default for a row that has these values so far."""
        if not default.is_callable:
            return default.arg
        self._current = current
        busy, self.channel.busy = self.channel.busy, None  # the callable may use `connection`
        try:
            return default.arg(self)
        finally:
            self.channel.busy = busy
            self._current = None
