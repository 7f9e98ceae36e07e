"""Columns that a class's table has and the class has not, and dataclass mixins that are not mapped: `Unmapped`, `unmapped_dataclass`."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, String, Table, func, insert, select, update
from ambo.exc import ArgumentError, InvalidRequestError
from ambo.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Unmapped,
    column_property,
    configure_mappers,
    declared_attr,
    mapped_column,
    registry,
    relationship,
    unmapped_column,
    unmapped_dataclass,
)
from ambo.orm.exc import MappedAnnotationError
from twin import Twin


class Base(DeclarativeBase):
    pass


class Owned:
    owner: Unmapped[str | None] = unmapped_column(String(20), index=True)


class Person(Owned, Base):
    __tablename__ = "person_unmapped"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    legacy: Unmapped[int] = unmapped_column("old_number", default=7)
    rank: Unmapped[int] = unmapped_column(server_default="3", sort_order=-1)
    remark: Unmapped[str | None] = unmapped_column(String(20))
    made: Unmapped[str] = unmapped_column(String(20), default=func.lower("NEW"), onupdate=lambda: "changed")


class Chief(Person):
    title: Mapped[str | None] = mapped_column(String(20))
    sash: Unmapped[str | None] = unmapped_column(String(20))
    badge: Mapped[str | None] = mapped_column(String(20), default="none")


class DataBase(MappedAsDataclass, DeclarativeBase):
    metadata = Base.metadata


class Parcel(DataBase):
    __tablename__ = "parcel_unmapped"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    weight: Unmapped[int] = unmapped_column(default=1)
    label: Mapped[str] = mapped_column(String(20))
    spare: Unmapped[int | None]


pytestmark = pytest.mark.tables(Base.metadata)


def base() -> Any:
    class Fresh(DeclarativeBase):
        pass

    return Fresh


# ---- the table has them, the class has not


def test_the_table_has_the_column_and_the_class_has_not() -> None:
    table: Any = Person.__table__
    assert [column.name for column in table.c] == ["rank", "id", "name", "old_number", "remark", "made", "owner", "title", "sash", "badge"]
    assert (table.c.old_number.nullable, table.c.remark.nullable, table.c.remark.type.length) == (False, True, 20)
    assert [index.name for index in table.indexes] == ["ix_person_unmapped_owner"]
    assert Person.__mapper__.attrs.keys() == ["id", "name"] and Chief.__mapper__.attrs.keys() == ["id", "name", "title", "badge"]
    assert not hasattr(Person, "legacy") and not hasattr(Chief, "sash")
    assert str(select(Person)) == "SELECT person_unmapped.id, person_unmapped.name \nFROM person_unmapped"
    with pytest.raises(TypeError, match="legacy"):
        Person(legacy=5)


async def test_a_flush_leaves_it_to_its_defaults(twin: Twin) -> None:
    columns: Any = Person.__table__.c  # type: ignore[attr-defined]
    async with twin.session() as session:
        person = Person(id=1, name="ann")
        session.add_all([person, Person(id=2, name="bob"), Person(id=3, name="cy")])
        await session.commit()
        made = select(columns.old_number, columns.rank, columns.remark, columns.made)
        assert (await session.execute(made)).all() == [(7, 3, None, "new")] * 3
        await session.execute(update(Person).where(columns.id == 1).values({columns.remark: "kept"}))
        await session.refresh(person)
        person.name = "anne"
        await session.commit()
        assert set(person.__dict__) - {"_sa_instance_state"} <= {"id", "name"}
        kept = select(columns.name, columns.remark, columns.made).where(columns.remark == "kept")
        assert (await session.execute(kept)).all() == [("anne", "kept", "changed")]
        await session.execute(insert(Person.__table__).values(id=4, name="di", old_number=1))
        assert (await session.get(Person, 4)).name == "di"


async def test_defaults_of_a_subclass_are_made_for_all_rows_of_the_table(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all([Person(id=1, name="ann"), Chief(id=2, name="bob")])
        await session.commit()
        columns: Any = Chief.__table__.c  # type: ignore[attr-defined]
        assert (await session.execute(select(columns.id, columns.badge).order_by(columns.id))).all() == [(1, "none"), (2, "none")]


async def test_a_dataclass_has_no_field_for_it(twin: Twin) -> None:
    assert [one.name for one in dataclasses.fields(Parcel)] == ["id", "label"]
    columns: Any = Parcel.__table__.c  # type: ignore[attr-defined]
    async with twin.session() as session:
        session.add(Parcel(label="x"))
        await session.commit()
        assert (await session.execute(select(columns.weight, columns.spare))).all() == [(1, None)]
        assert repr(await session.scalar(select(Parcel))).endswith("Parcel(id=1, label='x')")


def test_a_foreign_key_may_be_unmapped() -> None:
    fresh = base()

    class Team(fresh):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Player(fresh):
        __tablename__ = "player"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Unmapped[int] = unmapped_column(ForeignKey("team.id"))
        team: Mapped[Any] = relationship(Team, viewonly=True)

    configure_mappers()
    assert str(select(Player).join(Player.team)).endswith("JOIN team ON team.id = player.team_id")


def test_the_primary_key_must_be_mapped() -> None:
    with pytest.raises(ArgumentError, match=r"row_number.* is not mapped; name mapped columns"):

        class Bad(base()):  # type: ignore[misc]
            __tablename__ = "keyless"
            row_number: Unmapped[int] = unmapped_column(primary_key=True)
            code: Mapped[str]

    class Good(base()):  # type: ignore[misc]
        __tablename__ = "keyed"
        row_number: Unmapped[int] = unmapped_column(primary_key=True)
        code: Mapped[str]
        __mapper_args__ = {"primary_key": ["code"]}

    assert [column.name for column in Good.__mapper__.primary_key] == ["code"]
    assert [column.name for column in Good.__table__.primary_key] == ["row_number"]

    class Excluding(base()):  # type: ignore[misc]
        __table__ = Table("excluding", base().metadata, Column("a", Integer, primary_key=True), Column("b", Integer), Column("c", Integer))
        __mapper_args__ = {"primary_key": ["b"], "exclude_properties": ["a"]}

    assert Excluding.__mapper__.attrs.keys() == ["b", "c"]


def test_a_declared_attribute_and_an_existing_column() -> None:
    class Mixed:
        @declared_attr
        def code(cls) -> Unmapped[str]:
            return unmapped_column(String(3))

    class Top(Mixed, base()):  # type: ignore[misc]
        __tablename__ = "top"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Left(Top):
        note: Mapped[str | None] = mapped_column(use_existing_column=True)

    class Right(Top):
        note: Unmapped[str | None] = unmapped_column(use_existing_column=True)

    assert [repr(column.type) for column in Top.__table__.c] == ["Integer()", "String(length=3)", "String()"]
    assert (Left.__mapper__.attrs.keys(), Right.__mapper__.attrs.keys()) == (["id", "note"], ["id"])


def test_it_may_be_assigned_later() -> None:
    class Late(base()):  # type: ignore[misc]
        __tablename__ = "late"
        id: Mapped[int] = mapped_column(primary_key=True)

    Late.extra = unmapped_column(String(5))
    assert not hasattr(Late, "extra")
    assert [column.name for column in Late.__table__.c] == ["id", "extra"] and Late.__mapper__.attrs.keys() == ["id"]


# ---- misuse


@pytest.mark.parametrize(
    ("annotation", "value", "says"),
    [
        (Mapped[int], unmapped_column, r"Mapped\[...\] and is a UnmappedColumn"),
        (Unmapped[int], mapped_column, r"Unmapped\[...\] goes with unmapped_column\(\)"),
        (Unmapped[int], lambda: 5, r"is a int"),
        (Unmapped[int], lambda: Column(Integer), r"is a Column"),
        (Unmapped[int], lambda: column_property(func.now()), r"Unmapped"),
        (Unmapped, unmapped_column, r"Unmapped without a type; write such as Unmapped\[int\]"),
        (None, unmapped_column, r"write 'x: Unmapped\[int\] = unmapped_column\(\)'"),
    ],
)
def test_what_does_not_go_together(annotation: Any, value: Any, says: str) -> None:
    body = {"__tablename__": "bad", "id": mapped_column(Integer, primary_key=True), "x": value()}
    body["__annotations__"] = {} if annotation is None else {"x": annotation}
    with pytest.raises((ArgumentError, MappedAnnotationError), match=says):
        type("Bad", (base(),), body)


@pytest.mark.parametrize("arguments", [{"deferred": True}, {"init": True}, {"default_factory": list}, {"default": 1, "insert_default": 2}])
def test_arguments_of_attributes_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        unmapped_column(String, **arguments)


# ---- dataclass mixins


def test_a_dataclass_mixin() -> None:
    @unmapped_dataclass
    class Stamped:
        created: Mapped[int] = mapped_column(init=False, default=3)
        note: Mapped[str] = mapped_column(kw_only=True, default="q")
        hidden: Unmapped[int] = unmapped_column()

    @unmapped_dataclass(kw_only=True)
    class Counted:
        count: Mapped[int] = mapped_column(default=0)

    @registry().mapped_as_dataclass
    class Page(Stamped, Counted):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        text: Mapped[str]

    assert [one.name for one in dataclasses.fields(Page)] == ["count", "created", "note", "id", "text"]
    assert not hasattr(Stamped, "__mapper__") and Page.__mapper__.attrs.keys() == ["id", "text", "created", "note", "count"]
    assert [column.name for column in Page.__table__.c] == ["id", "text", "created", "note", "hidden", "count"]
    page = Page("t", note="n", count=2)
    assert (page.text, page.note, page.count, page.created) == ("t", "n", 2, 3)
    with pytest.raises(TypeError):
        Page("t", created=4)


def test_a_mapped_class_is_no_mixin() -> None:
    with pytest.raises(InvalidRequestError, match="Plain is mapped already"):

        @unmapped_dataclass
        class Plain(base()):  # type: ignore[misc]
            __tablename__ = "plain"
            id: Mapped[int] = mapped_column(primary_key=True)
