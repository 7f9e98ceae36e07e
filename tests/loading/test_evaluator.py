"""Evaluating conditions in Python as SQL would, or refusing to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ambo import and_, bindparam, func, not_, null, or_, select, true, tuple_
from ambo.loading.evaluator import UNKNOWN, UnevaluatableError, evaluator
from family import Person, Pet

MAPPER = Person.__mapper__


def value(condition: Any, **have: Any) -> Any:
    return evaluator(condition, MAPPER, {"p": 3})(SimpleNamespace(**have))


CASES: list[tuple[Any, dict[str, Any], Any]] = [
    (Person.id == 1, {"id": 1}, True),
    (Person.id == 1, {"id": 2}, False),
    (Person.id == 1, {"id": None}, None),
    (Person.id == 1, {}, UNKNOWN),
    (Person.__table__.c.id > 1, {"id": 2}, True),
    (Person.id == bindparam("p"), {"id": 3}, True),
    (and_(Person.id > 1, Person.name == "x"), {"id": 2, "name": "x"}, True),
    (and_(Person.id > 1, Person.name == "x"), {"id": 0, "name": None}, False),
    (and_(Person.id > 1, Person.name == "x"), {"id": 2, "name": None}, None),
    (or_(Person.id > 1, Person.name == "x"), {"id": 2, "name": None}, True),
    (or_(Person.id > 1, Person.name == "x"), {"id": 0, "name": None}, None),
    (not_(or_(Person.id > 1, Person.name == "x")), {"id": 0, "name": "y"}, True),
    (Person.name.is_(None), {"name": None}, True),
    (Person.name.is_not(None), {"name": None}, False),
    (Person.name == null(), {"name": None}, True),
    (Person.id.in_([1, 2]), {"id": 2}, True),
    (Person.id.not_in([1, 2]), {"id": 2}, False),
    (Person.id.in_([]), {"id": 2}, False),
    (tuple_(Person.id, Person.name).in_([(1, "a"), (2, "b")]), {"id": 2, "name": "b"}, True),
    (Person.id + 1 == 3, {"id": 2}, True),
    (Person.name + "y" == "xy", {"name": "x"}, True),
    (true(), {}, True),
]


@pytest.mark.parametrize(("condition", "have", "expected"), CASES, ids=[str(one[0]) for one in CASES])
def test_a_condition_has_the_value_it_has_in_sql(condition: Any, have: dict[str, Any], expected: Any) -> None:
    assert value(condition, **have) is expected


@pytest.mark.parametrize(
    "condition",
    [func.lower(Person.name) == "x", Pet.id == 1, Person.id == select(Pet.id).scalar_subquery(), Person.name.like("x%"), Person.name.ilike("x")],
    ids=str,
)
def test_what_python_could_see_otherwise_is_refused(condition: Any) -> None:
    with pytest.raises(UnevaluatableError):
        value(condition, name="x", id=1)
