"""Declarative classes: bases, mixins, abstract classes, declared_attr, tables, errors."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint, create_engine, inspect, text
from ambo.errors import ArgumentError, InvalidRequestError, MappedAnnotationError, UnmappedClassError
from ambo.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    MappedAsDataclass,
    class_mapper,
    column_property,
    configure_mappers,
    declarative_base,
    declared_attr,
    deferred,
    mapped_column,
    registry,
    relationship,
    synonym,
)
from ambo.pool import StaticPool


class _Base(DeclarativeBase):
    pass


def base() -> Any:
    class Base(DeclarativeBase):
        pass

    return Base


@pytest.mark.parametrize("make", [base, declarative_base, lambda: type("B", (DeclarativeBaseNoMeta,), {})])
def test_every_kind_of_base_maps_its_subclasses(make: Any) -> None:
    class User(make()):  # type: ignore[misc]
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    assert User.__table__.c.keys() == ["id", "name"]
    assert User(name="ed").name == "ed"
    assert class_mapper(User).class_ is User


def test_annotations_decide_type_and_nullability() -> None:
    class User(base()):  # type: ignore[misc]
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        nick: Mapped[str | None]
        size: Mapped[int | None] = mapped_column(nullable=False)

    columns = User.__table__.c
    assert not columns.id.nullable
    assert not columns.name.nullable
    assert columns.nick.nullable
    assert not columns.size.nullable
    assert isinstance(columns.nick.type, String)


def test_an_unknown_keyword_is_refused_with_a_suggestion() -> None:
    class User(base()):  # type: ignore[misc]
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    with pytest.raises(TypeError, match="'nmae' is an invalid keyword argument for User; did you mean 'name'"):
        User(nmae="x")


def test_mixin_columns_are_copied_and_stand_after_the_own_ones() -> None:
    class HasTime:
        created: Mapped[int] = mapped_column()

        @declared_attr
        def owner(cls) -> Mapped[int]:
            return mapped_column(ForeignKey("users.id"))

    made = base()

    class A(HasTime, made):  # type: ignore[misc,valid-type]
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    class B(HasTime, made):  # type: ignore[misc,valid-type]
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert A.__table__.c.keys() == ["id", "created", "owner"]
    assert A.__table__.c.created is not B.__table__.c.created
    assert A.__table__.c.owner.foreign_keys
    assert A.created.prop is not B.created.prop


def test_a_relationship_on_a_mixin_needs_declared_attr() -> None:
    class Mixin:
        things = relationship("Thing")

    with pytest.raises(InvalidRequestError, match="@declared_attr"):

        class A(Mixin, base()):  # type: ignore[misc]
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)


def test_declared_attr_is_computed_once_for_a_class() -> None:
    calls: list[Any] = []

    class Mixin:
        @declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower()  # type: ignore[attr-defined]

        @declared_attr
        def size(cls) -> Mapped[int]:
            calls.append(cls)
            return mapped_column(Integer)

        @declared_attr
        def double(cls) -> Mapped[int]:
            return column_property(cls.size * 2)

    class A(Mixin, base()):  # type: ignore[misc]
        id: Mapped[int] = mapped_column(primary_key=True)

    assert calls == [A]
    assert A.__tablename__ == "a"
    assert A.double.prop.is_expression


def test_cascading_declared_attr_is_computed_for_subclasses_too() -> None:
    class HasId:
        @declared_attr.cascading
        def id(cls) -> Mapped[int]:
            if cls.__name__ == "Sub":  # type: ignore[attr-defined]
                return mapped_column(ForeignKey("parent.id"), primary_key=True)
            return mapped_column(primary_key=True)

    class Parent(HasId, base()):  # type: ignore[misc]
        __tablename__ = "parent"

    class Sub(Parent):
        __tablename__ = "sub"

    assert Sub.__table__.c.id.foreign_keys
    assert Sub.id.prop.columns == [Sub.__table__.c.id, Parent.__table__.c.id]


def test_an_abstract_class_gives_its_columns_and_is_not_mapped() -> None:
    class Abstract(base()):  # type: ignore[misc]
        __abstract__ = True
        id: Mapped[int] = mapped_column(primary_key=True)

    class A(Abstract):
        __tablename__ = "a"

    assert A.__table__.c.keys() == ["id"]
    with pytest.raises(UnmappedClassError, match="Abstract is not mapped"):
        class_mapper(Abstract)


def test_table_arguments_and_given_tables() -> None:
    made = base()

    class A(made):  # type: ignore[misc,valid-type]
        __tablename__ = "a"
        __table_args__ = (UniqueConstraint("name"), {"comment": "letters"})
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        __mapper_args__ = {"primary_key": [id]}

    class B(made):  # type: ignore[misc,valid-type]
        __table__ = Table("b", made.metadata, Column("id", Integer, primary_key=True), Column("data", String))
        data2 = synonym("data")

    assert A.__table__.comment == "letters"
    assert B.__table__.c.keys() == ["id", "data"]
    assert B(data2="x").data == "x"
    Index("i", A.name)
    assert next(iter(A.__table__.indexes)).columns.keys() == ["name"]


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ({}, InvalidRequestError, "has no table"),
        ({"__tablename__": "t"}, ArgumentError, "primary key"),
        ({"__tablename__": "t", "metadata": Column(Integer, primary_key=True)}, InvalidRequestError, "'metadata' is reserved"),
        ({"__tablename__": "t", "__table_args__": [1]}, ArgumentError, "__table_args__"),
    ],
)
def test_wrong_classes_say_what_is_wrong(body: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        type("A", (base(),), {"__module__": __name__, **body})


def test_a_plain_annotation_of_a_mapped_attribute_is_refused() -> None:
    with pytest.raises(MappedAnnotationError, match=r"id: Mapped\[int\]"):

        class A(base()):  # type: ignore[misc]
            __tablename__ = "a"
            id: int = mapped_column(primary_key=True)


def test_attributes_assigned_later_are_mapped_at_first_sight() -> None:
    made = base()

    class A(made):  # type: ignore[misc,valid-type]
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)

    A.data = mapped_column(String)
    A.b = relationship("B")

    class B(made):  # type: ignore[misc,valid-type]
        __tablename__ = "b"
        id: Mapped[int] = mapped_column(primary_key=True)
        a_id: Mapped[int] = mapped_column(ForeignKey("a.id"))

    assert A.data.prop.columns[0] is A.__table__.c.data
    configure_mappers()
    assert A.b.prop.mapper.class_ is B


def test_imperative_mapping_maps_a_plain_class() -> None:
    made = registry(metadata=MetaData())
    table = Table("a", made.metadata, Column("id", Integer, primary_key=True), Column("secret", String), Column("data", String))

    class A:
        def __init__(self, data: str) -> None:
            self.data = data

        @property
        def secret(self) -> str:
            return "hidden"

    made.map_imperatively(A, table, properties={"big": deferred(table.c.data)}, exclude_properties=["secret"])
    one = A("x")
    assert class_mapper(A).column_attrs.keys() == ["big", "id"]
    assert one.secret == "hidden"


def test_disposing_takes_everything_off_the_class() -> None:
    made = registry()

    class A:
        pass

    made.map_imperatively(A, Table("a", made.metadata, Column("id", Integer, primary_key=True)))
    A().id  # type: ignore[attr-defined]
    made.dispose()
    assert "id" not in A.__dict__
    assert "__setattr__" not in A.__dict__
    with pytest.raises(UnmappedClassError):
        class_mapper(A)


def test_dataclass_mapping_makes_fields_of_annotations() -> None:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Book(Base):
        __tablename__ = "books"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        title: Mapped[str]
        pages: Mapped[int | None] = mapped_column(default=None)
        tags: Mapped[list[Tag]] = relationship(default_factory=list, repr=False)

    class Tag(Base):
        __tablename__ = "tags"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        book_id: Mapped[int | None] = mapped_column(ForeignKey("books.id"), init=False)

    book = Book("x", tags=[Tag()])
    assert book.pages is None
    assert len(book.tags) == 1
    assert repr(Book("x")) == f"{Book.__qualname__}(id=None, title='x', pages=None)"
    with pytest.raises(TypeError):
        Book(id=1, title="x")  # type: ignore[call-arg]


def test_dataclass_arguments_without_annotation_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no Mapped"):

        class A(MappedAsDataclass, base()):  # type: ignore[misc]
            __tablename__ = "a"
            id: Mapped[int] = mapped_column(primary_key=True)
            data = mapped_column(String, repr=False)


def test_threads_wait_for_each_other_at_the_first_use() -> None:
    import threading
    import time

    import ambo.orm  # noqa: F401  # installs the lock
    from ambo import event

    class A(base()):  # type: ignore[misc]
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("a.id"))
        children: Mapped[list["A"]] = relationship()  # noqa: UP037

    event.listen(A, "before_mapper_configured", lambda *_: time.sleep(0.05))
    failures: list[BaseException] = []

    def use() -> None:
        try:
            assert A(children=[A()]).children
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def test_sort_order_moves_attributes_too() -> None:
    class Base(DeclarativeBase):
        pass

    class Keyed:
        id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
        made: Mapped[int] = mapped_column(sort_order=10)

    class Thing(Keyed, Base):
        __tablename__ = "sorted_things"
        name: Mapped[str]

    assert Thing.__table__.c.keys() == Thing.__mapper__.columns.keys() == ["id", "name", "made"]


def test_a_class_reads_its_table_from_a_database() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name VARCHAR(30))"))

    class Thing(base()):  # type: ignore[misc]
        __tablename__ = "thing"
        __autoload_with__ = engine
        title = Column("name", String(30))

    assert list(inspect(Thing).attrs.keys()) == ["title", "id"]
    engine.dispose()
