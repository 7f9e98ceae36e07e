"""Values at the border: what cannot be read back, defaults that ask the database, keys of new rows as their type reads them."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Integer, String, TypeDecorator, insert, select, text
from ambo.errors import UnreadableValueError
from ambo.exc import StatementError
from ambo.orm import DeclarativeBase, Mapped, mapped_column
from twin import Twin


class Prefixed(TypeDecorator[str]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value[1:])

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else f"k{value}"


class Number(TypeDecorator[int]):
    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "values_item"
    id: Mapped[str] = mapped_column(Prefixed, primary_key=True)
    number: Mapped[int | None] = mapped_column(Number)


def next_number(context: Any) -> int:
    return int(context.connection.execute(select(text("count(*)")).select_from(Item.__table__)).scalar()) + 100


class Asking(Base):
    __tablename__ = "values_asking"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=next_number)


pytestmark = pytest.mark.tables(Base.metadata)


@pytest.mark.parametrize("what", ["entity", "column", "core"])
async def test_a_value_that_cannot_be_read_names_column_type_and_value(twin: Twin, what: str) -> None:
    async with twin.session() as session:
        await session.execute(text("INSERT INTO values_item (id, number) VALUES (1, '7'), (2, 'seven')"))
        statement: Any = {"entity": select(Item), "column": select(Item.number), "core": select(Item.__table__.c.number)}[what]
        named = "Item.number" if what == "entity" else "number"
        with pytest.raises(UnreadableValueError, match=rf"the database has 'seven' \(str\) for {named}, which type Number.* cannot read") as caught:
            (await session.execute(statement)).all()
        assert isinstance(caught.value, (StatementError, ValueError)) and isinstance(caught.value.__cause__, ValueError)
        await session.rollback()
        assert (await session.execute(select(1))).scalar() == 1


async def test_the_key_of_a_new_row_is_read_as_its_type_reads_it(twin: Twin) -> None:
    async with twin.session() as session:
        assert (await session.execute(insert(Item).values(id="k5"))).inserted_primary_key == ("k5",)
        table = Item.__table__
        made = (await session.execute(insert(table).values(number=1))).inserted_primary_key
        assert made[0] in ("k1", "k6")  # MariaDB and SQLite count on from the greatest key


async def test_a_default_may_ask_the_database(twin: Twin) -> None:
    async with twin.session() as session:

        def run(blocking: Any) -> None:
            blocking.add(Asking())
            blocking.flush()
            blocking.execute(insert(Asking))
            blocking.connection().execute(insert(Asking.__table__))

        await session.run_sync(run)
        assert (await session.scalars(select(Asking.number))).all() == [100, 100, 100]


async def test_a_row_of_a_subquery_calls_values_as_the_attributes_do(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Renamed), [{"title": "x"}])
        inner = select(Renamed.id, Renamed.title).subquery()
        row = (await session.execute(select(inner))).one()
        assert row.title == "x" and row._fields == ("id", "title")
        assert (await session.execute(select(inner.c.title))).one()._fields == ("title",)
        assert (await session.query(inner).one()).title == "x"


class Renamed(Base):
    __tablename__ = "values_renamed"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column("name", String(20))
