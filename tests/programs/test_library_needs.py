"""What sqlalchemy-mixins and advanced-alchemy ask for: a query's first entity, the state of a loaded object, helpers of the language."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Integer, TypeDecorator, create_engine, select
from ambo.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship
from ambo.sql.dml import ReturningDelete
from ambo.util import asbool, preload_module, to_list, unique_list


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "needs_node"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(deferred=True)
    parent_id: Mapped[int | None] = mapped_column(index=True)
    parent: Mapped[Node | None] = relationship(primaryjoin="foreign(Node.parent_id) == remote(Node.id)", viewonly=True)

    @classmethod
    def where_named(cls, name: str) -> Any:
        return cls.name == name


def test_a_query_tells_its_first_entity() -> None:
    for entity in (Node, Node.name, aliased(Node)):
        assert Session().query(entity)._entity_from_pre_ent_zero().class_ is Node


def test_a_class_method_of_an_alias_works_on_the_alias() -> None:
    other = aliased(Node)
    assert "needs_node_1.name" in str(select(other.id).where(other.where_named("x")))


def test_a_loaded_object_tells_what_its_mapping_defers() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Node(name="x"))
        session.commit()
        session.expunge_all()
        node = session.scalars(select(Node)).one()
        assert node._sa_instance_state.unloaded == {"name", "parent"}  # type: ignore[attr-defined]


def test_classes_that_annotations_subscript() -> None:
    assert ReturningDelete[tuple[Any]] and TypeDecorator.Comparator[int]


def test_helpers_of_the_language() -> None:
    assert [asbool(one) for one in ("yes", "off", 1, " True ")] == [True, False, True, True]
    with pytest.raises(ValueError, match="not true/false"):
        asbool("perhaps")
    assert (to_list(None), to_list("ab"), to_list((1, 2))) == (None, ["ab"], [1, 2])
    assert unique_list([1, 2, 1]) == [1, 2]
    assert preload_module("sql.schema")(Integer) is Integer
