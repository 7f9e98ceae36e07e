"""`create_mock_engine`: an engine that hands statements to a function instead of a database, to get DDL as a script.

    engine = create_mock_engine("postgresql://", lambda statement, *args: print(statement))
    metadata.create_all(engine, checkfirst=False)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ambo.connecting.registry import driver_for
from ambo.connecting.url import URL, make_url
from ambo.effects import Batch, Call, Effect, Execute, Fetched, Op
from ambo.listening import Dispatch
from ambo.operations.channel import Channel
from ambo.operations.schema import run_verb
from ambo.statements.elements import text
from ambo.statements.keys import LRU

Executor = Callable[..., Any]


class _MockLink:
    """Stands where a connection would."""

    is_broken = False
    shared = False
    in_transaction = False
    raw = None


class MockConnection:
    """An engine and connection in one, whose statements go to `executor(statement, multiparams, params)`."""

    is_async: ClassVar[bool] = False
    echo_log = None
    quiet_since = -1
    hide_parameters: bool
    pool = None

    def __init__(self, dialect: Any, executor: Executor) -> None:
        self.dialect = dialect
        self.executor = executor
        self.plans: LRU[Any, Any] = LRU(10)
        self.dispatch = Dispatch()
        self.spares: list[Any] = []
        self.hide_parameters = False

    @property
    def engine(self) -> MockConnection:
        """The mock engine itself."""
        return self

    @property
    def name(self) -> str:
        """The database's name."""
        found: str = self.dialect.name
        return found

    def connect(self, **kwargs: Any) -> MockConnection:
        """Return itself."""
        return self

    def execution_options(self, **kw: Any) -> MockConnection:
        """Return itself."""
        return self

    def execute(self, statement: Any, parameters: Any = None, execution_options: Any = None) -> Any:
        """Hand a statement to the executor."""
        return self.executor(statement, [] if parameters is None else parameters, {})

    def facade(self, channel: Channel, for_async: bool) -> Any:
        """Return what a listener is given."""
        return self

    def perform(self, operation: Op[Any]) -> Any:
        """Run an operation, statements going to the executor."""
        try:
            effect = operation.send(None)
            while True:
                effect = operation.send(self._answer(effect))
        except StopIteration as end:
            return end.value

    def _answer(self, effect: Effect) -> Any:
        if isinstance(effect, Batch):
            return [self._answer(one) for one in effect.effects]
        if isinstance(effect, Execute):
            self.executor(text(effect.sql.replace(":", "\\:")), [], {})
            return Fetched([])
        return effect.listener(*effect.args, **effect.kwargs) if isinstance(effect, Call) else None

    def _run_schema_verb(self, verb: str, element: Any, **options: Any) -> Any:
        channel = Channel(self)
        channel.link = _MockLink()
        channel.autocommit = True
        if verb in ("create", "drop"):
            options["checkfirst"] = False  # there is nobody to ask
        return self.perform(run_verb(channel, verb, element, options))


def create_mock_engine(url: str | URL, executor: Executor, **kw: Any) -> MockConnection:
    """Make an engine that passes every statement to `executor` and has no connection; `checkfirst=False` is due when creating tables."""
    return MockConnection(driver_for(make_url(url), is_async=False).dialect, executor)
