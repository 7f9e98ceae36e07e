"""Loader options: what they refuse, and how they are part of a statement's key."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import select
from ambo.errors import ArgumentError
from ambo.loading.choices import choices_of
from ambo.loading.prepared import prepare
from ambo.orm import Load, defaultload, joinedload, lazyload, load_only, raiseload, selectinload, undefer, with_loader_criteria
from ambo.rendering.sqlite import SQLITE_DIALECT
from ambo.statements.keys import statement_key
from family import Club, Node, Person, Pet


def test_a_string_is_refused_with_what_to_write() -> None:
    with pytest.raises(ArgumentError, match="Strings are not accepted"):
        joinedload("pets")


def test_a_column_is_refused_where_a_relationship_is_due() -> None:
    with pytest.raises(ArgumentError, match="loads relationships"):
        selectinload(Person.name)


def test_options_are_refused_where_only_options_fit() -> None:
    with pytest.raises(ArgumentError, match="a loader option"):
        defaultload(Person.pets).options("x")  # type: ignore[arg-type]


def test_an_option_for_a_class_that_is_not_selected_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="does not apply to any of the root entities"):
        prepare(select(Club).options(joinedload(Person.pets)), SQLITE_DIALECT)


def test_chaining_makes_a_new_option() -> None:
    first = selectinload(Person.pets)
    second = first.load_only(Pet.name)
    assert len(first.entries) == 1 and len(second.entries) == 2


def test_options_of_equal_structure_share_a_key() -> None:
    def key(option: Any) -> Any:
        return statement_key(select(Person).options(option)).key

    assert key(selectinload(Person.pets)) == key(selectinload(Person.pets))
    assert key(selectinload(Person.pets)) != key(joinedload(Person.pets))
    assert key(joinedload(Person.pets)) != key(joinedload(Person.pets, innerjoin=True))
    assert key(selectinload(Person.pets.and_(Pet.id > 1))) == key(selectinload(Person.pets.and_(Pet.id > 2)))
    assert key(with_loader_criteria(Pet, Pet.id > 1)) == key(with_loader_criteria(Pet, Pet.id > 2))
    assert key(selectinload(Person.pets).load_only(Pet.id)) != key(selectinload(Person.pets).load_only(Pet.name))


def test_values_in_a_lambda_belong_to_the_key() -> None:
    def key(limit: int) -> Any:
        return statement_key(select(Person).options(with_loader_criteria(object, lambda cls: cls.id > limit))).key

    assert key(1) == key(1)
    assert key(1) != key(2)


def test_an_exact_path_wins_over_a_wildcard() -> None:
    choices = choices_of((Load(Person).lazyload("*"), joinedload(Person.pets), raiseload("*")), Person.__entity__)
    assert choices.of(Person.__entity__, "pets").strategy.name == "joined"  # type: ignore[union-attr]
    assert choices.of(Person.__entity__, "clubs").strategy.name == "lazy"  # type: ignore[union-attr]
    pets = choices.of(Person.__entity__, "pets").below
    assert pets.of(Pet.__entity__, "owner").strategy.name == "raise"  # type: ignore[union-attr]


def test_a_later_option_wins() -> None:
    choices = choices_of((joinedload(Person.pets), lazyload(Person.pets)), Person.__entity__)
    assert choices.of(Person.__entity__, "pets").strategy.name == "lazy"  # type: ignore[union-attr]


def test_columns_at_the_end_of_a_path() -> None:
    choices = choices_of((defaultload(Node.children).load_only(Node.name), undefer(Node.name)), Node.__entity__)
    assert [one.name for one in choices.columns] == ["undefer"]
    assert [one.name for one in choices.of(Node.__entity__, "children").below.columns] == ["load_only"]


def test_load_only_keeps_the_key() -> None:
    plan = prepare(select(Pet).options(load_only(Pet.name)), SQLITE_DIALECT).plan
    assert [key for key, _ in plan.elements[0].attributes] == ["id", "name"]  # type: ignore[union-attr]
