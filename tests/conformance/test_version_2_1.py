"""What SQLAlchemy 2.1 added, on every database and in both colours."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Any

import pytest

from ambo import (
    JSON,
    Column,
    CreateTableAs,
    CreateView,
    DropView,
    ForeignKey,
    FrameClause,
    FrameClauseType,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    delete,
    event,
    from_dml_column,
    func,
    insert,
    inspect,
    select,
    update,
)
from ambo.dialects import mysql, postgresql
from ambo.exc import AmbiguousColumnError, ArgumentError, CompileError, DBAPIError, InvalidRequestError
from ambo.ext.compiler import compiles
from ambo.ext.hybrid import hybrid_property
from ambo.ext.indexable import index_property
from ambo.orm import (
    NO_VALUE,
    DeclarativeBase,
    DictBundle,
    Mapped,
    MappedAsDataclass,
    TypeResolve,
    aliased,
    foreign,
    mapped_column,
    merge_frozen_result,
    registry,
    relationship,
    remote,
)
from ambo.schema import CheckFirst
from ambo.sql import ClauseElement, SyntaxExtension
from twin import Twin


class Base(DeclarativeBase):
    pass


class Box(Base):
    __tablename__ = "box21"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[Any] = mapped_column(JSON, nullable=True)
    name = index_property("data", "name", default=None)

    @hybrid_property
    def size(self) -> Any:
        return (self.width, self.height)

    @size.inplace.bulk_dml
    @classmethod
    def _size_bulk_dml(cls, mapping: dict[str, Any], value: tuple[int, int]) -> None:
        mapping["width"], mapping["height"] = value

    @size.inplace.update_expression
    @classmethod
    def _size_update(cls, value: int) -> list[tuple[Any, Any]]:
        return [(cls.height, value - from_dml_column(cls.width))]


class Lid(Base):
    __tablename__ = "lid21"
    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int | None] = mapped_column(ForeignKey("box21.id"))
    colour: Mapped[str] = mapped_column(String(20))


pytestmark = pytest.mark.tables(Base.metadata)

BOXES = [{"id": number, "shelf": number % 2, "width": number, "height": 10 * number} for number in range(1, 6)]


async def filled(session: Any) -> None:
    await session.execute(insert(Box), BOXES)
    await session.execute(insert(Lid), [{"id": 1, "box_id": 2, "colour": "red"}, {"id": 2, "box_id": 3, "colour": "blue"}])


# ---- windows and aggregates


async def test_frames_are_parameters(twin: Twin) -> None:
    near = func.sum(Box.width).over(order_by=Box.id, rows=(-1, 1))
    up_to = func.sum(Box.width).over(order_by=Box.id, rows=FrameClause(None, None, FrameClauseType.UNBOUNDED, FrameClauseType.CURRENT))
    async with twin.session() as session:
        await filled(session)
        assert (await session.execute(select(near, up_to).order_by(Box.id))).all() == [(3, 1), (6, 3), (9, 6), (12, 10), (9, 15)]


@pytest.mark.parametrize(
    "frame",
    [
        {"rows": 3}, {"rows": (1.5, 2)}, {"rows": (0, 1), "range_": (0, 1)},
        {"rows": lambda: FrameClause(1, None, FrameClauseType.CURRENT, FrameClauseType.UNBOUNDED)},
        {"rows": lambda: FrameClause(None, 1, FrameClauseType.PRECEDING, FrameClauseType.FOLLOWING)},
        {"rows": lambda: FrameClause(1, 1, "PRECEDING", FrameClauseType.FOLLOWING)},
    ],
)  # fmt: skip
def test_a_frame_that_makes_no_sense_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        func.sum(Box.width).over(order_by=Box.id, **{key: value() if callable(value) else value for key, value in frame.items()})


async def test_aggregates_take_their_values_in_an_order(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        text = func.aggregate_strings(Lid.colour, ",", order_by=Lid.id.desc())
        if sqlite3.sqlite_version_info >= (3, 44) or twin.database != "sqlite":
            assert await session.scalar(select(text)) == "blue,red"
        if twin.database == "postgresql":
            ids = func.array_agg(Box.id).aggregate_order_by(Box.shelf, Box.id.desc())
            assert await session.scalar(select(ids)) == [4, 2, 5, 3, 1]


# ---- views and tables from SELECT


def of_shelf_one() -> Any:
    return select(Box.id, Box.width.label("w")).where(Box.shelf == 1)


async def test_a_metadata_creates_and_drops_views_with_its_tables(twin: Twin) -> None:
    metadata = MetaData()
    plain = Table("plain21", metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
    view = CreateView(select(plain.c.id, plain.c.x).where(plain.c.x > 1), "a_view21", metadata=metadata).table
    above = CreateView(select(view.c.id), "above21", metadata=metadata).table
    assert view.is_view and not plain.is_view
    async with twin.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(plain), [{"id": 1, "x": 1}, {"id": 2, "x": 2}])
        assert (await connection.execute(select(view))).all() == [(2, 2)]
        assert (await connection.execute(select(above.c.id))).scalars().all() == [2]
        names = await connection.run_sync(lambda sync: inspect(sync).get_view_names())
        assert {"a_view21", "above21"} <= set(names)
        await connection.run_sync(metadata.drop_all)
        assert not {"a_view21", "above21"} & set(await connection.run_sync(lambda sync: inspect(sync).get_view_names()))


async def test_a_class_can_be_mapped_to_a_view(twin: Twin) -> None:
    view = CreateView(of_shelf_one(), "shelf_one21")

    class Local(DeclarativeBase):
        pass

    class Narrow(Local):
        __table__ = view.table
        __mapper_args__ = {"primary_key": [view.table.c.id]}

    async with twin.session() as session:
        await filled(session)
        await session.execute(view)
        assert [one.w for one in (await session.scalars(select(Narrow).order_by(Narrow.id)))] == [1, 3, 5]
        await session.execute(DropView(view.table))


async def test_a_table_is_made_of_a_select(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        made = of_shelf_one().into("made21", temporary=True)
        assert isinstance(made, CreateTableAs)
        await session.execute(made)
        assert (await session.execute(select(made.table.c.w).order_by(made.table.c.id))).scalars().all() == [1, 3, 5]


def test_what_a_view_is_made_of_is_checked() -> None:
    with pytest.raises(ArgumentError, match="takes a SELECT"):
        CreateView(Box.__table__, "v")
    with pytest.raises(ArgumentError, match="no option mysql_algorithm"):
        CreateView(of_shelf_one(), "v", mysql_algorithm="merge")
    materialized = CreateView(of_shelf_one(), "v", materialized=True)
    assert str(DropView(materialized.table, if_exists=True)).strip() == "DROP MATERIALIZED VIEW IF EXISTS v"


def test_a_view_goes_along_into_another_metadata() -> None:
    view = CreateView(of_shelf_one(), "v").table
    copied = view.to_metadata(MetaData(), schema="other")
    assert copied.is_view and str(copied.creation).startswith("CREATE VIEW other.v AS SELECT")


# ---- writes


async def test_what_is_written_elsewhere_in_the_statement(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        await session.execute(update(Box).where(Box.id == 1).values({Box.width: 7, Box.size: 30}))
        await session.execute(update(Box).where(Box.id == 2).values({Box.size: 30}))
        assert (await session.execute(select(Box.width, Box.height).where(Box.id < 3).order_by(Box.id))).all() == [(7, 23), (2, 28)]
        await session.execute(insert(Box.__table__).values(height=from_dml_column(Box.__table__.c.width) * 2), [{"id": 9, "shelf": 1, "width": 4}])
        assert await session.scalar(select(Box.height).where(Box.id == 9)) == 8


def test_what_is_written_elsewhere_must_be_written() -> None:
    with pytest.raises(CompileError, match="writes no such column"):
        str(insert(Box.__table__).values(height=from_dml_column(Box.__table__.c.width)))
    with pytest.raises(CompileError, match="INSERT or UPDATE"):
        str(select(from_dml_column(Box.__table__.c.width)))


async def test_a_hybrid_says_what_dictionaries_write(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Box), [{"id": 1, "shelf": 1, "size": (3, 4)}, {"id": 2, "shelf": 1, "size": (5, 6)}])
        await session.execute(update(Box), [{"id": 2, "size": (7, 8)}])
        assert (await session.execute(select(Box.width, Box.height).order_by(Box.id))).all() == [(3, 4), (7, 8)]


# ---- filter_by


async def test_filter_by_asks_every_source(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        joined = select(Box.id).join(Lid, Lid.box_id == Box.id)
        assert (await session.scalars(joined.filter_by(shelf=0, colour="red"))).all() == [2]
        assert (await session.scalars(select(Box.id).where(Box.id == Lid.box_id).filter_by(colour="blue"))).all() == [3]


def test_sources_that_conditions_mention_are_asked_for_each_name() -> None:
    statement = select(Box.width).where(Box.id == Lid.box_id).where(Lid.id > 1).filter_by(colour="blue", box_id=3)
    assert str(statement).endswith("AND lid21.colour = :colour_1 AND lid21.box_id = :box_id_1")


def test_filter_by_guesses_nothing() -> None:
    joined = select(Box).join(Lid, Lid.box_id == Box.id)
    with pytest.raises(AmbiguousColumnError, match=r'"id" is ambiguous.*Lid, Box.*where\(\)'):
        joined.filter_by(id=1)
    with pytest.raises(AmbiguousColumnError, match="shelf"):
        select(Box).join(aliased(Box), Box.id == 1).filter_by(shelf=1)
    with pytest.raises(InvalidRequestError, match=r'None of the FROM clause entities have a property "color".*colour'):
        joined.filter_by(color="red")


# ---- syntax extensions


class Remark(SyntaxExtension, ClauseElement):
    """A comment at the end of a statement, with an expression in it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def apply_to_select(self, select_stmt: Any) -> None:
        select_stmt.apply_syntax_extension_point(self.append_replacing_same_type, "post_body")

    def apply_to_update(self, update_stmt: Any) -> None:
        update_stmt.apply_syntax_extension_point(lambda existing: [*existing, self], "post_criteria")


@compiles(Remark)
def _remark(element: Remark, compiler: Any, **kw: Any) -> str:
    return f"/* {element.value} */"


async def test_a_statement_takes_what_users_define(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        statement = select(Box.id).where(Box.id < 3).order_by(Box.id).ext(Remark("one")).ext(Remark("two"))
        assert str(statement).endswith("/* two */") and "one" not in str(statement)
        assert (await session.scalars(statement)).all() == [1, 2]
        await session.execute(update(Box).where(Box.id == 1).values(width=0).ext(Remark("x")))
        assert await session.scalar(select(Box.width).where(Box.id == 1)) == 0


def test_an_extension_that_does_not_fit_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="apply_to_delete"):
        delete(Box).ext(Remark(""))
    with pytest.raises(ArgumentError, match="SyntaxExtension"):
        select(Box).ext(Box.id)
    with pytest.raises(ValueError, match="known positions: 'post_select'"):
        select(Box).apply_syntax_extension_point(list, "somewhere")


async def test_the_databases_own_extensions(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        if twin.database == "postgresql":
            first = select(Box.shelf, Box.id).ext(postgresql.distinct_on(Box.shelf)).order_by(Box.shelf, Box.id)
            assert (await session.execute(first)).all() == [(0, 2), (1, 1)]
        elif twin.database == "mariadb":
            await session.execute(delete(Lid).ext(mysql.limit(1)))
            assert await session.scalar(select(func.count(Lid.id))) == 1
    assert str(select(Box.id).ext(postgresql.distinct_on(Box.id)).compile(dialect=postgresql.dialect())).startswith("SELECT DISTINCT ON (box21.id)")
    with pytest.raises(CompileError):
        str(update(Box).values(width=1).ext(mysql.limit(1)).compile(dialect=postgresql.dialect()))


# ---- dataclasses


class DataBase(MappedAsDataclass, DeclarativeBase):
    metadata = Base.metadata


class Leaf(DataBase):
    __tablename__ = "leaf21"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    trees: Mapped[list[Tree]] = relationship(back_populates="leaf", default_factory=list)


class Tree(DataBase):
    __tablename__ = "tree21"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    leaf_id: Mapped[int | None] = mapped_column(ForeignKey("leaf21.id"), default=None)
    leaf: Mapped[Leaf | None] = relationship(back_populates="trees", default=None)
    state: Mapped[str] = mapped_column(String(10), default="new")
    kind: Mapped[str] = mapped_column(String(10), default="oak", init=False)
    seen: int = 3

    def __post_init__(self) -> None:
        self.seen += 1


async def test_a_dataclass_stores_no_defaults(twin: Twin) -> None:
    async with twin.session() as session:
        leaf = Leaf()
        session.add(leaf)
        await session.flush()
        tree = Tree(leaf_id=leaf.id)
        assert not {"leaf", "state", "kind"} & set(tree.__dict__)
        assert (tree.leaf, tree.state, tree.kind, tree.seen) == (None, "new", "oak", 4)
        session.add(tree)
        await session.commit()
    async with twin.session() as session:
        found = (await session.execute(select(Tree.leaf_id, Tree.state, Tree.kind))).all()
        assert found == [(leaf.id, "new", "oak")]
    assert Leaf().trees == [] and Tree(leaf=(other := Leaf())).leaf is other and other.trees[0].leaf is other
    assert repr(Tree(state="old")).endswith("state='old', kind='oak', seen=4)")


# ---- smaller things


async def test_an_element_of_json_is_an_attribute(twin: Twin) -> None:
    async with twin.session() as session:
        box = Box(id=1, shelf=1, width=1, height=1, name="first")
        assert box.data == {"name": "first"}
        session.add(box)
        await session.commit()
        box.name = "renamed"
        await session.commit()
        assert await session.scalar(select(Box.data).where(Box.name.as_string() == "renamed")) == {"name": "renamed"}
        del box.name
        await session.commit()
        assert await session.scalar(select(Box.data)) == {}


async def test_a_bundle_of_dictionaries(twin: Twin) -> None:
    async with twin.session() as session:
        await filled(session)
        row = (await session.execute(select(DictBundle("at", Box.shelf, Box.width)).where(Box.id == 4))).one()
        assert row.at == {"shelf": 0, "width": 4}
    with pytest.raises(ArgumentError, match="several columns called id"):
        DictBundle("x", Box.id, Lid.id)


async def test_a_kept_result_comes_back_into_a_session(twin: Twin) -> None:
    statement = select(Box, Box.width).order_by(Box.id)

    def kept(session: Any) -> None:
        session.execute(insert(Box), BOXES)
        session.flush()
        frozen = session.execute(statement).freeze()
        session.expunge_all()
        rows = merge_frozen_result(session, statement, frozen, load=False)().all()
        assert [(box.height, width) for box, width in rows] == [(10 * number, number) for number in range(1, 6)]
        assert all(box in session for box, _ in rows)

    async with twin.session() as session:
        await session.run_sync(kept)


# ---- events of a registry


class Money:
    """A Python type that no SQL type is known for."""


def test_listeners_say_what_a_python_type_becomes() -> None:
    class Local(DeclarativeBase):
        pass

    seen: list[Any] = []

    @event.listens_for(Local, "resolve_type_annotation")
    def money(found: TypeResolve) -> Any:
        seen.append((found.cls.__name__, found.key, found.resolved_type, found.pep_593_resolved_argument))
        return Numeric(10, 2) if found.resolved_type is Money else found.resolve(int) if found.resolved_type is str else None

    class Account(Local):
        __tablename__ = "account"
        id: Mapped[int] = mapped_column(primary_key=True)
        balance: Mapped[Money | None]
        limit: Mapped[Annotated[Money, "x"]]
        name: Mapped[str]
        note: Mapped[str] = mapped_column(String(5))

    types = {column.name: (type(column.type), column.nullable) for column in Account.__table__.c}
    assert types == {"id": (Integer, False), "balance": (Numeric, True), "limit": (Numeric, False), "name": (Integer, False), "note": (String, False)}
    assert seen == [("Account", "id", int, None), ("Account", "balance", Money, None), ("Account", "limit", Money, Money), ("Account", "name", str, None)]


def test_a_registry_says_when_its_mappers_are_configured() -> None:
    own = registry()
    told: list[str] = []
    event.listen(own, "before_configured", lambda one: told.append("before" if one is own else "other"))
    event.listen(own, "after_configured", lambda one: told.append("after" if one is own else "other"))

    @own.mapped
    class Local:
        __tablename__ = "local"
        id: Mapped[int] = mapped_column(primary_key=True)

    Local(id=1)
    assert told == ["before", "after"]


def test_a_mapper_is_announced_once_though_its_listener_adds_to_it() -> None:
    class Local(DeclarativeBase):
        pass

    class Part(Local):
        __tablename__ = "part"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int]

    class HasParts:
        """A mixin whose classes get a relationship."""

    told: list[Any] = []

    @event.listens_for(HasParts, "mapper_configured", propagate=True)
    def add(mapper: Any, class_: Any) -> None:
        told.append(class_)
        class_.parts = relationship(Part, primaryjoin=class_.id == foreign(remote(Part.owner_id)))
        event.listen(class_.parts, "append", lambda target, value, initiator: told.append("append"))

    class Owner(HasParts, Local):
        __tablename__ = "owner"
        id: Mapped[int] = mapped_column(primary_key=True)

    owner: Any = Owner()
    owner.parts.append(Part())
    assert told == [Owner, "append"]


def test_events_of_a_mapped_property_are_those_of_its_attribute() -> None:
    told: list[Any] = []
    column = inspect(Box).attrs.width

    def changed(target: Any, value: Any, old: Any, initiator: Any) -> None:
        told.append((value, old))

    event.listen(column, "set", changed)
    try:
        Box(id=1).width = 5
    finally:
        event.remove(column, "set", changed)
    assert told == [(5, NO_VALUE)]


async def test_a_count_has_the_options_of_its_query(twin: Twin) -> None:
    told: list[Any] = []
    async with twin.session() as session:
        target = getattr(session, "sync_session", None) or session
        event.listen(getattr(target, "target", target), "do_orm_execute", lambda state: told.append(state.execution_options.get("mine")))
        await session.run_sync(lambda sync: sync.query(Box).execution_options(mine=1).count())
        assert told == [1]


async def test_what_is_looked_for_before_it_is_created_is_chosen(twin: Twin) -> None:
    metadata = MetaData()
    table = Table("checked21", metadata, Column("id", Integer, primary_key=True))
    CreateView(select(table.c.id), "checked_view21", metadata=metadata)

    def again(connection: Any) -> None:
        metadata.create_all(connection, checkfirst=CheckFirst.TABLES | CheckFirst.VIEWS)
        with pytest.raises(DBAPIError, match="checked_view21"):
            metadata.create_all(connection, checkfirst=CheckFirst.TABLES)

    async with twin.engine.begin() as connection:
        await connection.run_sync(lambda sync: metadata.create_all(sync, checkfirst=CheckFirst.NONE))
    async with twin.engine.connect() as connection:
        await connection.run_sync(again)
    async with twin.engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
