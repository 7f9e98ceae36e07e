"""The channel, step by step: which effects it asks for, and what it does when one of them fails."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from ambo.effects import Acquire, Batch, Call, Effect, Execute, ExecuteMany, Fetched, Op, Release
from ambo.errors import IntegrityError, InvalidRequestError, OperationalError, PendingRollbackError, ResourceClosedError
from ambo.listening import Dispatch
from ambo.operations import connection as verbs, transaction
from ambo.operations.channel import Channel
from ambo.rendering.transactions import MARIADB, POSTGRESQL, SQLITE


class Link:
    def __init__(self) -> None:
        self.is_broken = False
        self.shared = False
        self.in_transaction = False
        self.raw = object()

    def terminate(self) -> None:
        self.is_broken = True


class Pool:
    """Hands links out and takes them back by effects only."""

    def idle_link(self) -> None:
        return None

    def give_back(self, link: Link, begun: bool = False) -> bool:
        return False


class Bind:
    is_async = False
    plans = None
    echo_log = None
    hide_parameters = False
    quiet_since = -1

    def __init__(self, transactions: Any = POSTGRESQL) -> None:
        self.pool = Pool()
        self.dialect: Any = SimpleNamespace(transactions=transactions)
        self.dispatch = Dispatch()

    def perform(self, operation: Op[Any]) -> Any:
        raise NotImplementedError

    def facade(self, channel: Channel, for_async: bool) -> Any:
        return SimpleNamespace(channel=channel, engine=self)


class World:
    """Performs effects on one link, notes them, and fails where it is told to."""

    def __init__(self, fail: dict[str, BaseException] | None = None) -> None:
        self.link = Link()
        self.log: list[str] = []
        self.fail = fail or {}

    def run(self, operation: Op[Any]) -> Any:
        try:
            effect = operation.send(None)
            while True:
                try:
                    answer = self.perform(effect)
                except BaseException as error:
                    effect = operation.throw(error)
                else:
                    effect = operation.send(answer)
        except StopIteration as end:
            return end.value

    def perform(self, effect: Effect) -> Any:
        if isinstance(effect, Call):
            self.log.append("call")
            return effect.listener(*effect.args)
        text = self.describe(effect)
        self.log.append(text)
        for part, error in self.fail.items():
            if part in text:
                raise error
        if isinstance(effect, Acquire):
            return self.link
        if isinstance(effect, Batch):
            return [Fetched([(one.sql,)], ("sql",)) for one in effect.effects]  # type: ignore[union-attr]
        return Fetched([("row",)], ("x",), 1)

    def describe(self, effect: Effect) -> str:
        if isinstance(effect, Batch):
            return " | ".join(one.sql for one in effect.effects)
        if isinstance(effect, Execute | ExecuteMany):
            assert effect.link is self.link
            return effect.sql
        if isinstance(effect, Release):
            return "release broken" if effect.broken else "release"
        return type(effect).__name__.lower()


def test_begin_rides_with_the_first_statement() -> None:
    world, channel = World(), Channel(Bind())
    assert world.run(transaction.send(channel, "SELECT 1")).rows == [("SELECT 1",)]
    world.run(transaction.send(channel, "SELECT 2"))
    world.run(transaction.commit(channel))
    world.run(transaction.send_many(channel, "INSERT", [(1,), (2,)]))
    world.run(transaction.close(channel))
    world.run(transaction.close(channel))
    assert world.log == ["acquire", "BEGIN | SELECT 1", "SELECT 2", "COMMIT", "BEGIN | INSERT", "ROLLBACK", "release"]


def test_nothing_is_sent_for_nothing() -> None:
    world, channel = World(), Channel(Bind())
    world.run(transaction.commit(channel))
    world.run(transaction.rollback(channel))
    world.run(transaction.close(channel))
    assert world.log == []


def test_a_failed_first_pipeline_is_rolled_back_before_the_link_is_used_again() -> None:
    world, channel = World({"BEGIN | bad": IntegrityError("no")}), Channel(Bind())
    with pytest.raises(IntegrityError):
        world.run(transaction.send(channel, "bad"))
    assert channel.begun
    world.run(transaction.rollback(channel))
    world.run(transaction.send(channel, "good"))
    assert world.log == ["acquire", "BEGIN | bad", "ROLLBACK", "BEGIN | good"]


def test_statements_ride_with_commit() -> None:
    world, channel = World(), Channel(Bind())
    found = world.run(transaction.commit(channel, [Execute(None, "INSERT")]))
    assert [one.rows for one in found] == [[("INSERT",)]]
    assert world.log == ["acquire", "BEGIN | INSERT | COMMIT"] and not channel.begun


def test_a_failed_commit_leaves_the_rollback_due() -> None:
    world, channel = World({"COMMIT": IntegrityError("deferred")}), Channel(Bind())
    world.run(transaction.send(channel, "INSERT"))
    with pytest.raises(IntegrityError):
        world.run(transaction.commit(channel))
    world.run(transaction.close(channel))
    assert world.log[-3:] == ["COMMIT", "ROLLBACK", "release"]


@pytest.mark.parametrize("step", ["acquire", "BEGIN", "two", "SAVEPOINT", "COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("kind", [asyncio.CancelledError(), KeyboardInterrupt(), OperationalError("no")])
def test_whatever_fails_the_link_goes_back_once(step: str, kind: BaseException) -> None:
    def work(channel: Channel) -> Op[None]:
        yield from transaction.send(channel, "one")
        yield from transaction.savepoint(channel)
        yield from transaction.send(channel, "two")
        yield from transaction.commit(channel)
        yield from transaction.send(channel, "three")
        yield from transaction.rollback(channel)

    world, channel = World({step: kind}), Channel(Bind())
    try:
        world.run(work(channel))
    except BaseException as error:
        assert error is kind
    try:
        world.run(transaction.close(channel))
    except BaseException as error:
        assert error is kind and not isinstance(error, OperationalError)
    released = [entry for entry in world.log if entry.startswith("release")]
    assert len(released) == (0 if step == "acquire" else 1)
    if step == "ROLLBACK" and not isinstance(kind, OperationalError):
        assert released == ["release broken"]
    assert channel.link is None and not channel.begun and not channel.savepoints


def test_a_lost_link_demands_a_rollback_and_is_replaced() -> None:
    world, channel = World(), Channel(Bind())
    world.run(transaction.send(channel, "one"))
    world.link.is_broken = True
    with pytest.raises(PendingRollbackError, match="rollback"):
        world.run(transaction.savepoint(channel))
    world.link = Link()
    with pytest.raises(PendingRollbackError):
        world.run(transaction.commit(channel))
    world.run(transaction.rollback(channel))
    world.run(transaction.send(channel, "two"))
    assert world.log == ["acquire", "BEGIN | one", "release broken", "acquire", "BEGIN | two"]


def test_isolation_levels_and_modes_ride_in_begin() -> None:
    options = {"isolation_level": "repeatable_read", "postgresql_readonly": True, "postgresql_deferrable": True}
    for forms, first in (
        (POSTGRESQL, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY DEFERRABLE | x"),
        (MARIADB, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ | START TRANSACTION READ ONLY | x"),
    ):
        world, channel = World(), Channel(Bind(forms), options)
        world.run(transaction.send(channel, "x"))
        assert world.log == ["acquire", first]


def test_autocommit_sends_no_transaction_statements() -> None:
    world, channel = World(), Channel(Bind(), {"isolation_level": "AUTOCOMMIT"})
    world.run(transaction.send(channel, "VACUUM"))
    world.run(transaction.commit(channel))
    world.run(transaction.close(channel))
    assert world.log == ["acquire", "VACUUM", "release"]


def test_savepoints_end_with_what_surrounds_them() -> None:
    world, channel = World(), Channel(Bind())
    outer = world.run(transaction.savepoint(channel))
    inner = world.run(transaction.savepoint(channel))
    world.run(transaction.rollback_to_savepoint(channel, outer))
    world.run(transaction.rollback_to_savepoint(channel, inner))
    with pytest.raises(InvalidRequestError, match="gone"):
        world.run(transaction.release_savepoint(channel, inner))
    assert world.log[1:] == [f"BEGIN | SAVEPOINT {outer}", f"SAVEPOINT {inner}", f"ROLLBACK TO SAVEPOINT {outer}"]


def test_where_somebody_listens_statements_go_one_by_one() -> None:
    bind = Bind()
    seen: list[Any] = []
    bind.dispatch.add("begin", lambda conn: seen.append("begin"), {})
    bind.dispatch.add("before_cursor_execute", lambda conn, cursor, sql, params, context, many: (f"/* hi */ {sql}", params), {"retval": True})
    bind.dispatch.add("after_cursor_execute", lambda conn, cursor, sql, params, context, many: seen.append((sql, params, many)), {})
    world, channel = World(), Channel(bind)
    world.run(transaction.send_batch(channel, [Execute(None, "one", (1,)), ExecuteMany(None, "two", [(2,), (3,)])]))
    assert world.log == ["acquire", "call", "BEGIN", "call", "/* hi */ one", "call", "call", "/* hi */ two", "call"]
    assert seen == ["begin", ("/* hi */ one", (1,), False), ("/* hi */ two", [(2,), (3,)], True)]


def test_a_begin_listener_may_send_its_own_begin() -> None:
    bind, world = Bind(SQLITE), World()
    channel = Channel(bind)

    def begin_immediate(conn: Any) -> None:
        world.run(transaction.send_driver(conn.channel, "BEGIN IMMEDIATE", None, False))

    bind.dispatch.add("begin", begin_immediate, {})
    world.run(transaction.begin(channel))
    assert channel.begun and "BEGIN" not in world.log


def test_handle_error_may_replace_the_error() -> None:
    bind = Bind()
    bind.hide_parameters = True
    seen: list[Any] = []

    def translate(context: Any) -> Exception:
        seen.append((context.statement, context.is_disconnect))
        return ValueError("mine")

    bind.dispatch.add("handle_error", translate, {})
    world, channel = World({"bad": IntegrityError("bad", ("secret",), message="no")}), Channel(bind)
    with pytest.raises(ValueError, match="mine") as caught:
        world.run(transaction.send(channel, "bad", ("secret",)))
    assert isinstance(caught.value.__cause__, IntegrityError) and "secret" not in str(caught.value.__cause__)
    assert seen == [("bad", False)]


def test_a_shared_link_is_begun_and_ended_once() -> None:
    world, bind = World(), Bind(SQLITE)
    world.link.shared = True
    one, two = Channel(bind), Channel(bind)
    world.run(transaction.send(one, "a"))
    world.link.in_transaction = True
    world.run(transaction.send(two, "b"))
    world.run(transaction.commit(two))
    world.link.in_transaction = False
    world.run(transaction.commit(one))
    assert world.log == ["acquire", "BEGIN | a", "acquire", "b", "COMMIT"]


def test_a_closed_connection_refuses() -> None:
    world, scope = World(), verbs.Scope(Channel(Bind()))
    world.run(verbs.open_scope(scope))
    world.run(verbs.close(scope))
    with pytest.raises(ResourceClosedError, match="closed"):
        verbs.enter(scope)


def test_two_phase_commit() -> None:
    world, scope = World(), verbs.Scope(Channel(Bind()))
    one = world.run(verbs.begin(scope, "twophase", "it's"))
    world.run(transaction.send(scope.channel, "INSERT"))
    world.run(verbs.commit(one))
    assert world.log == ["acquire", "BEGIN", "INSERT", "PREPARE TRANSACTION 'it''s'", "COMMIT PREPARED 'it''s'"]
    one = world.run(verbs.begin(scope, "twophase"))
    world.run(verbs.prepare(one))
    world.run(verbs.rollback(one))
    assert world.log[-1].startswith("ROLLBACK PREPARED 'ambo_")


def test_overlapping_use_is_refused_but_listeners_may_use_the_connection() -> None:
    bind, world = Bind(), World()
    channel = Channel(bind)
    held = verbs.exclusive(channel, transaction.savepoint(channel))
    held.send(None)
    with pytest.raises(InvalidRequestError, match="still running 'savepoint'"):
        world.run(verbs.exclusive(channel, transaction.send(channel, "two")))
    held.close()
    bind.dispatch.add(
        "savepoint", lambda conn, name: world.run(verbs.exclusive(conn.channel, transaction.send(conn.channel, "by the listener"))), {}
    )
    world.run(verbs.exclusive(channel, transaction.savepoint(channel)))
    assert "by the listener" in world.log
