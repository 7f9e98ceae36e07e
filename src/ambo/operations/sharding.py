"""Sessions over several databases that hold the same tables: which shard an object and a statement belong to.

    new object         shard_chooser(mapper, object)                       at its flush
    known object       the third element of its identity key
    statement          its `shard_id`, else execute_chooser(execution)     several shards: their results one after the other
    primary key        identity_chooser(mapper, key)                       where in memory the object may be

`Router` is what a session has in `session.router`; the flush asks it in `sharded_flush.py`, statements come by `execute_state.py`.

Rule 1: a session without shards has no router, and nothing here is called for it.
Rule 2: a statement runs in one shard with the option `identity_token`, which makes the shard part of its objects' identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ambo.effects import Op
from ambo.errors import ArgumentError, InvalidRequestError, suggestion
from ambo.listening import heard
from ambo.loading.options import UserDefinedOption
from ambo.loading.results import Result

SHARD = "_sa_shard_id"
"""The execution option that names the only shard of a statement, and of the eager loads that follow it."""
NOTHING: Mapping[str, Any] = {}
_HEARD = "do_orm_execute"


class ShardOption(UserDefinedOption):
    """Names the only shard of a statement; with `propagate_to_loaders` also of the lazy loads of its objects."""

    __slots__ = ("propagate_to_loaders",)

    def __init__(self, shard_id: Any, propagate_to_loaders: bool = True) -> None:
        super().__init__(shard_id)
        self.propagate_to_loaders = propagate_to_loaders


class Unplaced:
    """Stands for a connection while a statement is prepared that may then run in any shard; it can send nothing."""

    heard = False

    def __init__(self, bind: Any) -> None:
        self.bind = bind
        self.dialect = bind.dialect
        self.options: Mapping[str, Any] = bind.get_execution_options()


class Router:
    """The shards of one session, by name, and the functions that choose among them."""

    def __init__(
        self,
        shards: Mapping[Any, Any],
        shard_chooser: Callable[..., Any],
        identity_chooser: Callable[..., Iterable[Any] | None],
        execute_chooser: Callable[[Any], Iterable[Any]],
    ) -> None:
        self.binds: dict[Any, Any] = dict(shards)
        self.shard_chooser = shard_chooser
        self.identity_chooser = identity_chooser
        self.execute_chooser = execute_chooser
        heard.add(_HEARD)  # every execution asks then whether the session has a router

    def bind(self, shard: Any) -> Any:
        """Return the engine or connection of a shard.

        Raises ArgumentError if there is no shard of that name.
        """
        try:
            return self.binds[shard]
        except (KeyError, TypeError):
            names = [one for one in self.binds if isinstance(one, str)]
            hint = suggestion(shard, names) if isinstance(shard, str) else ""
            raise ArgumentError(f"this session has no shard {shard!r}; its shards are {', '.join(map(repr, self.binds)) or 'none'}{hint}") from None

    @property
    def unplaced(self) -> Unplaced:
        """What statements are prepared with before their shards are known.

        Raises ArgumentError if the session has no shards yet.
        """
        if not self.binds:
            raise ArgumentError("this session has no shards; pass shards={'name': engine, ...}, or call bind_shard('name', engine)")
        return Unplaced(next(iter(self.binds.values())))

    def shard_of(self, mapper: Any, state: Any, obj: Any, **kw: Any) -> Any:
        """Return the shard of an object: where it came from, else what the chooser says."""
        token = None if state is None or state.key is None else state.key[2]
        return self.shard_chooser(mapper, obj, **kw) if token is None else token

    def in_memory(
        self,
        session: Any,
        mapper: Any,
        pk: Sequence[Any],
        token: Any = None,
        lazy_loaded_from: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the object with a primary key from the identity map, looked for in the shards that it may be in."""
        tokens: Iterable[Any] | None = (token,)
        if token is None:
            tokens = self.identity_chooser(
                mapper,
                pk,
                lazy_loaded_from=lazy_loaded_from,
                execution_options=execution_options or NOTHING,
                bind_arguments=bind_arguments or NOTHING,
            )
        for one in tokens or ():
            found = session.identity_map.get((mapper.identity_class, pk, one))
            if found is not None:
                return found
        return None

    def shards_of(self, state: Any) -> tuple[Sequence[Any], bool]:
        """Return the shards that an execution concerns, and whether an option says so, which its eager loads follow."""
        if state.is_column_load:
            return (state.local_execution_options["identity_token"],), False
        if state.bind_arguments.get("shard_id") is not None:
            return (state.bind_arguments["shard_id"],), False
        for option in reversed(state.user_defined_options):
            if isinstance(option, ShardOption):
                return (option.payload,), True
        named = {**state.execution_options, **state.local_execution_options}.get(SHARD)
        if named is not None:
            return (named,), True
        return list(self.execute_chooser(state)), False


def in_shard(options: Mapping[str, Any] | None, shard: Any) -> Mapping[str, Any] | None:
    """Return execution options with a shard in them, unless that is None."""
    return options if shard is None else {**(options or NOTHING), SHARD: shard}


def run_on_shards(session: Any, state: Any) -> Op[Result[Any]]:
    """Run an execution in every shard that it concerns; return the rows of all.

    Raises InvalidRequestError if the chooser names none.
    """
    router: Router = session.router
    shards, by_option = router.shards_of(state)
    if not shards:
        raise InvalidRequestError("execute_chooser returned no shard for this statement; return the ids of the shards it is to run in, perhaps of all")
    options = dict(state.local_execution_options)
    if by_option:
        options[SHARD] = shards[0]
    if len(shards) > 1:
        options["prebuffer_rows"] = True
    results: list[Result[Any]] = []
    for shard in shards:
        bound = {**state.bind_arguments, "shard_id": shard, "bind": router.bind(shard)}
        found = yield from state.run(session, state.statement, state.parameters, {**options, "identity_token": shard}, bound)
        results.append(found)
    return results[0] if len(results) == 1 else results[0].merge(*results[1:])
