"""Sessions over several databases: each world's own, and a SQLite file beside it."""

from __future__ import annotations

import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, delete, event, func, inspect, select, text, update
from ambo.exc import ArgumentError, IntegrityError, InvalidRequestError, MultipleResultsFound
from ambo.ext.asyncio import AsyncSession
from ambo.ext.horizontal_shard import ShardedQuery, ShardedSession, set_shard_id
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    UserDefinedOption,
    lazyload,
    mapped_column,
    peerload,
    relationship,
    selectinload,
    with_loader_criteria,
)
from ambo.sql import ClauseVisitor, operators
from twin import Proxy, Twin, unwrap


class Base(DeclarativeBase):
    pass


labelled = Table(
    "shard_labelled",
    Base.metadata,
    Column("customer_id", ForeignKey("shard_customer.id"), primary_key=True),
    Column("label_id", ForeignKey("shard_label.id"), primary_key=True),
)


class Label(Base):
    __tablename__ = "shard_label"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(20))


class Customer(Base):
    __tablename__ = "shard_customer"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    orders: Mapped[list[Order]] = relationship(back_populates="customer", cascade="all, delete-orphan", order_by="Order.id")
    labels: Mapped[list[Label]] = relationship(secondary=labelled)


class Order(Base):
    __tablename__ = "shard_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("shard_customer.id"))
    total: Mapped[int]
    customer: Mapped[Customer] = relationship(back_populates="orders")


def shard_of(mapper: Any, obj: Any, clause: Any = None) -> str:
    region: str = obj.customer.region if isinstance(obj, Order) else obj.region
    return region


def places(mapper: Any, primary_key: Any, *, lazy_loaded_from: Any, execution_options: Any, bind_arguments: Any) -> list[str]:
    return ["east", "west"] if lazy_loaded_from is None else [lazy_loaded_from.identity_token]


def shards_for(execution: Any) -> list[str]:
    if execution.is_select and execution.lazy_loaded_from is not None:
        return [execution.lazy_loaded_from.identity_token]
    if execution.is_relationship_load:
        return [execution.execution_options["identity_token"]]
    return ["east", "west"]


Maker = Callable[..., Awaitable[Any]]


@pytest.fixture
def sharded(twin: Twin) -> Maker:
    """Make a session over two databases with an equal row 1 each."""
    engines: dict[str, Any] = {}

    async def start() -> None:
        engines["east"] = twin.engine
        file = twin.folder / "west.db"
        engines["west"] = twin.create_engine(f"sqlite{'+aiosqlite' if twin.is_async else ''}:///{file}")
        for engine in engines.values():
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.drop_all)
                await connection.run_sync(Base.metadata.create_all)

    async def make(**options: Any) -> Any:
        if not engines:
            await start()
        binds = {name: unwrap(engine) for name, engine in engines.items()}
        given = {"shards": binds, "shard_chooser": shard_of, "identity_chooser": places, "execute_chooser": shards_for, "expire_on_commit": False}
        given.update(options)
        made: Any = AsyncSession(sync_session_class=ShardedSession, **given) if twin.is_async else Proxy(ShardedSession(**given), AsyncSession)
        return made

    make.engines = engines  # type: ignore[attr-defined]  # for tests that look into one database
    return make


async def fill(make: Maker) -> None:
    async with await make() as session:
        for region, name in (("east", "Ann"), ("west", "Ben")):
            label = Label(id=1, region=region)
            session.add(Customer(id=1, region=region, name=name, orders=[Order(total=5), Order(total=7)], labels=[label]))
        session.add(Customer(id=2, region="west", name="Cid"))
        await session.commit()


async def names_in(make: Any, shard: str) -> list[str]:
    async with make.engines[shard].connect() as connection:
        return list((await connection.execute(select(Customer.name).order_by(Customer.name))).scalars())


async def test_objects_are_written_to_their_shards(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    assert await names_in(sharded, "east") == ["Ann"]
    assert await names_in(sharded, "west") == ["Ben", "Cid"]
    async with await sharded() as session:
        found = (await session.scalars(select(Customer).order_by(Customer.id))).all()
        assert [(one.name, inspect(one).identity_key) for one in found] == [
            ("Ann", (Customer, (1,), "east")),
            ("Ben", (Customer, (1,), "west")),
            ("Cid", (Customer, (2,), "west")),
        ]
        assert [session.identity_key(instance=one)[2] for one in found] == ["east", "west", "west"]


async def test_new_objects_are_known_by_their_shards(twin: Twin, sharded: Maker) -> None:
    async with await sharded() as session:
        east, west = Customer(id=1, region="east", name="Ann"), Customer(id=1, region="west", name="Ben")
        session.add_all([east, west])
        await session.flush()
        assert (inspect(east).identity_token, inspect(west).identity_token) == ("east", "west")
        assert await session.get(Customer, 1, identity_token="west") is west


async def test_a_statement_can_name_its_shard(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        of = select(Customer.name).order_by(Customer.name)
        assert (await session.scalars(of)).all() == ["Ann", "Ben", "Cid"]
        assert (await session.scalars(of, bind_arguments={"shard_id": "west"})).all() == ["Ben", "Cid"]
        assert (await session.scalars(of.options(set_shard_id("east")))).all() == ["Ann"]
        assert (await session.scalars(of.options(set_shard_id("west")))).all() == ["Ben", "Cid"]
        assert (await session.execute(text("SELECT name FROM shard_customer"), bind_arguments={"shard_id": "east"})).all() == [("Ann",)]
        assert sorted((await session.scalars(select(func.count()).select_from(Customer))).all()) == [1, 2]


async def test_get_looks_where_it_may_be(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        cid = await session.get(Customer, 2)
        assert cid.name == "Cid"
        assert inspect(cid).identity_token == "west"
        assert await session.get(Customer, 2) is cid
        assert (await session.get(Customer, 1, identity_token="east")).name == "Ann"
        assert (await session.get(Customer, 1, bind_arguments={"shard_id": "west"}, populate_existing=True)).name == "Ben"
        assert await session.get(Customer, 2, identity_token="east") is None
        session.expunge_all()
        with pytest.raises(MultipleResultsFound, match="several shards"):
            await session.get(Customer, 1)


async def test_objects_with_the_same_key_do_not_mix(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    for option in (selectinload(Customer.orders), lazyload(Customer.orders)):
        async with await sharded() as session:
            found = (await session.scalars(select(Customer).where(Customer.id == 1).options(option))).all()
            for customer in found:
                await session.load(customer, Customer.orders, Customer.labels)
                assert {inspect(order).identity_token for order in customer.orders} == {customer.region}
                assert {label.region for label in customer.labels} == {customer.region}
                assert len(customer.orders) == 2
                assert all(order.customer is customer for order in customer.orders)


async def test_changes_go_where_the_object_came_from(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        for customer in (await session.scalars(select(Customer).where(Customer.id == 1).options(selectinload(Customer.labels)))).all():
            customer.name += "!"
            customer.labels = []
        await session.commit()
        assert await names_in(sharded, "east") == ["Ann!"]
        assert await names_in(sharded, "west") == ["Ben!", "Cid"]
        assert (await session.execute(select(func.count()).select_from(labelled))).scalars().all() == [0, 0]
        ben = await session.get(Customer, 1, identity_token="west")
        await session.delete(ben)
        await session.commit()
        assert await names_in(sharded, "east") == ["Ann!"]
        assert await names_in(sharded, "west") == ["Cid"]
        assert sorted((await session.scalars(select(func.count()).select_from(Order))).all()) == [0, 2]


async def test_clean_objects_are_deleted_from_their_shards(twin: Twin, sharded: Maker) -> None:
    async with await sharded() as session:
        session.add_all([Label(id=1, region="east"), Label(id=1, region="west"), Label(id=2, region="west")])
        await session.commit()
    async with await sharded() as session:
        await session.delete(await session.get(Label, 1, identity_token="west"))
        await session.commit()
        found = (await session.execute(select(Label.region, Label.id))).all()
        assert found == [("east", 1), ("west", 2)]


async def test_writes_in_all_shards(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        orders = (await session.scalars(select(Order))).all()
        for how in ("evaluate", "fetch"):
            result = await session.execute(update(Order).where(Order.total >= 7).values(total=Order.total + 1), execution_options={"synchronize_session": how})
            assert result.rowcount == 2
        assert sorted(order.total for order in orders) == [5, 5, 9, 9]
        only = {"shard_id": "east"}
        await session.execute(delete(Order).where(Order.total == 9), bind_arguments=only)
        await session.commit()
        assert [(inspect(order).identity_token, order.total) for order in orders if inspect(order).detached] == [("east", 9)]
        assert (await session.scalars(select(func.count()).select_from(Order))).all() == [1, 2]


async def test_all_or_nothing(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        session.add_all([Customer(id=9, region="east", name="Dan"), Customer(id=2, region="west", name="Eve")])
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()
        assert (await session.scalars(select(Customer.name).order_by(Customer.name))).all() == ["Ann", "Ben", "Cid"]
        async with session.begin_nested() as savepoint:
            for customer in (await session.scalars(select(Customer))).all():
                customer.name = "gone"
            await session.flush()
            await savepoint.rollback()
        assert (await session.scalars(select(Customer.name).order_by(Customer.name))).all() == ["Ann", "Ben", "Cid"]


async def test_values_are_read_again_from_the_same_shard(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded(execute_chooser=lambda execution: ["west"]) as session:
        ben = (await session.scalars(select(Customer).where(Customer.id == 1))).one()
        await session.execute(update(Customer).values(name="New"), execution_options={"synchronize_session": False})
        await session.refresh(ben)
        assert ben.name == "New"
        session.expire(ben)
        assert await session.load(ben, Customer.name) == "New"
    assert await names_in(sharded, "east") == ["Ann"]


async def test_listeners_have_their_say_in_every_shard(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    seen = []
    async with await sharded() as session:

        def listener(execution: Any) -> None:
            seen.append(execution.is_relationship_load)
            execution.statement = execution.statement.options(with_loader_criteria(Customer, Customer.id == 1))

        event.listen(session.sync_session if twin.is_async else session.target, "do_orm_execute", listener)
        found = (await session.scalars(select(Customer).options(selectinload(Customer.orders)).order_by(Customer.id))).all()
        assert [one.name for one in found] == ["Ann", "Ben"]
        assert seen == [False, True, True]


async def test_streams_hold_the_rows_of_all(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        names = [one.name async for one in (await session.stream(select(Customer))).scalars()]
        assert sorted(names) == ["Ann", "Ben", "Cid"]


async def test_merge_knows_shards(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        ben = await session.get(Customer, 1, identity_token="west")
    clean = pickle.loads(pickle.dumps(ben))
    ben.name = "Bob"
    changed = pickle.loads(pickle.dumps(ben))
    assert inspect(clean).identity_key == inspect(changed).identity_key == (Customer, (1,), "west")
    async with await sharded() as session:
        await session.merge(changed)
        await session.commit()
    assert await names_in(sharded, "east") == ["Ann"]
    assert await names_in(sharded, "west") == ["Bob", "Cid"]


async def test_errors_say_what_is_there(twin: Twin, sharded: Maker) -> None:
    async with await sharded() as session:
        with pytest.raises(ArgumentError, match="no shard 'wst'; its shards are 'east', 'west'; did you mean 'west'"):
            await session.execute(select(Customer), bind_arguments={"shard_id": "wst"})
        with pytest.raises(InvalidRequestError, match="bulk verbs cannot choose a shard"):
            await session.bulk_insert_mappings(Customer, [{"id": 1, "region": "east", "name": "x"}])
    async with await sharded(execute_chooser=lambda execution: []) as session:
        with pytest.raises(InvalidRequestError, match="execute_chooser returned no shard"):
            await session.execute(select(Customer))
    with pytest.raises(ArgumentError, match="needs execute_chooser="):
        await sharded(execute_chooser=None)


@pytest.mark.worlds("-sync")
async def test_loads_for_a_whole_result_stay_in_its_shard(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    async with await sharded() as session:
        for customer in (await session.scalars(select(Customer).options(peerload(Customer.orders)).order_by(Customer.id))).all():
            assert {inspect(order).identity_token for order in customer.orders} <= {customer.region}
            assert len(customer.orders) == (2 if customer.id == 1 else 0)


@pytest.mark.worlds("sqlite-sync", "psycopg-sync")
async def test_the_classic_query(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    session = unwrap(await sharded())
    query: ShardedQuery[Customer] = session.query(Customer)
    assert [one.name for one in query.set_shard("east")] == ["Ann"]
    assert query.set_shard("west").get(1).name == "Ben"
    assert query.filter_by(id=1).update({"name": "New"}) == 2
    assert session.get_bind(Customer, instance=query.set_shard("west").first()) is sharded.engines["west"].target  # type: ignore[attr-defined]
    assert session.connection(bind_arguments={"shard_id": "east"}).engine is sharded.engines["east"].target  # type: ignore[attr-defined]
    session.close()


class Wanted(UserDefinedOption):
    propagate_to_loaders = True


async def test_options_of_the_users_own_reach_listeners_and_lazy_loads(twin: Twin, sharded: Maker) -> None:
    await fill(sharded)
    seen = []
    async with await sharded() as session:
        event.listen(
            session.sync_session if twin.is_async else session.target,
            "do_orm_execute",
            lambda execution: seen.append([option.payload for option in execution.user_defined_options]),
        )
        for payload in ("one", "two"):
            for customer in (await session.scalars(select(Customer).where(Customer.id == 2).options(Wanted(payload)))).all():
                await session.load(customer, Customer.orders)
            session.expunge_all()
    assert seen == [["one"], ["one"], ["two"], ["two"]]


def test_visitors_find_what_a_chooser_wants_to_know() -> None:
    found = []

    class Find(ClauseVisitor):
        def visit_binary(self, binary: Any) -> None:
            if binary.left.shares_lineage(Customer.__table__.c.region) and binary.operator is operators.eq:
                found.append(binary.right.value)

    condition = select(Customer).where((Customer.region == "east") | ~(Customer.id > 5)).whereclause
    assert Find().traverse(condition) is condition
    assert found == ["east"]


def test_foreign_keys_of_an_attached_file_name_no_schema() -> None:
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True), schema="s")
    child = Table("b", metadata, Column("id", ForeignKey("s.a.id"), primary_key=True), schema="s")
    engine = create_engine("sqlite://", execution_options={"schema_translate_map": {"s": "shard1"}})
    with engine.connect() as connection:
        connection.exec_driver_sql("ATTACH DATABASE ':memory:' AS shard1")
        metadata.create_all(connection)
        assert inspect(connection).get_foreign_keys("b", schema="shard1")[0]["referred_table"] == "a"
        assert connection.scalar(select(func.count()).select_from(child)) == 0
    engine.dispose()
