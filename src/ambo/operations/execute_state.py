"""What a `do_orm_execute` listener is given: the statement that is about to run, and the means to run another one instead.

    @event.listens_for(session, "do_orm_execute")
    def only_mine(state):
        if state.is_select and not state.is_column_load:
            state.statement = state.statement.options(with_loader_criteria(...))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ambo.effects import Op, call
from ambo.errors import InvalidRequestError
from ambo.loading.results import Result
from ambo.operations.sharding import run_on_shards


class ORMExecuteState:
    """One execution. Assign `statement` to change it; return a Result from the listener to take its place.

    `execution_options` are those in force when it began: the statement's, then the call's; `is_column_load` tells that columns of
    an object that is there already are being loaded (a refresh, an expired or deferred attribute).
    """

    def __init__(
        self,
        session: Any,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any],
        run: Callable[..., Op[Result[Any]]],
        lazy_loaded_from: Any = None,
        is_column_load: bool = False,
    ) -> None:
        self.session = session
        self.statement = statement
        self.parameters = parameters
        self.local_execution_options: dict[str, Any] = dict(execution_options)
        self.bind_arguments: dict[str, Any] = dict(bind_arguments)
        self.execution_options: dict[str, Any] = {**statement._execution_options, **execution_options}
        self.is_column_load = is_column_load
        self.run = run
        self._lazy_loaded_from = lazy_loaded_from
        self.loader_strategy_path: Any = None

    @property
    def lazy_loaded_from(self) -> Any:
        """The state of the object whose relationship is being loaded, None if no attribute asked for this load.

        Raises InvalidRequestError if the statement is no SELECT.
        """
        if not self.is_select:
            raise InvalidRequestError("This ORM execution is not against a SELECT statement; only a SELECT can be a lazy load")
        return self._lazy_loaded_from

    def update_execution_options(self, **opts: Any) -> None:
        """Add execution options for this call."""
        self.local_execution_options.update(opts)

    @property
    def is_select(self) -> bool:
        """The statement is a SELECT."""
        return bool(getattr(self.statement, "is_select", False))

    @property
    def is_insert(self) -> bool:
        """The statement is an INSERT."""
        return bool(getattr(self.statement, "is_insert", False))

    @property
    def is_update(self) -> bool:
        """The statement is an UPDATE."""
        return bool(getattr(self.statement, "is_update", False))

    @property
    def is_delete(self) -> bool:
        """The statement is a DELETE."""
        return bool(getattr(self.statement, "is_delete", False))

    @property
    def is_from_statement(self) -> bool:
        """Entities are read from a textual or other statement."""
        return type(self.statement).__name__ == "FromStatement"

    @property
    def is_executemany(self) -> bool:
        """There are several parameter sets."""
        return isinstance(self.parameters, list)

    @property
    def is_orm_statement(self) -> bool:
        """The statement concerns mapped classes."""
        return bool(self.all_mappers)

    @property
    def is_relationship_load(self) -> bool:
        """A relationship is being loaded."""
        return self._lazy_loaded_from is not None or self.loader_strategy_path is not None

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of the statement's entities."""
        described = getattr(self.statement, "column_descriptions", None) or []
        found: dict[Any, None] = {}
        for one in described:
            mapper = getattr(getattr(one.get("entity"), "__entity__", None), "mapper", None) or getattr(one.get("entity"), "mapper", None)
            if mapper is not None:
                found[mapper] = None
        written = getattr(getattr(self.statement, "table", None), "mapper", None)
        if written is not None:
            found[written] = None
        return list(found)

    @property
    def bind_mapper(self) -> Any:
        """The mapper that decides which engine the statement runs on."""
        mappers = self.all_mappers
        return self.bind_arguments.get("mapper") or (mappers[0] if mappers else None)

    @property
    def user_defined_options(self) -> tuple[Any, ...]:
        """The statement's options of classes of the user's own."""
        return tuple(one for one in getattr(self.statement, "_with_options", ()) if getattr(one, "is_user_defined", False))

    def invoke_statement(
        self, statement: Any = None, params: Any = None, execution_options: Mapping[str, Any] | None = None, bind_arguments: Any = None
    ) -> Result[Any]:
        """Run the statement (or another) now, past the listeners that were called already; to be awaited in an `async def` listener."""
        chosen = self.statement if statement is None else statement
        merged = {**self.local_execution_options, **(execution_options or {})}
        bound = {**self.bind_arguments, **(bind_arguments or {})}
        given = self.parameters if params is None else params
        again = ORMExecuteState(self.session, chosen, given, merged, bound, self.run, self._lazy_loaded_from, self.is_column_load)
        again.loader_strategy_path = self.loader_strategy_path
        found: Result[Any] = self.session.invoke_past_listeners(again)
        return found


def is_shown(session: Any) -> bool:
    """Tell whether executions have to be shown: to listeners, or to what chooses their shards. To be asked if `do_orm_execute` is heard."""
    return session.router is not None or bool(session.dispatch.of("do_orm_execute"))


def carried_out(session: Any, state: ORMExecuteState) -> Op[Result[Any]]:
    """Show an execution to the listeners; return the result of one of them, else run what they made of it."""
    answer = yield from announce(session, state)
    return answer if answer is not None else (yield from perform(session, state))


def perform(session: Any, state: ORMExecuteState) -> Op[Result[Any]]:
    """Run what an execution has become, in each shard that it concerns if the session has any."""
    if session.router is not None:
        return run_on_shards(session, state)
    return state.run(session, state.statement, state.parameters, state.local_execution_options, state.bind_arguments)


def announce(session: Any, state: ORMExecuteState) -> Op[Result[Any] | None]:
    """Show an execution to the `do_orm_execute` listeners; return the Result that one of them puts in its place."""
    for listener in session.dispatch.of("do_orm_execute"):
        state.session = session.facade(listener.is_async)
        with session.lent():
            answer = yield from call(listener, state)
        if isinstance(answer, Result):
            return answer
    return None
