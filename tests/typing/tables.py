"""Tables whose columns type checkers know: `TypedColumns`, `Named`, `as_typed_table`."""

from __future__ import annotations

from typing import Any, assert_type

from ambo import Column, ForeignKey, Integer, MetaData, Named, Row, Select, String, Table, TypedColumns, select
from ambo.orm import DeclarativeBase, MappedColumn, Session, as_typed_table, mapped_column
from ambo.sql.expression import FromClause


class WithId(TypedColumns):
    """A mixin."""

    id: Named[int] = Column(Integer, primary_key=True)


class UserColumns(WithId):
    """The columns of a table."""

    name: Named[str]
    age: Named[int | None] = Column("user_age")
    boss_id: Column[int] = Column(ForeignKey("user.id"))
    middle = Column(String(5))

    __row_pos__: tuple[int, str, int | None, int, str]


user = Table("user", MetaData(), UserColumns, Column("extra", Integer))
plain = Table("plain", MetaData(), Column("id", Integer))


def columns_have_types() -> None:
    assert_type(user, Table[UserColumns])
    assert_type(user.c.id, Column[int])
    assert_type(user.c.age, Column[int | None])
    assert_type(user.c.boss_id, Column[int])
    assert_type(select(user.c.id, user.c.name).where(user.c.age > 30), Select[tuple[int, str]])
    wanted: Select[tuple[int, str, int | None, int, str]] = select(user)
    assert_type(user.select(), Select[tuple[int, str, int | None, int, str]])
    assert_type(wanted, Select[tuple[int, str, int | None, int, str]])
    assert_type(user.c["extra"], Any)


def plain_tables_stay() -> None:
    several: list[Table] = [user, plain]
    assert_type(several[0].c.id, Any)
    assert_type(plain.c.id, Any)
    assert_type(plain.select(), Select[Any])
    assert_type(plain.with_cols(WithId).c.id, Column[int])


class Base(DeclarativeBase):
    """The registry."""


class Item(Base):
    """A class whose attributes are columns for checkers too."""

    __tablename__ = "items"

    id: MappedColumn[int] = mapped_column(primary_key=True)
    label: MappedColumn[str]


class ItemColumns(Item, TypedColumns):
    """The columns of its table."""


def classes_have_typed_tables(session: Session) -> None:
    table = as_typed_table(Item, ItemColumns)
    assert_type(table, FromClause[ItemColumns])
    assert_type(session.execute(select(user.c.id, user.c.name)).one(), Row[tuple[int, str]])
