"""What upstream's own tests ask of sessions and flushes beyond the usual: both colours, every database."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table, TypeDecorator, insert, inspect, select
from ambo.exc import ArgumentError, InvalidRequestError, StatementError
from ambo.orm import aliased, registry, relationship, with_parent
from twin import Twin

metadata = MetaData()
mapping = registry(metadata=metadata)

NODES = Table("details_node", metadata, Column("id", Integer, primary_key=True), Column("data", String(20)))
NODE_TO_NODE = Table(
    "details_node_to_node",
    metadata,
    Column("left_id", ForeignKey(NODES.c.id), primary_key=True),
    Column("right_id", ForeignKey(NODES.c.id), primary_key=True),
)


class NoTruth:
    def __bool__(self) -> bool:
        raise NotImplementedError


class Widget:
    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> Any:
        return NoTruth()

    __hash__ = object.__hash__


class WidgetType(TypeDecorator[Any]):
    impl = String(50)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.text

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Widget(value)


THINGS = Table(
    "details_thing", metadata, Column("name", String(20), primary_key=True), Column("value", WidgetType), Column("node_id", ForeignKey(NODES.c.id))
)


class Node:
    id: int
    data: str
    children: list[Node]
    parents: list[Node]


class Thing:
    name: str
    value: Any
    node: Node


mapping.map_imperatively(
    Node,
    NODES,
    properties={
        "children": relationship(
            Node,
            secondary=NODE_TO_NODE,
            primaryjoin=NODES.c.id == NODE_TO_NODE.c.left_id,
            secondaryjoin=NODES.c.id == NODE_TO_NODE.c.right_id,
            backref="parents",
        )
    },
)
mapping.map_imperatively(Thing, THINGS, properties={"node": relationship(Node)})

pytestmark = pytest.mark.tables(metadata)


def make(cls: type[Any], **values: Any) -> Any:
    return cls(**values)


def test_an_imperatively_mapped_class_without_init_takes_its_attributes_by_name() -> None:
    node = make(Node, id=5, data="x")
    assert (node.id, node.data) == (5, "x")
    with pytest.raises(TypeError, match="'dta' is an invalid keyword argument for Node"):
        make(Node, dta="x")


async def test_rows_of_an_association_go_once_when_both_sides_are_deleted_one_after_the_other(twin: Twin) -> None:
    async with twin.session(autoflush=False) as session:
        nodes = [make(Node, data=f"n{at}") for at in range(5)]
        nodes[0].children = nodes[1:4]
        nodes[1].children = [nodes[2], nodes[4]]
        session.add_all(nodes)
        await session.flush()
        await session.delete(nodes[0])
        await session.flush()
        for node in nodes[1:]:
            await session.delete(node)
        await session.commit()
        assert (await session.execute(select(NODE_TO_NODE))).all() == []


async def test_values_whose_comparison_has_no_truth_are_written(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(make(Thing, name="a", value=Widget("foo")))
        await session.commit()
        thing = await session.get(Thing, "a")
        thing.value = Widget("bar")
        await session.commit()
        assert (await session.scalar(select(THINGS.c.value))).text == "bar"


async def test_deleting_what_this_transaction_has_deleted_is_nothing_new(twin: Twin) -> None:
    async with twin.session() as session:
        thing = make(Thing, name="a")
        session.add(thing)
        await session.commit()
        await session.delete(thing)
        await session.flush()
        await session.delete(thing)
        await session.commit()
        assert inspect(thing).detached
        with pytest.raises(InvalidRequestError, match="has been deleted"):
            await session.delete(thing)


async def test_a_rollback_brings_a_deleted_object_back_in_place_of_its_successor(twin: Twin) -> None:
    async with twin.session() as session:
        first = make(Thing, name="a")
        session.add(first)
        await session.commit()
        await session.delete(first)
        await session.flush()
        await session.execute(insert(THINGS).values(name="a"))
        second = await session.get(Thing, "a")
        assert second is not first and first not in session
        await session.rollback()
        assert first in session and second not in session
        assert await session.get(Thing, "a") is first


async def test_saving_a_loaded_object_in_bulk_leaves_nothing_to_flush(twin: Twin) -> None:
    async with twin.session() as session:
        node = make(Node, data="x")
        session.add(node)
        await session.commit()
        await session.refresh(node)
        node.data = "y"
        await session.bulk_save_objects([node])
        assert node not in session.dirty
        with session.recorded() as log:
            await session.commit()
        assert not any("UPDATE" in one for one in log.statements)
        await session.refresh(node)
        assert node.data == "y"


async def test_comparing_with_an_object_that_has_no_value_says_so(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.raises(StatementError, match=r"Can't resolve value for column details_node.id .* no value has been set"):
            await session.execute(select(Thing).where(make_condition(make(Node))))


def make_condition(node: Node) -> Any:
    attribute: Any = Thing.node
    return attribute == node


@pytest.mark.worlds("psycopg")
async def test_prepare_begins_if_nothing_was_begun(twin: Twin) -> None:
    async with twin.session(twophase=True) as session:
        await session.prepare()
        with pytest.raises(InvalidRequestError, match="prepared"):
            await session.execute(select(1))
        await session.rollback()



async def test_a_get_of_none_is_warned_of(twin: Twin) -> None:
    async with twin.session() as session:
        with pytest.warns(match="fully NULL primary key identity cannot load any object"):
            assert await session.get(Node, None) is None


async def test_with_parent_takes_aliases_and_names_what_is_no_relationship(twin: Twin) -> None:
    async with twin.session() as session:
        parent = Node(data="parent", children=[Node(data="child")])
        session.add(parent)
        await session.commit()
        child = aliased(Node)
        for condition in (with_parent(parent, Node.children.of_type(child)), with_parent(parent, Node.children, from_entity=child)):
            assert [one.data for one in await session.scalars(select(child).where(condition))] == ["child"]
        with pytest.raises(ArgumentError, match="Expected relationship property for with_parent"):
            with_parent(parent, Node.data)
