"""`TypedColumns`: tables whose columns are listed by a class."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, Named, String, Table, TypedColumns, UniqueConstraint, insert, select
from ambo.exc import ArgumentError, DuplicateColumnError, InvalidRequestError
from ambo.orm import DeclarativeBase, Mapped, MappedColumn, as_typed_table, declarative_base, mapped_column
from twin import Twin

metadata = MetaData()


class WithId(TypedColumns):
    id = Column(Integer, primary_key=True)


class Labelled(TypedColumns):
    label: Named[str] = Column(String(20))
    remark: Named[str | None] = Column(String(20))


class AuthorColumns(Labelled, WithId):
    born: Named[int | None] = Column("birth_year")

    __row_pos__: tuple[int, str, str | None, int | None]


class BookColumns(WithId):
    author_id: Column[int] = Column(ForeignKey("author_typed.id"), index=True)
    price: Named[decimal.Decimal | None]


author = Table("author_typed", metadata, AuthorColumns)
book = Table("book_typed", metadata, BookColumns, Column("extra", Integer), UniqueConstraint("author_id", "price"))

pytestmark = pytest.mark.tables(metadata)


async def test_a_typed_table_is_an_ordinary_table(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(author), [{"id": 1, "label": "ann", "born": 1970}, {"id": 2, "label": "bob", "born": None}])
        await session.execute(insert(book).values(id=1, author_id=1, extra=5))
        older = select(author.c.label, book.c.extra).join_from(author, book).where(author.c.born < 1980)
        assert (await session.execute(older)).all() == [("ann", 5)]
        assert (await session.execute(author.select().order_by(author.c.id))).all() == [(1, "ann", None, 1970), (2, "bob", None, None)]


def shown(columns: Any, *args: Any) -> list[str]:
    return [repr(column) for column in Table("t", MetaData(), columns, *args).c]


def test_types_and_nullability_come_from_the_annotation() -> None:
    class Many(TypedColumns):
        a: Named[int]
        b: Column[str | None]
        c: Named[float]
        d: Named[bytes]
        e: Named[datetime.datetime]
        f: Named[uuid.UUID]
        g: Named[bool]
        h: Named[datetime.timedelta]

    table = Table("many", MetaData(), Many)
    names = ["Integer", "String", "Double", "LargeBinary", "DateTime", "Uuid", "Boolean", "Interval"]
    assert [type(column.type).__name__ for column in table.c] == names
    assert [column.name for column in table.c if column.nullable] == ["b"]


def test_the_column_wins_over_its_annotation() -> None:
    class Both(TypedColumns):
        id: Named[int | None] = Column(primary_key=True)
        a: Named[str] = Column(Integer, nullable=True)
        b: Named[str | None] = Column(nullable=False)
        c: Named[int] = Column("see", key="seen")
        d: Named[str] = Column(ForeignKey("t.a"))

    table = Table("t", MetaData(), Both)
    assert [(column.name, column.key, str(column.type), column.nullable) for column in table.c] == [
        ("id", "id", "INTEGER", False),
        ("a", "a", "INTEGER", True),
        ("b", "b", "VARCHAR", False),
        ("see", "seen", "INTEGER", False),
        ("d", "d", "VARCHAR", False),
    ]


def test_each_table_has_columns_of_its_own() -> None:
    first, second = Table("a", MetaData(), WithId), Table("b", MetaData(), WithId)
    assert first.c.id is not second.c.id and first.c.id.table is first and WithId.__dict__["id"].table is None
    assert book.c.author_id.references(author.c.id) and [index.name for index in book.indexes] == ["ix_book_typed_author_id"]


def test_columns_are_in_the_order_of_the_class() -> None:
    class Mixed(TypedColumns):
        first = Column(Integer)
        second: Named[int]
        third: Named[int] = Column()
        fourth: Named[int]

    class Below(Mixed):
        fifth: Named[int]
        second: Named[str | None]  # type: ignore[assignment]

    assert Table("m", MetaData(), Mixed).c.keys() == ["first", "second", "third", "fourth"]
    below = Table("m", MetaData(), Below)
    assert below.c.keys() == ["first", "second", "third", "fourth", "fifth"] and below.c.second.nullable


def test_it_extends_a_table() -> None:
    own = MetaData()
    table = Table("x", own, WithId)
    assert Table("x", own, Labelled, extend_existing=True) is table and table.c.keys() == ["id", "label", "remark"]
    with pytest.raises(InvalidRequestError, match="already defined"):
        Table("x", own, Labelled)
    assert table.with_cols(Labelled) is table


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        ("int", "such as Named"),
        ("Mapped[int]", "such as Named"),
        ("Named", "such as Named"),
        ("Named[list[int]]", r"no SQL type for the Python type list\[int\] of Bad.x"),
        ("Named[int | str]", "no SQL type"),
        ("Named[None]", "no SQL type"),
        ("Named[Nope]", "name 'Nope' is not defined"),
    ],
)
def test_annotations_that_say_no_type(annotation: str, says: str) -> None:
    bad = type("Bad", (TypedColumns,), {"__annotations__": {"x": annotation}, "__module__": __name__})
    with pytest.raises(ArgumentError, match=says):
        Table("bad", MetaData(), bad)


def test_what_a_class_of_columns_cannot_have() -> None:
    with pytest.raises(ArgumentError, match="x is 5; a TypedColumns class has columns only"):
        Table("bad", MetaData(), type("Bad", (TypedColumns,), {"x": 5}))
    with pytest.raises(ArgumentError, match="neither a type nor an annotation"):
        Table("bad", MetaData(), type("Bad", (TypedColumns,), {"x": Column()}))
    with pytest.raises(InvalidRequestError, match="cannot have methods: total"):
        type("Bad", (TypedColumns,), {"total": lambda self: 1})
    with pytest.raises(InvalidRequestError, match="WithId is never instantiated"):
        WithId()
    with pytest.raises(ArgumentError, match="comes first, and alone"):
        Table("bad", MetaData(), WithId, Labelled)
    with pytest.raises(DuplicateColumnError, match="label"):
        Table("bad", MetaData(), Labelled, Column("label", Integer))


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_mapped_class_has_a_typed_table(dynamic: bool) -> None:
    base: Any = declarative_base() if dynamic else type("Base", (DeclarativeBase,), {})

    class Item(base):  # type: ignore[misc]
        __tablename__ = "item"
        id: MappedColumn[int] = mapped_column(primary_key=True)
        label: MappedColumn[str]

    class ItemColumns(Item, TypedColumns):
        pass

    assert as_typed_table(Item, ItemColumns) is Item.__table__ is as_typed_table(Item)
    assert [mapper.class_ for mapper in base.registry.mappers] == [Item] and Item.__table__.c.keys() == ["id", "label"]
    with pytest.raises(InvalidRequestError, match="takes a mapped class"):
        as_typed_table(WithId)

    class Other(base):  # type: ignore[misc]
        __table__ = Table("other", base.metadata, Labelled, Column("id", Integer, primary_key=True))
        label: Mapped[str]

    assert Other.__mapper__.attrs.keys() == ["label", "remark", "id"]
