"""Handlers over many async sessions at once, polymorphic content, streams, savepoints; then automap reads the same file.

The program was run with SQLAlchemy 2.0.52 first; what it printed there is what it must print here.
"""
# ruff: noqa: ANN001, ANN202

from __future__ import annotations

import asyncio
import pathlib

import pytest

from ambo import ForeignKey, MetaData, Table, create_engine, func, inspect, select, update
from ambo.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from ambo.ext.automap import automap_base
from ambo.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, with_polymorphic

EXPECTED = """\
[('Article', 'a0', []), ('Article', 'a1', ['c0']), ('Article', 'a2', ['c0', 'c1']), ('Article', 'a3', ['c0', 'c1', 'c2']), ('Video', 'v', [])]
[('Article', 'b', None), ('Article', 'b', None), ('Article', 'b', None), ('Article', 'b', None), ('Video', None, 3)]
2
['c0', 'c0', 'c1', 'c0', 'c1', 'c2']
[('a0', 0), ('a1', 1)]
[('a2', 2), ('a3', 3)]
[('v', 0)]
6
4 [(9,)]
9 True IdentitySet([]) 4
['article', 'comment', 'content']
[1, 2, 4, 5]
['article', 'comment', 'content'] 0 ['id', 'text', 'content_id']
"""


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Content(Base):
    __tablename__ = "content"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    comments: Mapped[list[Comment]] = relationship(back_populates="content", cascade="all, delete-orphan", order_by="Comment.id")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "content"}


class Article(Content):
    __tablename__ = "article"
    id: Mapped[int] = mapped_column(ForeignKey("content.id"), primary_key=True)
    body: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "article"}


class Video(Content):
    secs: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "video"}


class Comment(Base):
    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    content_id: Mapped[int] = mapped_column(ForeignKey("content.id"))
    content: Mapped[Content] = relationship(back_populates="comments")


async def main(path: pathlib.Path) -> None:
    e = create_async_engine(f"sqlite+aiosqlite:///{path}")
    S = async_sessionmaker(e, expire_on_commit=False)
    async with e.begin() as c:
        await c.run_sync(Base.metadata.create_all)
    async with S.begin() as s:
        s.add_all(
            [Article(title=f"a{i}", body="b", comments=[Comment(text=f"c{j}") for j in range(i)]) for i in range(4)]
            + [Video(title="v", secs=3)]
        )

    async def handler(i):
        async with S() as s:
            a = (await s.execute(select(Content).where(Content.id == i).options(selectinload(Content.comments)))).scalar_one()
            return type(a).__name__, a.title, [c.text for c in a.comments]

    print(await asyncio.gather(*[handler(i) for i in range(1, 6)]))
    async with S() as s:
        wp = with_polymorphic(Content, [Article, Video])
        print([(type(x).__name__, getattr(x, "body", None), getattr(x, "secs", None)) for x in await s.scalars(select(wp).order_by(wp.id))])
        a = await s.get(Article, 3)
        print(await a.awaitable_attrs.comments and len(a.comments))
        r = await s.stream_scalars(select(Comment).order_by(Comment.id).execution_options(yield_per=2))
        print([c.text async for c in r])
        r = await s.stream(
            select(Content.title, func.count(Comment.id)).join(Content.comments, isouter=True).group_by(Content.id).order_by(Content.id)
        )
        async for part in r.partitions(2):
            print(part)
        async with s.begin_nested() as sp:
            s.add(Comment(text="x", content=a))
            await s.flush()
            await sp.rollback()
        print(await s.scalar(select(func.count()).select_from(Comment)))
        await s.delete(a)
        await s.commit()
        print(
            await s.scalar(select(func.count()).select_from(Comment)),
            (await s.execute(update(Video).values(secs=9).returning(Video.secs))).all(),
        )
        await s.commit()
        v = (await s.scalars(select(Video))).one()
        await s.refresh(v)
        print(v.secs, v in s, s.new, await s.run_sync(lambda q: q.query(Content).count()))
    async with e.connect() as c:
        print(await c.run_sync(lambda k: sorted(inspect(k).get_table_names())))
    async with e.connect() as c, c.stream(select(Content.__table__.c.id)) as r:
        print([x.id async for x in r])
    await e.dispose()


def test_the_handlers(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "content.db"
    asyncio.run(main(path))
    e = create_engine(f"sqlite:///{path}")
    B = automap_base()
    B.prepare(autoload_with=e)
    with Session(e) as s:
        print(
            sorted(B.classes.keys()),
            len(s.scalars(select(B.classes.content)).first().comment_collection),
            Table("comment", MetaData(), autoload_with=e).c.keys(),
        )
    e.dispose()
    assert capsys.readouterr().out == EXPECTED
