"""Which engine serves a statement whose entity stands inside an expression, and dialects by URL."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import URL, case, create_engine, func, make_url, select, text
from ambo.exc import ArgumentError, NoSuchModuleError, UnboundExecutionError
from ambo.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from ambo.schema import ForeignKey


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "binds_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(back_populates="user")


class Post(Base):
    __tablename__ = "binds_post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("binds_user.id"))
    user: Mapped[User] = relationship(back_populates="posts")


users, posts = create_engine("sqlite://"), create_engine("sqlite://")

EXPRESSIONS: list[Any] = [
    select(func.count(User.id)),
    select(User.id + 1),
    select(case((User.id > 1, 2))),
    select(func.count()).select_from(select(User).subquery()),
    select(1).where(User.id == 1),
    select(1).join_from(User, Post),
]


@pytest.mark.parametrize("statement", EXPRESSIONS, ids=range(len(EXPRESSIONS)))
def test_an_entity_inside_an_expression_decides(statement: Any) -> None:
    with Session(binds={User: users, Post: posts}) as session:
        assert session.get_bind(clause=statement) is users
        users_seen: list[Any] = []

        class Routed(Session):
            def get_bind(self, mapper: Any = None, **kw: Any) -> Any:
                users_seen.append(mapper)
                return users

        Base.metadata.create_all(users)
        with Routed() as routed:
            routed.execute(statement)
        assert [one.class_ for one in users_seen if one is not None][:1] in ([User], [])


def test_a_custom_get_bind_is_told_the_mapper_of_an_aggregate() -> None:
    seen: list[Any] = []

    class Routed(Session):
        def get_bind(self, mapper: Any = None, **kw: Any) -> Any:
            seen.append(None if mapper is None else mapper.class_)
            return posts

    Base.metadata.create_all(posts)
    with Routed() as session:
        session.query(func.count(Post.id)).scalar()
        session.rollback()
        session.execute(text("SELECT 1"))
    assert seen == [Post, None]


def test_nothing_serves_a_statement_of_an_unknown_class() -> None:
    with Session(binds={User: users}) as session, pytest.raises(UnboundExecutionError):
        session.execute(select(Post))


def test_a_relationship_is_compared_with_objects_only() -> None:
    condition: Any = Post.user
    for wrong in ("foo", select(User.id).scalar_subquery(), User):
        with pytest.raises(ArgumentError, match="Mapped instance expected"):
            condition == wrong  # noqa: B015


def test_a_url_knows_its_dialect() -> None:
    statement = select(User.id).limit(1)
    assert "LIMIT" in str(statement.compile(dialect=make_url("postgresql+asyncpg://x/y").get_dialect()()))
    with pytest.raises(NoSuchModuleError, match="oracle"):
        URL.create("oracle").get_dialect()


def test_what_is_set_on_a_dialect_stays_with_its_engine() -> None:
    changed, other = create_engine("sqlite://"), create_engine("sqlite://")
    changed.dialect.update_returning = False
    assert not changed.dialect.update_returning
    assert other.dialect.update_returning and create_engine("sqlite://").dialect.update_returning
