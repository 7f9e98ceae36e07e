"""Several registries whose classes refer to each other: configuring and disposing of them one at a time, or together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ambo import ForeignKey, inspect
from ambo.exc import InvalidRequestError, NoInspectionAvailable
from ambo.orm import Mapped, Mapper, configure_mappers, mapped_column, registry, relationship

Three = tuple[registry, registry, registry]


@pytest.fixture
def three() -> Iterator[Three]:
    """Author (first) <- Book (second) <- Review (third)."""
    first, second, third = registry(), registry(), registry()

    @first.mapped
    class Author:
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)

    @second.mapped
    class Book:
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
        author = relationship(Author)

    @third.mapped
    class Review:
        __tablename__ = "review"
        id: Mapped[int] = mapped_column(primary_key=True)
        book_id: Mapped[int] = mapped_column(ForeignKey(Book.id))
        book = relationship(Book)

    yield first, second, third
    for one in (third, second, first):
        one.dispose()


def mapper_of(one: registry) -> Mapper:
    (found,) = one.mappers
    return found


def configured(three: Three) -> list[bool]:
    return [mapper_of(one).configured for one in three]


def test_a_registry_that_others_depend_on_is_not_disposed_of_alone(three: Three) -> None:
    first, second, third = three
    configure_mappers()
    with pytest.raises(InvalidRequestError, match=r"dependent registries.*cascade=True.*lead here from Book$"):
        first.dispose()
    assert [len(one.mappers) for one in three] == [1, 1, 1]
    third.dispose()
    second.dispose()
    first.dispose()
    assert [len(one.mappers) for one in three] == [0, 0, 0]


def test_disposing_with_cascade_takes_all_that_depend_on_it(three: Three) -> None:
    first, *_ = three
    configure_mappers()
    classes = [mapper_of(one).class_ for one in three]
    first.dispose(cascade=True)
    for one in classes:
        with pytest.raises(NoInspectionAvailable):
            inspect(one)


def test_disposing_with_cascade_leaves_what_it_depends_on(three: Three) -> None:
    configure_mappers()
    three[1].dispose(cascade=True)
    assert [len(one.mappers) for one in three] == [1, 0, 0]


def test_registries_in_a_circle_are_disposed_of_together() -> None:
    left, right = registry(), registry()

    @left.mapped
    class Left:
        __tablename__ = "left_side"
        id: Mapped[int] = mapped_column(primary_key=True)

    @right.mapped
    class Right:
        __tablename__ = "right_side"
        id: Mapped[int] = mapped_column(primary_key=True)
        left_id: Mapped[int] = mapped_column(ForeignKey(Left.id))
        left = relationship(Left, backref="rights")

    configure_mappers()
    left.dispose(cascade=True)
    assert not left.mappers and not right.mappers


def test_relationships_that_are_not_configured_tie_nothing(three: Three) -> None:
    three[0].dispose()
    assert [len(one.mappers) for one in three] == [0, 1, 1]


def test_configuring_one_registry_needs_those_that_it_leads_to(three: Three) -> None:
    with pytest.raises(InvalidRequestError, match=r"cascade=False but additional registries remain.*those of Book; pass cascade=True"):
        three[2].configure()
    assert configured(three) == [False, False, True]


def test_configuring_with_cascade_configures_what_it_leads_to(three: Three) -> None:
    three[1].configure(cascade=True)
    assert configured(three) == [True, True, False]
    three[2].configure()
    assert configured(three) == [True, True, True]
