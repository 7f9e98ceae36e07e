"""What a session does beside writing objects: transactions, binds, events, makers, scopes, both colours in one another."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ambo import event, func, inspect, select, text
from ambo.errors import (
    AwaitRequired,
    IntegrityError,
    InvalidRequestError,
    LazyLoadError,
    PendingRollbackError,
    ResourceClosedError,
    SessionBusyError,
    UnboundExecutionError,
)
from ambo.ext.asyncio import AsyncSession, async_object_session, async_scoped_session, async_session
from ambo.orm import Session, object_session, scoped_session, selectinload, sessionmaker
from family import Base, Node, Person, Pet
from twin import Twin, unwrap

pytestmark = pytest.mark.tables(Base.metadata)

FLUSH_EVENTS = ("before_flush", "after_flush", "after_flush_postexec", "before_commit", "after_commit", "after_begin", "after_soft_rollback", "after_rollback")


def target(session: Any) -> Any:
    """Where events of a session of either colour are registered."""
    found = unwrap(session)
    return found.sync_session if isinstance(found, AsyncSession) else found


async def names(session: Any) -> list[str]:
    found: list[str] = (await session.scalars(select(Person.name).order_by(Person.name))).all()
    return found


# ---- transactions


async def test_savepoints_nest_and_are_undone_from_the_inside(twin: Twin) -> None:
    async with twin.session() as session:
        async with session.begin():
            session.add(Person(name="a"))
            outer = await session.begin_nested()
            session.add(Person(name="b"))
            inner = await session.begin_nested()
            session.add(Person(name="c"))
            await session.flush()
            assert session.in_nested_transaction()
            await inner.rollback()
            assert await names(session) == ["a", "b"]
            await outer.rollback()
            assert await names(session) == ["a"]
            assert not session.in_nested_transaction()
        assert await names(session) == ["a"]


async def test_a_savepoint_is_only_set_when_it_is_used(twin: Twin) -> None:
    async with twin.session() as session:
        with session.recorded() as log:
            async with session.begin_nested():
                pass
            await session.commit()
        assert log.statements == []


async def test_a_failed_flush_in_a_savepoint_leaves_the_outer_transaction(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Person(id=1, name="a"))
        await session.flush()
        nested = await session.begin_nested()
        session.expunge_all()
        session.add(Person(id=1, name="again"))
        with pytest.raises(IntegrityError):
            await session.flush()
        with pytest.raises(PendingRollbackError):
            await names(session)
        await nested.rollback()
        assert await names(session) == ["a"]
        await session.commit()


async def test_begin_twice_is_refused_and_ended_transactions_say_so(twin: Twin) -> None:
    async with twin.session() as session:
        transaction = await session.begin()
        with pytest.raises(InvalidRequestError, match="already begun"):
            await session.begin()
        assert session.get_transaction() is not None
        await transaction.commit()
        with pytest.raises(ResourceClosedError):
            await transaction.commit()


async def test_two_phases(twin: Twin) -> None:
    if twin.database == "sqlite":
        pytest.skip("SQLite has no two-phase transactions")
    async with twin.session(twophase=True) as session:
        session.add(Person(name="a"))
        try:
            await session.prepare()
        except Exception as error:
            if "max_prepared_transactions" in str(error):
                pytest.skip("this server has max_prepared_transactions = 0")
            raise
        with pytest.raises(InvalidRequestError):
            await names(session)
        await session.commit()
        assert await names(session) == ["a"]


@pytest.mark.parametrize("mode", ["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"])
async def test_joining_a_connection(twin: Twin, mode: str) -> None:
    async with twin.engine.connect() as connection:
        transaction = await connection.begin()
        session = twin.session(connection, join_transaction_mode=mode)
        session.add(Person(name="a"))
        await session.commit()
        session.add(Person(name="b"))
        await session.flush()
        await session.rollback()
        await session.close()
        kept = mode == "create_savepoint"
        assert transaction.is_active is kept
        if kept:
            assert (await connection.scalar(select(func.count()).select_from(Person))) == 1
            await transaction.rollback()
    async with twin.session() as session:
        assert await names(session) == (["a"] if mode == "control_fully" else [])


async def test_a_test_can_roll_everything_back(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        outer = await connection.begin()
        async with twin.session(connection, join_transaction_mode="create_savepoint") as session:
            session.add(Person(name="a"))
            await session.commit()
            session.add(Person(name="b"))
            await session.rollback()
            assert await names(session) == ["a"]
        await outer.rollback()
    async with twin.session() as session:
        assert await names(session) == []


async def test_the_connection_of_the_transaction(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Person(name="a"))
        await session.flush()
        connection = await session.connection()
        assert (await connection.execute(text("select name from person"))).scalar() == "a"
        await session.rollback()
        assert await names(session) == []


# ---- where statements go


async def test_binds_by_class_and_table(twin: Twin) -> None:
    other = twin.create_engine(twin.url)
    made = twin.sessionmaker(None, binds={unwrap(Person): unwrap(twin.engine), Node.__table__: unwrap(other)})
    made.configure(bind=None)
    async with made() as session:
        assert unwrap(session).get_bind(Person) is unwrap(twin.engine)
        assert unwrap(session).get_bind(clause=select(Node.__table__)) is unwrap(other)
        with pytest.raises(UnboundExecutionError):
            unwrap(session).get_bind(clause=text("select 1"))


# ---- events


async def test_flush_and_transaction_events_in_their_order(twin: Twin) -> None:
    async with twin.session() as session:
        heard: list[str] = []
        for name in FLUSH_EVENTS:
            event.listen(target(session), name, lambda *args, name=name: heard.append(name))
        session.add(Person(name="a"))
        await session.commit()
        assert heard == ["before_commit", "before_flush", "after_begin", "after_flush", "after_flush_postexec", "after_commit"]
        heard.clear()
        await names(session)
        await session.rollback()
        assert heard == ["after_begin", "after_rollback", "after_soft_rollback"]


async def test_before_flush_may_add_and_change(twin: Twin) -> None:
    async with twin.session() as session:

        def add_pet(found: Any, context: Any, instances: Any) -> None:
            for one in list(found.new):
                if isinstance(one, Person) and not one.pets:
                    one.pets.append(Pet(name=f"{one.name}'s"))

        event.listen(target(session), "before_flush", add_pet)
        session.add(Person(name="a"))
        await session.commit()
        assert (await session.scalars(select(Pet.name))).all() == ["a's"]


async def test_mapper_events_get_connection_and_object(twin: Twin) -> None:
    heard: list[tuple[str, str]] = []
    listeners = {}
    for name in ("before_insert", "after_insert", "before_update", "after_update", "before_delete", "after_delete"):
        listeners[name] = lambda mapper, connection, obj, name=name: heard.append((name, obj.name))
        event.listen(Node, name, listeners[name])
    try:
        async with twin.session() as session:
            node = Node(name="a")
            session.add(node)
            await session.flush()
            node.name = "b"
            await session.flush()
            await session.delete(node)
            await session.commit()
    finally:
        for name, listener in listeners.items():
            event.remove(Node, name, listener)
    assert [name for name, _ in heard] == list(listeners)
    assert [value for _, value in heard] == ["a", "a", "b", "b", "b", "b"]


async def test_a_value_set_in_before_insert_is_written(twin: Twin) -> None:
    def upper(mapper: Any, connection: Any, obj: Any) -> None:
        obj.name = obj.name.upper()

    event.listen(Node, "before_insert", upper)
    try:
        async with twin.session() as session:
            session.add(Node(name="a"))
            await session.commit()
            assert (await session.scalars(select(Node.name))).all() == ["A"]
    finally:
        event.remove(Node, "before_insert", upper)


@pytest.mark.worlds("-async")
async def test_an_async_listener_is_awaited_and_may_use_the_session(twin: Twin) -> None:
    async with twin.session() as session:
        counted: list[int] = []

        async def count(found: AsyncSession, context: Any) -> None:
            counted.append(await found.scalar(select(func.count()).select_from(Person)))

        event.listen(session, "after_flush", count)
        session.add(Person(name="a"))
        await session.flush()
        assert counted == [1]


@pytest.mark.worlds("-async")
async def test_a_plain_listener_that_waits_is_told_to_be_async(twin: Twin) -> None:
    async with twin.session() as session:
        event.listen(session, "after_flush", lambda found, context: found.execute(text("select 1")))
        session.add(Person(name="a"))
        with pytest.raises(AwaitRequired, match="async def"):
            await session.flush()
        await session.rollback()


async def test_do_orm_execute_may_rewrite_the_statement(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Person(name="a"), Person(name="b")])
        await session.commit()

        def only_a(state: Any) -> None:
            if state.is_select and state.is_orm_statement:
                state.statement = state.statement.where(Person.name == "a")

        event.listen(target(session), "do_orm_execute", only_a)
        assert await names(session) == ["a"]


async def test_do_orm_execute_hears_every_load_and_may_rewrite_it(twin: Twin) -> None:
    heard: list[tuple[bool, bool, str]] = []

    def only_rex(state: Any) -> None:
        source = state.lazy_loaded_from
        heard.append((state.is_column_load, state.is_relationship_load, "" if source is None else source.obj().name))
        if state.is_relationship_load:
            state.statement = state.statement.where(Pet.name == "Rex")

    async with twin.session() as session:
        session.add(Person(id=1, name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")]))
        await session.commit()
        session.expunge_all()
        event.listen(target(session), "do_orm_execute", only_rex)
        ann = await session.get(Person, 1)
        assert [pet.name for pet in await session.load(ann, Person.pets)] == ["Rex"]
        await session.refresh(ann, ["name"])
        session.expunge_all()
        ann = (await session.scalars(select(Person).options(selectinload(Person.pets)))).one()
        assert [pet.name for pet in ann.pets] == ["Rex"]
        assert heard == [(False, False, ""), (False, True, ""), (True, False, ""), (False, False, ""), (False, True, "")]
        if not isinstance(unwrap(session), AsyncSession):
            session.expunge_all()
            assert [pet.name for pet in (await session.get(Person, 1)).pets] == ["Rex"]
            assert heard[5:] == [(False, False, ""), (False, True, "Ann")]


async def test_a_listener_may_run_a_load_itself(twin: Twin) -> None:
    def run(state: Any) -> Any:
        return state.invoke_statement()

    async def run_awaiting(state: Any) -> Any:
        return await state.invoke_statement()

    async with twin.session() as session:
        session.add(Person(id=1, name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")]))
        await session.commit()
        session.expunge_all()
        event.listen(target(session), "do_orm_execute", run_awaiting if isinstance(unwrap(session), AsyncSession) else run)
        ann = await session.get(Person, 1)
        assert [pet.name for pet in await session.load(ann, Person.pets)] == ["Rex", "Tom"]
        await session.execute(text("UPDATE person SET name = 'Eve'"))
        await session.refresh(ann)
        assert ann.name == "Eve"


async def test_execution_options_of_a_listener_begin_with_what_was_in_force(twin: Twin) -> None:
    seen: list[Any] = []

    def add(state: Any) -> None:
        state.update_execution_options(more=2)
        seen.extend([dict(state.execution_options), dict(state.local_execution_options)])

    async with twin.session() as session:
        event.listen(target(session), "do_orm_execute", add)
        await session.execute(select(Person).execution_options(of_statement=0), execution_options={"of_call": 1})
    assert seen == [{"of_statement": 0, "of_call": 1}, {"of_call": 1, "more": 2}]


# ---- makers and scopes


async def test_makers_make_sessions_of_their_own_class(twin: Twin) -> None:
    made = twin.sessionmaker(info={"from": "maker"})
    heard: list[Any] = []
    event.listen(unwrap(made), "before_commit", heard.append)
    async with made(info={"and": "call"}) as session:
        assert session.info == {"from": "maker", "and": "call"}
        session.add(Person(name="a"))
        await session.commit()
    assert len(heard) == 1
    async with twin.session() as session:
        await session.commit()
    assert len(heard) == 1


@pytest.mark.worlds("-sync")
async def test_a_scoped_session_is_one_session_a_thread(twin: Twin) -> None:
    registry = scoped_session(sessionmaker(unwrap(twin.engine)))
    registry.add(Person(name="a"))
    registry.commit()
    assert registry() is registry()
    first = registry()
    assert registry.query(Person).count() == 1
    registry.remove()
    assert registry() is not first
    registry.remove()


@pytest.mark.worlds("-sync")
async def test_a_query_property(twin: Twin) -> None:
    registry = scoped_session(sessionmaker(unwrap(twin.engine)))
    Node.query = registry.query_property()  # type: ignore[attr-defined]
    try:
        registry.add(Node(name="a"))
        registry.commit()
        assert [node.name for node in Node.query.all()] == ["a"]  # type: ignore[attr-defined]
    finally:
        registry.remove()
        del Node.query  # type: ignore[attr-defined]


@pytest.mark.worlds("-async")
async def test_an_async_scoped_session_is_one_session_a_task(twin: Twin) -> None:
    registry = async_scoped_session(twin.sessionmaker(), scopefunc=asyncio.current_task)

    async def work(name: str) -> int:
        registry.add(Person(name=name))
        await registry.commit()
        found = id(registry())
        await registry.remove()
        return found

    one, two = await asyncio.gather(asyncio.create_task(work("a")), asyncio.create_task(work("b")))
    assert one != two
    async with twin.session() as session:
        assert await names(session) == ["a", "b"]


# ---- the colours in one another


@pytest.mark.worlds("-async")
async def test_run_sync_is_a_blocking_session_over_the_same_objects(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", pets=[Pet(name="Rex")])
        session.add(ann)
        await session.commit()
        session.expire_all()

        def work(found: Session, name: str) -> list[str]:
            assert isinstance(found, Session)
            assert found.get(Person, ann.id) is ann
            ann.pets.append(Pet(name=name))
            found.commit()
            return [pet.name for pet in ann.pets]

        assert await session.run_sync(work, "Tom") == ["Rex", "Tom"]
        assert await session.scalar(select(func.count()).select_from(Pet)) == 2


@pytest.mark.worlds("-async")
async def test_nothing_else_may_use_the_session_during_run_sync(twin: Twin) -> None:
    async with twin.session() as session:
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work(found: Session) -> None:
            loop.call_soon_threadsafe(started.set)
            found.execute(text("select 1"))
            for _ in range(50):
                found.execute(text("select 1"))

        task = asyncio.create_task(session.run_sync(work))
        await started.wait()
        with pytest.raises(SessionBusyError, match="run_sync"):
            await session.execute(text("select 1"))
        await task


@pytest.mark.worlds("-async")
async def test_two_overlapping_uses_are_refused(twin: Twin) -> None:
    async with twin.session() as session:
        results = await asyncio.gather(*[session.execute(text("select 1")) for _ in range(3)], return_exceptions=True)
        assert [type(one) for one in results].count(SessionBusyError) == 2
        assert (await session.execute(text("select 1"))).scalar() == 1


@pytest.mark.worlds("-async")
async def test_an_unloaded_attribute_names_the_remedies(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(Person(name="Ann", pets=[Pet(name="Rex")]))
        await session.commit()
    async with twin.session() as session:
        ann = (await session.scalars(select(Person))).one()
        with pytest.raises(LazyLoadError, match=r"(?s)session.load\(.*Person.pets.*selectinload"):
            _ = ann.pets
        assert [pet.name for pet in await session.load(ann, Person.pets)] == ["Rex"]
        assert [pet.name for pet in ann.pets] == ["Rex"]


@pytest.mark.worlds("-sync")
async def test_strict_raises_where_asyncio_would(twin: Twin) -> None:
    with Session(unwrap(twin.engine)) as session:
        session.add(Person(name="Ann", pets=[Pet(name="Rex")]))
        session.commit()
    with Session(unwrap(twin.engine), strict="async") as session:
        ann = session.scalars(select(Person)).one()
        with pytest.raises(LazyLoadError):
            _ = ann.pets
        ann = session.scalars(select(Person).options(selectinload(Person.pets))).one()
        assert len(ann.pets) == 1


async def test_objects_know_their_session(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann")
        assert object_session(ann) is None
        session.add(ann)
        if twin.is_async:
            assert async_object_session(ann) is session
            assert inspect(ann).async_session is session
            assert async_session(session.sync_session) is session
        else:
            assert object_session(ann) is unwrap(session)
        session.expunge(ann)
        assert object_session(ann) is None


# ---- the rest of the verbs


async def test_get_one_delete_all_merge_all_and_bulk_verbs(twin: Twin) -> None:
    async with twin.session() as session:
        await session.bulk_insert_mappings(Node, [{"name": "a"}, {"name": "b"}, {"name": "c"}])
        await session.commit()
        nodes = (await session.scalars(select(Node).order_by(Node.name))).all()
        assert await session.get_one(Node, nodes[0].id) is nodes[0]
        with pytest.raises(InvalidRequestError, match="Node"):
            await session.get_one(Node, 99)
        await session.bulk_update_mappings(Node, [{"id": node.id, "name": node.name + "!"} for node in nodes])
        await session.commit()
        await session.delete_all(nodes[:2])
        await session.commit()
        merged = await session.merge_all([Node(id=nodes[2].id, name="d"), Node(name="e")])
        assert merged[0] is nodes[2]
        await session.commit()
        assert (await session.scalars(select(Node.name).order_by(Node.name))).all() == ["d", "e"]
        await session.bulk_save_objects([Node(name="f")])
        await session.commit()
        assert await session.scalar(select(func.count()).select_from(Node)) == 3


async def test_merge_brings_a_graph_in(twin: Twin) -> None:
    async with twin.session() as session:
        ann = Person(name="Ann", pets=[Pet(name="Rex"), Pet(name="Tom")])
        session.add(ann)
        await session.commit()
        given = Person(id=ann.id, name="Anna", pets=[Pet(id=ann.pets[1].id, name="Tommy"), Pet(name="New")])
    async with twin.session() as session:
        merged = await session.merge(given)
        assert merged is not given
        assert [pet.name for pet in merged.pets] == ["Tommy", "New"]
        await session.commit()
        assert (await session.scalars(select(Pet.name).order_by(Pet.id))).all() == ["Tommy", "New"]
        assert await names(session) == ["Anna"]


async def test_reset_close_and_invalidate_leave_a_usable_session(twin: Twin) -> None:
    session = twin.session()
    for end in ("close", "reset", "invalidate"):
        session.add(Person(name="a"))
        await session.flush()
        await getattr(session, end)()
        assert not session.in_transaction()
        assert await names(session) == []
    await session.close()


