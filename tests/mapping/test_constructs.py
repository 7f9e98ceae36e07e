"""Composites, hybrids, synonyms, proxies, mutable values, ordering lists, bundles, aliases, inheritance: their Python and their SQL."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import ambo.orm  # noqa: F401  # turns mapped classes into tables before rendering
from ambo import JSON, ForeignKey, String, func, inspect, select, update
from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError
from ambo.ext.associationproxy import AssociationProxy, association_proxy
from ambo.ext.hybrid import Comparator, hybrid_method, hybrid_property
from ambo.ext.mutable import MutableDict, MutableList
from ambo.ext.orderinglist import ordering_list
from ambo.orm import (
    Bundle,
    DeclarativeBase,
    Mapped,
    aliased,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
    with_parent,
    with_polymorphic,
)
from ambo.orm.attributes import get_history, set_committed_value
from shelves import Book, Shelf, Tag


class Base(DeclarativeBase):
    """The registry."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A place."""

    x: int
    y: int


class Lower(Comparator):
    """Compares without case."""

    def __eq__(self, other: object) -> Any:
        return func.lower(self.__clause_element__()) == func.lower(other)

    __hash__ = Comparator.__hash__


class Line(Base):
    """Uses everything that is an attribute."""

    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column()
    begin: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[Point] = composite(mapped_column("x2"), mapped_column("y2"))
    data: Mapped[dict[str, int]] = mapped_column(MutableDict.as_mutable(JSON), default=dict)
    items: Mapped[list[int]] = mapped_column(MutableList.as_mutable(JSON), default=list)
    title: Mapped[str] = synonym("name")
    stops: Mapped[list[Stop]] = relationship(order_by="Stop.position", collection_class=ordering_list("position", count_from=1))
    stop_names: AssociationProxy[list[str]] = association_proxy("stops", "name", creator=lambda name: Stop(name=name))
    shout: Mapped[str] = column_property(name + "!")

    @hybrid_property
    def label(self) -> str:
        return f"<{self.name}>"

    @label.inplace.setter
    def _set_label(self, value: str) -> None:
        self.name = value.strip("<>")

    @label.inplace.expression
    @classmethod
    def _label_sql(cls) -> Any:
        return "<" + cls.name + ">"

    @label.inplace.update_expression
    @classmethod
    def _label_update(cls, value: str) -> Any:
        return [(cls.name, value.strip("<>"))]

    @hybrid_property
    def plain(self) -> str:
        return self.name.lower()

    @plain.inplace.comparator
    @classmethod
    def _plain_comparator(cls) -> Lower:
        return Lower(cls.name)

    @hybrid_method
    def is_called(self, name: str) -> Any:
        return self.name == name


class Stop(Base):
    """On a line."""

    __tablename__ = "stop"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    position: Mapped[int | None]
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))


def sql(statement: Any) -> str:
    """Return the SQL on one line."""
    return " ".join(str(statement).split())


def test_composites_follow_their_columns_both_ways() -> None:
    line = Line(begin=Point(1, 2))
    assert (line.x1, line.y1) == (1, 2)  # type: ignore[attr-defined]
    line.x1 = 5  # type: ignore[attr-defined]
    assert line.begin == Point(5, 2)
    assert line.end is None
    line.begin = None  # type: ignore[assignment]
    assert (line.x1, line.y1) == (None, None)  # type: ignore[attr-defined]
    assert inspect(Line(begin=Point(1, 2))).attrs.begin.history == ([Point(1, 2)], (), [Point(None, None)])  # type: ignore[arg-type]


def test_composites_in_sql() -> None:
    assert sql(select(Line.id).where(Line.begin == Point(1, 2))).endswith("WHERE line.x1 = :x1_1 AND line.y1 = :y1_1")
    assert sql(select(Line.id).order_by(Line.end)).endswith("ORDER BY line.x2, line.y2")
    assert sql(select(Line.begin)) == "SELECT line.x1, line.y1 FROM line"
    assert sql(update(Line).values({Line.begin: Point(1, 2)})) == "UPDATE line SET x1=:x1, y1=:y1"
    alias = aliased(Line)
    assert "line_1.x1 = " in sql(select(alias.id).where(alias.begin == Point(1, 2)))


def test_hybrids_in_python_and_sql() -> None:
    line = Line(name="a")
    assert line.label == "<a>"
    line.label = "<b>"
    assert line.name == "b"
    assert line.is_called("b") is True
    assert sql(select(Line.label)) == "SELECT :name_1 || line.name || :param_1 AS label FROM line"
    assert sql(select(Line.id).where(Line.is_called("x"))).endswith("WHERE line.name = :name_1")
    assert sql(select(Line.id).where(Line.plain == "X")).endswith("WHERE lower(line.name) = lower(:lower_1)")
    assert sql(update(Line).values({Line.label: "<x>"})) == "UPDATE line SET name=:name"
    alias = aliased(Line)
    assert "line_1.name" in sql(select(alias.label))


def test_a_hybrid_without_sql_says_so() -> None:
    class Silent(Base):
        __tablename__ = "silent"
        id: Mapped[int] = mapped_column(primary_key=True)

        @hybrid_property
        def size(self) -> int:
            return 5

    with pytest.raises(InvalidRequestError, match=r"gives 5 on the class.*@size\.expression"):
        select(Silent.size)


def test_synonyms_read_write_and_select_under_their_own_name() -> None:
    line = Line(title="x")
    assert (line.name, line.title) == ("x", "x")
    assert sql(select(Line.title)) == "SELECT line.name FROM line"
    assert Line.title.original_property is inspect(Line).synonyms.title


def test_column_properties_are_expressions() -> None:
    assert sql(select(Line.shout)) == "SELECT line.name || :param_1 AS anon_1 FROM line"
    assert Line.shout.prop.is_expression


def test_proxies_show_and_change_the_collection_behind_them() -> None:
    line = Line(stop_names=["a", "b"])
    line.stop_names.append("c")
    assert [stop.name for stop in line.stops] == ["a", "b", "c"]
    assert line.stop_names == ["a", "b", "c"]
    line.stop_names.remove("b")
    line.stop_names[0] = "z"
    assert list(line.stop_names) == ["z", "c"]
    assert "EXISTS" in sql(select(Line.id).where(Line.stop_names.contains("a")))


def test_ordering_lists_number_their_members() -> None:
    line = Line(stop_names=["a", "b", "c"])
    assert [stop.position for stop in line.stops] == [1, 2, 3]
    line.stops.insert(0, Stop(name="first"))
    assert [(stop.name, stop.position) for stop in line.stops] == [("first", 1), ("a", 2), ("b", 3), ("c", 4)]
    line.stops.pop(1)
    assert [stop.position for stop in line.stops] == [1, 2, 3]


def test_mutable_values_report_changes() -> None:
    line = Line(data={"a": 1}, items=[1])
    assert isinstance(line.data, MutableDict)
    set_committed_value(line, "name", "x")
    inspect(line).commit_all()
    line.data["b"] = 2
    line.items.append(2)
    assert get_history(line, "data").added == [{"a": 1, "b": 2}]
    assert get_history(line, "items").added == [[1, 2]]
    with pytest.raises(ValueError, match="'data' does not accept objects of type int"):
        line.data = 5  # type: ignore[assignment]


def test_relationship_criteria() -> None:
    assert sql(select(Shelf.id).where(Shelf.books.any(Book.title == "x"))) == (
        "SELECT shelf.id FROM shelf WHERE EXISTS (SELECT 1 FROM book WHERE shelf.id = book.shelf_id AND book.title = :title_1)"
    )
    assert "shelf_1.name = :name_1" in sql(select(Shelf.id).where(Shelf.children.any(Shelf.name == "x")))
    assert sql(select(Book.id).where(Book.shelf == None)).endswith("WHERE book.shelf_id IS NULL")  # noqa: E711
    assert sql(select(Book.id).where(Book.shelf == Shelf(id=5))).endswith("WHERE :param_1 = book.shelf_id")
    assert "book.shelf_id IS NULL" in sql(select(Book.id).where(Book.shelf != Shelf(id=5)))
    assert "book_tag" in sql(select(Book.id).where(Book.tags.contains(Tag(id=1))))
    assert sql(select(Book.id).where(with_parent(Shelf(id=5), Shelf.books))).endswith("WHERE :param_1 = book.shelf_id")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: Book.shelf.any(), "use has"),
        (lambda: Shelf.books.has(), "use any"),
        (lambda: Book.shelf.contains(Shelf()), "use =="),
        (lambda: Shelf.books == Book(), "use contains"),
        (lambda: with_parent(Shelf(), "books"), "Shelf.books|User.books"),
    ],
)
def test_wrong_criteria_name_the_right_ones(use: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        use()


def test_bundles_keep_their_columns_by_key() -> None:
    bundle = Bundle("b", Line.id, Line.name)
    assert bundle.c.keys() == ["id", "name"]
    assert sql(select(bundle)) == "SELECT line.id, line.name FROM line"


class Animal(Base):
    """The root of a hierarchy."""

    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}


class Dog(Animal):
    """In the same table."""

    barks: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "dog"}


class Bird(Animal):
    """In a table of its own."""

    __tablename__ = "bird"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    wings: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "bird"}


def test_hierarchies_share_identity_and_discriminator() -> None:
    assert Dog().kind == "dog"
    assert Bird(id=1).kind == "bird"
    mapper = inspect(Animal)
    assert set(mapper.polymorphic_map) == {"animal", "dog", "bird"}
    assert inspect(Bird).identity_key((1,)) == (Animal, (1,), None)
    assert inspect(Bird).isa(mapper)
    assert not mapper.isa(inspect(Bird))
    assert inspect(Dog).single
    assert inspect(Dog).local_table is Animal.__table__
    assert inspect(Bird).tables == (Animal.__table__, Bird.__table__)
    assert Bird.id.prop.columns == [Bird.__table__.c.id, Animal.__table__.c.id]
    assert inspect(Bird).inherit_pairs == ((Animal.__table__.c.id, Bird.__table__.c.id),)


def test_hierarchies_in_sql() -> None:
    assert sql(select(Bird.wings)) == "SELECT bird.wings FROM animal JOIN bird ON animal.id = bird.id"
    assert sql(select(Dog.name)).endswith("WHERE animal.kind IN (__[POSTCOMPILE_kind_1])") or "animal.kind" in sql(select(Dog.name))
    everything = with_polymorphic(Animal, "*")
    assert "LEFT OUTER JOIN bird" in sql(select(everything.Bird.wings, everything.name))


def test_a_subclass_without_identity_is_reported() -> None:
    with pytest.warns(AmboWarning, match="has no polymorphic_identity"):

        class Cat(Animal):
            pass


def test_columns_of_siblings_conflict_unless_shared() -> None:
    with pytest.raises(ArgumentError, match="use_existing_column"):

        class Wolf(Animal):
            barks: Mapped[int | None]
            __mapper_args__ = {"polymorphic_identity": "wolf"}

    class Fox(Animal):
        barks: Mapped[int | None] = mapped_column(use_existing_column=True)
        __mapper_args__ = {"polymorphic_identity": "fox"}

    assert Fox.barks.prop.columns[0] is Dog.barks.prop.columns[0]
