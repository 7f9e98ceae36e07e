"""What libraries built on SQLAlchemy do: their own metaclasses and `__new__`, `set_attribute` in `__setattr__`, named listeners, query objects."""

from __future__ import annotations

import asyncio
from typing import Any

import ambo
from ambo import Column, ForeignKey, Integer, String, Table, TypeDecorator, create_engine, event, func, select
from ambo.engine import Connectable
from ambo.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from ambo.orm import (
    DeclarativeBase,
    DeclarativeMeta,
    Mapped,
    MappedAsDataclass,
    Session,
    declarative_base,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)
from ambo.orm.attributes import get_history, set_attribute
from ambo.orm.decl_api import DeclarativeAttributeIntercept
from ambo.orm.instrumentation import is_instrumented
from ambo.pool import StaticPool
from ambo.util import await_only, greenlet_spawn


class NamingMeta(DeclarativeMeta):
    """Names tables after classes, as Flask-SQLAlchemy does."""

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **kw: Any) -> None:
        if not body.get("__abstract__"):
            cls.__tablename__ = name.lower()
        super().__init__(name, bases, body, **kw)


def test_a_metaclass_derived_from_declarative_meta_names_tables() -> None:
    base: Any = declarative_base(metaclass=NamingMeta)

    class Page(base):  # type: ignore[misc]
        id = Column(Integer, primary_key=True)

    assert Page.__table__.name == "page"
    assert isinstance(Page, NamingMeta)
    assert isinstance(declarative_base(), DeclarativeMeta)


def test_declarative_classes_are_told_without_a_metaclass() -> None:
    class Base(DeclarativeBase):
        pass

    assert type(Base) is type
    assert isinstance(Base, DeclarativeAttributeIntercept)
    assert not isinstance(int, DeclarativeAttributeIntercept)


def test_table_cls_may_return_none_for_single_table_inheritance() -> None:
    class Base(DeclarativeBase):
        @classmethod
        def __table_cls__(cls, name: str, *args: Any, **kw: Any) -> Table | None:
            has_key = any(isinstance(one, Column) and one.primary_key for one in args)
            return Table(name, *args, **kw) if has_key else None

    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "node"}

    class Leaf(Node):
        __tablename__ = "leaf"
        colour: Mapped[str | None]
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    assert Leaf.__table__ is Node.__table__
    assert "colour" in Node.__table__.c


class Checked:
    """Makes its objects and sets their attributes itself, as SQLModel's classes do."""

    def __new__(cls, *args: Any, **kw: Any) -> Any:
        made = super().__new__(cls)
        object.__setattr__(made, "made_by", "new")
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        if is_instrumented(self, name):
            set_attribute(self, name, value)
        if name != "kids":
            super().__setattr__(name, value)


def test_objects_of_classes_with_their_own_new_and_setattr() -> None:
    class Base(DeclarativeBase):
        pass

    class Parent(Checked, Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        kids: Mapped[list[Kid]] = relationship(back_populates="parent")

    class Kid(Checked, Base):
        __tablename__ = "kid"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("parent.id"))
        parent: Mapped[Parent | None] = relationship(back_populates="kids")

    Kid.__annotations__["parent"] = Mapped[Parent | None]
    Parent.__annotations__["kids"] = Mapped[list[Kid]]
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    heard: list[Any] = []
    event.listen(Parent.name, "set", lambda target, value, old, initiator: heard.append(value))
    with Session(engine) as session:
        session.add(Parent(name="a", kids=[Kid(), Kid()]))
        session.commit()
        session.expunge_all()
        found = session.scalars(select(Parent).options(selectinload(Parent.kids))).one()
        assert (found.made_by, len(found.kids)) == ("new", 2)
        heard.clear()
        found.name = "b"
        assert heard == ["b"]
        assert get_history(found, "name").added == ["b"]
        session.commit()
        assert session.scalar(select(Parent.name)) == "b"


class DataBase(MappedAsDataclass, DeclarativeBase):
    pass


marks = Table(
    "marks",
    DataBase.metadata,
    Column("post_id", ForeignKey("post.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
    Column("weight", Integer, default=lambda: 7),
    Column("source", String, default="web"),
)


class Tag(DataBase):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True, init=False, compare=False)
    name: Mapped[str]


class Post(DataBase):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True, init=False, compare=False)
    title: Mapped[str]
    tags: Mapped[list[Tag]] = relationship(secondary=marks, default_factory=list)


def test_objects_without_a_hash_and_defaults_of_the_association_table() -> None:
    engine = create_engine("sqlite://")
    DataBase.metadata.create_all(engine)
    with Session(engine) as session:
        one, other = Tag("same"), Tag("same")
        assert one == other and Tag.__hash__ is None
        session.add_all([Post("first", tags=[one, other]), Post("second", tags=[one])])
        session.commit()
        assert session.execute(select(marks.c.weight, marks.c.source).distinct()).all() == [(7, "web")]
        for option in (selectinload, joinedload):
            session.expunge_all()
            posts = session.scalars(select(Post).options(option(Post.tags)).order_by(Post.id)).unique().all()
            assert [len(post.tags) for post in posts] == [2, 1]
        session.expunge_all()
        post = session.get_one(Post, 1)
        assert [tag.id for tag in post.tags] == [1, 2]


def test_named_listeners_and_their_notes_on_the_context() -> None:
    engine = create_engine("sqlite://")
    timed: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute", named=True)
    def begin(context: Any, **kw: Any) -> None:
        context.note = kw["statement"]

    @event.listens_for(engine, "after_cursor_execute", named=True)
    def end(context: Any, statement: str, **kw: Any) -> None:
        timed.append((context.note == statement, context.parameters))

    with engine.begin() as connection:
        ambo.MetaData().create_all(connection)
        assert connection.scalar(select(func.abs(-3))) == 3
        assert ambo.inspect(connection).get_table_names() == []
    assert timed and all(same for same, _ in timed)
    assert isinstance(engine, Connectable)


class Words(TypeDecorator[list[str]]):
    impl = String
    cache_ok = True

    def __init__(self, separator: str = ",") -> None:
        self.separator = separator  # without calling TypeDecorator.__init__

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.separator.join(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value.split(self.separator)


def test_a_type_whose_init_does_not_call_ours() -> None:
    metadata = ambo.MetaData()
    table = Table("words", metadata, Column("words", Words(";")))
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), {"words": ["a", "b"]})
        assert connection.scalar(select(table.c.words)) == ["a", "b"]


class Shop(Session):
    def count(self, entity: Any) -> Any:
        return self.scalar(select(func.count()).select_from(entity))


class AsyncShop(AsyncSession):
    sync_session_class = Shop


def test_sync_session_class_and_greenlet_spawn() -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 5

    async def main() -> None:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(DataBase.metadata.create_all)
        async with AsyncShop(engine) as session:
            session.add(Post("p", tags=[Tag("t")]))
            await session.commit()
            assert await greenlet_spawn(session.sync_session.count, Post) == 1
            assert await session.run_sync(lambda view: view.count(Tag)) == 1
            session.expunge_all()
            post = await session.scalar(select(Post))
            assert await greenlet_spawn(lambda: [tag.name for tag in post.tags]) == ["t"]
            assert await greenlet_spawn(lambda: await_only(answer())) == 5
        await engine.dispose()

    asyncio.run(main())


def test_submodules_are_attributes() -> None:
    assert ambo.engine.URL is ambo.URL
    assert ambo.orm.decl_api.DeclarativeMeta is DeclarativeMeta
    assert ambo.orm.query.Query is ambo.orm.Query
    assert callable(ambo.orm.mapper)


def test_a_sync_session_class_routes_and_an_old_maker_makes_async_sessions() -> None:
    async def main() -> None:
        engines = [create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool) for _ in range(2)]
        for engine in engines:
            async with engine.begin() as connection:
                await connection.run_sync(DataBase.metadata.create_all)

        class Routing(Session):
            def get_bind(self, mapper: Any = None, clause: Any = None, **kw: Any) -> Any:
                tags = mapper is not None and issubclass(mapper.class_, Tag)
                return engines[1].sync_engine if tags else engines[0].sync_engine

        async with async_sessionmaker(sync_session_class=Routing)() as session:
            session.add(Tag("t"))
            await session.commit()
            assert session.sync_session_class is Routing
        counts = []
        for engine in engines:
            async with sessionmaker(engine, class_=AsyncSession).begin() as session:
                counts.append(await session.scalar(select(func.count()).select_from(Tag)))
        assert counts == [0, 1]
        for engine in engines:
            await engine.dispose()

    asyncio.run(main())
