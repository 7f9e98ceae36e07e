"""Optimistic locking at its edges: locking reads, merges into expired objects, versions that nobody made."""

from __future__ import annotations

import pytest

from ambo import String, update
from ambo.exc import NoResultFound
from ambo.orm import DeclarativeBase, Mapped, mapped_column
from ambo.orm.exc import FlushError, StaleDataError
from twin import Twin


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "versions_page"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(50))
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Plain(Base):
    __tablename__ = "versions_plain"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(50))
    version: Mapped[int | None] = mapped_column()
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}


pytestmark = pytest.mark.tables(Base.metadata)


async def changed_elsewhere(twin: Twin) -> None:
    async with twin.session() as other:
        page = await other.get(Page, 1)
        page.title = "theirs"
        await other.commit()


async def test_a_locking_get_refuses_an_object_whose_row_has_another_version(twin: Twin) -> None:
    async with twin.session(expire_on_commit=False) as session:
        page = Page(id=1, title="first")
        session.add(page)
        await session.commit()
        await changed_elsewhere(twin)
        page.title = "mine"
        with pytest.raises(StaleDataError, match="has version id '1' which does not match database-loaded version id '2'"), session.no_autoflush:
            await session.get(Page, 1, with_for_update=True)
        assert page.title == "mine" and page in session.dirty  # nothing was overwritten
        with pytest.raises(StaleDataError):
            await session.flush()
        await session.rollback()
        await session.refresh(page, with_for_update=True)
        assert page.title == "theirs" and page.version == 2
        assert await session.get(Page, 1, with_for_update=True) is page
        with pytest.raises(NoResultFound):
            await session.get_one(Page, 2)


async def test_merging_into_an_expired_object_compares_the_version_of_its_row(twin: Twin) -> None:
    async with twin.session(expire_on_commit=False) as session:
        page = Page(id=1, title="first")
        session.add(page)
        await session.commit()
        await session.execute(update(Page).values(title="second", version=2).execution_options(synchronize_session=False))
        session.expire(page)
        with pytest.raises(StaleDataError, match="Version id '1' on merged state"):
            await session.merge(Page(id=1, title="stale", version=1))
        session.expire(page)
        assert await session.merge(Page(id=1, title="right", version=2)) is page
        await session.commit()
        assert (page.title, page.version) == ("right", 3)


async def test_a_version_that_nobody_makes_is_refused(twin: Twin) -> None:
    async with twin.session(expire_on_commit=False) as session:
        session.add(Plain(title="a"))
        with pytest.raises(FlushError, match="does not contain a non-NULL version value"):
            await session.flush()
        await session.rollback()
        plain = Plain(title="a", version=1)
        session.add(plain)
        await session.commit()
        plain.title, plain.version = "b", None
        with pytest.raises(FlushError, match="does not contain a non-NULL version value"):
            await session.flush()
