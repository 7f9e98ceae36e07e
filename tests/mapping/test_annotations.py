"""What annotations mean: Optional, Annotated, Enum, Literal, NewType, unions, type maps, forward references."""
# ruff: noqa: UP006, UP007, UP035, UP045  (old spellings are what is tested)

import datetime
import decimal
import enum
import typing
import uuid
from typing import Annotated, Any, List, Literal, NewType, Optional, Union

import pytest

from ambo import JSON, BigInteger, Enum, ForeignKey, Integer, LargeBinary, Numeric, String, Uuid
from ambo.errors import ArgumentError, MappedAnnotationError
from ambo.orm import DeclarativeBase, DynamicMapped, Mapped, WriteOnlyMapped, mapped_column, relationship


class Colour(enum.Enum):
    """For columns."""

    RED = "r"
    BLUE = "b"


UserId = NewType("UserId", int)
pk = Annotated[int, mapped_column(primary_key=True)]
short = Annotated[str | None, mapped_column(String(5), index=True)]


def column_of(annotation: Any, types: Any = None, **body: Any) -> Any:
    """Return the column that one annotation makes."""
    made = type("Base", (DeclarativeBase,), {"type_annotation_map": types or {}})
    attributes = {"__tablename__": "a", "__module__": __name__, "id": mapped_column(Integer, primary_key=True)}
    return type("A", (made,), {**attributes, **body, "__annotations__": {"data": annotation}}).__table__.c.data  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("python", "sql"),
    [
        (int, Integer),
        (str, String),
        (bytes, LargeBinary),
        (decimal.Decimal, Numeric),
        (uuid.UUID, Uuid),
        (UserId, Integer),
        (Colour, Enum),
        (Literal["a", "b"], Enum),
        (Optional[int], Integer),
        (Union[None, str], String),
        (int | None, Integer),
    ],
)
def test_python_types_have_sql_types(python: Any, sql: Any) -> None:
    assert isinstance(column_of(Mapped[python]).type, sql)


@pytest.mark.parametrize(
    ("written", "nullable"),
    [("Mapped[int]", False), ("Mapped[Optional[int]]", True), ("Mapped['int | None']", True), ("'Mapped[int]'", False)],
)
def test_strings_are_read_in_the_module(written: str, nullable: bool) -> None:
    assert column_of(written).nullable is nullable


def test_the_most_specific_key_of_the_type_map_wins() -> None:
    special = Annotated[str, "special"]
    types = {str: String(50), special: String(99), UserId: BigInteger, dict[str, Any]: JSON, Union[float, decimal.Decimal]: Numeric(10, 2)}
    assert column_of(Mapped[str], types).type.length == 50
    assert column_of(Mapped[special], types).type.length == 99
    assert isinstance(column_of(Mapped[UserId], types).type, BigInteger)
    assert isinstance(column_of(Mapped[dict[str, Any]], types).type, JSON)
    assert column_of(Mapped[Optional[decimal.Decimal | float]], types).type.scale == 2


def test_enum_templates_keep_their_settings() -> None:
    found = column_of(Mapped[Colour], {enum.Enum: Enum(enum.Enum, native_enum=False, length=20)}).type
    assert (found.native_enum, found.length, found.enum_class) == (False, 20, Colour)


def test_literals_must_be_strings() -> None:
    with pytest.raises(ArgumentError, match="17"):
        column_of(Mapped[Literal["a", 17]])


def test_annotated_columns_are_merged_below_what_is_said_explicitly() -> None:
    found = column_of(Mapped[short])
    assert (found.type.length, found.index, found.nullable) == (5, True, True)
    explicit = column_of(Mapped[short], data=mapped_column(String(9), nullable=False))
    assert (explicit.type.length, explicit.index, explicit.nullable) == (9, True, False)
    key = column_of(Mapped[pk])
    assert key.primary_key
    assert not key.nullable


def test_what_has_no_sql_type_says_what_to_do() -> None:
    class Thing:
        pass

    with pytest.raises(MappedAnnotationError, match=r"of A\.data; pass a type.*type_annotation_map"):
        column_of(Mapped[Thing])
    with pytest.raises(MappedAnnotationError, match="mapped_column\\(Integer\\)"):
        column_of(Mapped[Integer])


def test_a_column_without_type_and_annotation_is_refused() -> None:
    with pytest.raises(MappedAnnotationError, match="neither a type nor a Mapped"):
        type("A", (_base(),), {"__tablename__": "a", "id": mapped_column(primary_key=True)})


def _base() -> Any:
    return type("Base", (DeclarativeBase,), {})


def test_relationship_annotations_tell_target_collection_and_strategy() -> None:
    made = _base()

    class Parent(made):  # type: ignore[misc,valid-type]
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        listed: Mapped[List["Child"]] = relationship(viewonly=True)
        as_set: Mapped[set["Child"]] = relationship(viewonly=True)
        sequence: Mapped[typing.Sequence["Child"]] = relationship(viewonly=True)
        one: Mapped[Optional["Child"]] = relationship(viewonly=True)
        text: "Mapped[Child]" = relationship(viewonly=True)
        written: WriteOnlyMapped["Child"] = relationship(viewonly=True)
        dynamic: DynamicMapped["Child"] = relationship(viewonly=True)

    class Child(made):  # type: ignore[misc,valid-type]
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent.id"))
        born: Mapped[datetime.date | None]

    found = {prop.key: (prop.uselist, prop.collection_class, prop.lazy) for prop in Parent.__mapper__.relationships}
    assert found == {
        "listed": (True, list, "select"),
        "as_set": (True, set, "select"),
        "sequence": (True, list, "select"),
        "one": (False, None, "select"),
        "text": (False, None, "select"),
        "written": (True, None, "write_only"),
        "dynamic": (True, None, "dynamic"),
    }
    assert {prop.mapper.class_ for prop in Parent.__mapper__.relationships} == {Child}
