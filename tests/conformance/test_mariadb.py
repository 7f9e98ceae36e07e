"""What MariaDB does in its own way: values that a server makes on UPDATE, upserts of objects, its types, two phases, locks."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ambo import CheckConstraint, ForeignKey, Index, MetaData, String, Table, case, func, inspect, select, text
from ambo.dialects import mysql
from ambo.exc import CompileError, IntegrityError
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from ambo.schema import Computed, FetchedValue
from twin import Twin


class Base(DeclarativeBase):
    """The registry."""


class Item(Base):
    """Has a key, a unique code, values of the server's for INSERT and UPDATE, and MariaDB's types."""

    __tablename__ = "items"
    __table_args__ = (CheckConstraint("price >= 0", name="ck_price"), {"mariadb_engine": "InnoDB"})

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    price: Mapped[Decimal] = mapped_column(mysql.DECIMAL(10, 2, unsigned=True), default=Decimal(1))
    made: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    touched: Mapped[dt.datetime] = mapped_column(
        mysql.TIMESTAMP(fsp=6), server_default=text("CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"), server_onupdate=FetchedValue()
    )
    double: Mapped[Decimal] = mapped_column(mysql.DECIMAL(12, 2), Computed("price * 2"))
    tags: Mapped[set[str] | None] = mapped_column(mysql.SET("a", "b", "c"))
    tiny: Mapped[int | None] = mapped_column(mysql.TINYINT(unsigned=True))
    blob: Mapped[bytes | None] = mapped_column(mysql.MEDIUMBLOB)
    year: Mapped[int | None] = mapped_column(mysql.YEAR)
    parts: Mapped[list[Part]] = relationship(back_populates="item", order_by="Part.id")


class Part(Base):
    """Belongs to an item."""

    __tablename__ = "parts"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", name="fk_part_item"))
    item: Mapped[Item] = relationship(back_populates="parts")


pytestmark = [pytest.mark.worlds("mariadb"), pytest.mark.tables(Base.metadata)]


async def test_the_server_s_values_are_there_after_insert_and_update(twin: Twin) -> None:
    async with twin.session() as session:
        item = Item(code="x", tags={"a", "c"}, tiny=255, blob=b"\x00" * 70_000, year=2024)
        session.add(item)
        await session.flush()
        assert item.id == 1 and item.double == Decimal("2.00") and item.made.year >= 2024
        first = item.touched
        await asyncio.sleep(0.002) if twin.is_async else None
        item.price = Decimal("7.50")
        await session.flush()
        assert item.double == Decimal("15.00") and item.touched >= first
        await session.commit()
    async with twin.session() as session:
        found = await session.get(Item, 1)
        assert (found.tags, found.tiny, len(found.blob), found.year, found.price) == ({"a", "c"}, 255, 70_000, 2024, Decimal("7.50"))


async def test_rows_of_one_insert_get_their_own_keys(twin: Twin) -> None:
    async with twin.session() as session:
        items = [Item(code=f"c{n}", parts=[Part(), Part()]) for n in range(250)]
        session.add_all(items)
        await session.commit()
    async with twin.session() as session:
        found = (await session.scalars(select(Item).order_by(Item.id).options(selectinload(Item.parts)))).all()
        assert [(one.id, one.code) for one in found] == [(one.id, one.code) for one in items]
        assert [[part.id for part in one.parts] for one in found] == [[part.id for part in one.parts] for one in items]


async def test_objects_are_upserted(twin: Twin) -> None:
    made = mysql.insert(Item).values([{"code": "x", "price": 3}, {"code": "y", "price": 4}])
    upsert = made.on_duplicate_key_update(price=Item.price + made.inserted.price)
    async with twin.session() as session:
        session.add(Item(code="x", price=Decimal(10)))
        await session.flush()
        await session.execute(upsert)
        assert (await session.execute(select(Item.code, Item.price).order_by(Item.code))).all() == [("x", 13), ("y", 4)]
        returned = await session.scalars(mysql.insert(Item).values(code="z").returning(Item))
        assert returned.one().code == "z"


@pytest.mark.parametrize(
    ("values", "constraint", "columns"),
    [
        ({"code": "taken"}, "code", ("code",)),
        ({"code": None}, None, ("code",)),
        ({"code": "new", "price": Decimal(-1)}, None, None),
    ],
)  # fmt: skip
async def test_errors_name_what_was_violated(twin: Twin, values: dict[str, Any], constraint: str | None, columns: tuple[str, ...] | None) -> None:
    async with twin.session() as session:
        session.add(Item(code="taken"))
        await session.commit()
        session.add(Item(**values))
        if columns is None:
            with pytest.raises(Exception, match="price"):
                await session.flush()
        else:
            with pytest.raises(IntegrityError) as caught:
                await session.flush()
            assert (caught.value.table, caught.value.constraint, caught.value.columns) == ("items", constraint, columns)
        await session.rollback()
        session.add(Part(item_id=99))
        with pytest.raises(IntegrityError) as caught:
            await session.flush()
        assert (caught.value.table, caught.value.constraint, caught.value.columns) == ("parts", "fk_part_item", ("item_id",))
        await session.rollback()
        assert (await session.scalars(select(Item.code))).all() == ["taken"]


async def test_dates_keep_their_type_inside_expressions(twin: Twin) -> None:
    moment = dt.datetime(2024, 5, 6, 7, 8, 9, 10)
    async with twin.session() as session:
        session.add(Item(code="x", made=moment))
        await session.flush()
        never = func.coalesce(func.nullif(Item.made, moment), dt.datetime(1999, 1, 1))
        chosen = case((Item.made == moment, dt.datetime(2001, 2, 3, 4, 5, 6, 7)), else_=Item.made)
        assert (await session.execute(select(never, chosen, func.max(Item.made)))).one() == (
            dt.datetime(1999, 1, 1), dt.datetime(2001, 2, 3, 4, 5, 6, 7), moment,
        )  # fmt: skip
        assert (await session.scalars(select(Item.code).where(Item.made.in_([moment]), Item.made.between(moment, moment)))).all() == ["x"]


async def test_a_stream_may_be_left_and_other_statements_run_meanwhile(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Item(code=f"c{n}") for n in range(50)])
        await session.commit()
        seen = 0
        result = await session.stream(select(Item).order_by(Item.id).execution_options(yield_per=10))
        async for item in result.scalars():
            seen += 1
            if seen == 15:
                assert await session.scalar(select(func.count()).select_from(Part)) == 0
            if seen == 25:
                assert item.code == "c24"
                break
        await result.close()
        assert await session.scalar(select(func.count(Item.id))) == 50


async def test_isolation_levels_and_savepoints(twin: Twin) -> None:
    engine = twin.create_engine(isolation_level="READ COMMITTED")
    async with engine.connect() as connection:
        assert await connection.get_isolation_level() == "READ COMMITTED"
        nested = await connection.begin_nested()
        await connection.execute(Item.__table__.insert().values(code="gone"))
        await nested.rollback()
        await connection.execute(Item.__table__.insert().values(code="kept"))
        await connection.commit()
        assert (await connection.scalars(select(Item.code))).all() == ["kept"]
    async with twin.engine.connect() as connection:
        assert await connection.get_isolation_level() == "REPEATABLE READ"


async def test_two_phases_survive_the_connection(twin: Twin) -> None:
    async with twin.session(twophase=True) as session:
        session.add(Item(code="both"))
        await session.prepare()
        await session.commit()
    async with twin.session() as session:
        assert (await session.scalars(select(Item.code))).all() == ["both"]


async def test_a_cancelled_statement_does_not_keep_its_locks(twin: Twin) -> None:
    if not twin.is_async:
        pytest.skip("a blocking statement is not cancelled")
    async with twin.session() as session:
        session.add(Item(code="x"))
        await session.commit()

    async def hold() -> None:
        async with twin.session() as session:
            (await session.scalars(select(Item).with_for_update())).all()
            await session.execute(text("SELECT sleep(20)"))

    task = asyncio.ensure_future(hold())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with twin.session() as session, asyncio.timeout(3):
        (await session.scalars(select(Item).with_for_update())).all()


async def test_an_index_on_an_expression_says_what_to_do(twin: Twin) -> None:
    table = Table("t", MetaData(), *[column._copy() for column in (Item.__table__.c.id, Item.__table__.c.code)])
    Index("ix_lower", func.lower(table.c.code))
    async with twin.engine.connect() as connection:
        with pytest.raises(CompileError, match=r"ix_lower.*Computed"):
            await connection.run_sync(table.create)


async def test_a_table_is_read_back(twin: Twin) -> None:
    def read(connection: Any) -> Any:
        metadata = MetaData()
        metadata.reflect(connection)
        return metadata, inspect(connection).get_columns("items")

    async with twin.engine.connect() as connection:
        metadata, columns = await connection.run_sync(read)
    items = metadata.tables["items"]
    assert repr(items.c.tiny.type) == "TINYINT(display_width=3, unsigned=True)" or items.c.tiny.type.unsigned
    assert items.c.tags.type.values == ("a", "b", "c") and items.c.touched.type.fsp == 6 and items.c.price.type.unsigned
    assert items.c.double.computed is not None and next(one for one in columns if one["name"] == "double")["computed"]["persisted"] is False
    assert items.c.blob.type.__class__.__name__ == "MEDIUMBLOB" and items.autoincrement_column is items.c.id
    assert metadata.tables["parts"].c.item_id.references(items.c.id)
    assert any(one.name == "ck_price" for one in items.constraints)
