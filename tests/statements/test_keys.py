"""Structural keys: what is equal, what is not, and that size does no harm."""

from __future__ import annotations

import sys
import time

import pytest

from ambo import and_, bindparam, case, column, func, or_, select, table, text
from ambo.statements.keys import LRU, statement_key
from ambo.statements.metadata import MetaData
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table
from ambo.types import Integer, String

T = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))


def key(statement: object) -> tuple[object, ...]:
    return statement_key(statement).key  # type: ignore[arg-type]


def test_values_are_no_part_of_the_key() -> None:
    assert key(select(T).where(T.c.id == 1)) == key(select(T).where(T.c.id == 2))


def test_values_come_in_the_order_of_the_key() -> None:
    statement = select(T).where(T.c.id == 1, T.c.name == "x").limit(5)
    assert [bind.value for bind in statement_key(statement).binds] == [1, "x", 5]


def test_the_type_of_a_value_is_part_of_the_key() -> None:
    assert key(select(T).where(column("x") == 1)) != key(select(T).where(column("x") == "1"))


def test_none_is_part_of_the_key() -> None:
    assert key(T.c.id == None) != key(T.c.id == 1)  # noqa: E711


def test_an_empty_list_is_part_of_the_key_but_its_length_is_not() -> None:
    assert key(T.c.id.in_([])) != key(T.c.id.in_([1]))
    assert key(T.c.id.in_([1, 2, 3])) == key(T.c.id.in_([1]))


def test_two_fresh_aliases_of_one_table_have_one_key() -> None:
    def made() -> object:
        alias = T.alias()
        return select(alias.c.id).where(alias.c.name == "x").join(T, T.c.id == alias.c.id)

    assert key(made()) == key(made())


def test_one_alias_twice_differs_from_two_aliases() -> None:
    a, b = T.alias(), T.alias()
    assert key(select(a.c.id, a.c.name)) != key(select(a.c.id, b.c.name))


def test_fresh_subqueries_and_ctes_have_one_key() -> None:
    def made() -> object:
        sub, cte = select(T.c.id).subquery(), select(T.c.name).cte()
        return select(sub.c.id, cte.c.name)

    assert key(made()) == key(made())


def test_sharing_a_value_is_part_of_the_key() -> None:
    shared = bindparam(None, 5, Integer)
    assert key(select(T.c.id + shared).group_by(T.c.id + shared)) != key(
        select(T.c.id + bindparam(None, 5, Integer)).group_by(T.c.id + bindparam(None, 5, Integer))
    )


def test_two_tables_of_one_name_differ() -> None:
    other = Table("t", MetaData(), Column("id", Integer), Column("name", String))
    assert key(select(T)) != key(select(other))


def test_two_structures_never_share_a_key() -> None:
    a, b, c = column("a"), column("b"), column("c")
    several = [
        and_(a, or_(b, c)), and_(a, b, c), or_(and_(a, b), c), or_(a, b, c), func.f(a, func.g(b, c)), func.f(a, func.g(b), c),
        func.f(func.g(a, b), c), case((a, b), else_=c), case((a, b)), a + b + c, a + (b + c), a - b, ~a, -a, a.label("b"), text("a"),
        select(a, b), select(a).where(b), select(a).having(b), select(a).order_by(b), select(a).group_by(b), select(a).distinct(), select(a),
        select(a).limit(1), select(a).offset(1), select(a).with_for_update(), select(a).subquery().c.a, select(a).cte().c.a,
        select(a).union(select(b)), select(a).union_all(select(b)), select(a).scalar_subquery(), select(a).exists(),
        a.like("x"), a.like("x", escape="/"), a.between(b, c), a.collate("b"), a.desc(), a.in_([1]), a.not_in([1]), a.is_(None),
    ]  # fmt: skip
    assert len({key(one) for one in several}) == len(several)


def test_ten_thousand_conditions_are_quick() -> None:
    started = time.process_time()
    statement = select(T)
    for number in range(10_000):
        statement = statement.where(T.c.id != number)
    assert len(statement_key(statement).binds) == 10_000
    assert str(statement).count("AND") == 9_999
    assert time.process_time() - started < 5


def test_a_union_of_itself_thirty_times_over_has_a_short_key() -> None:
    statement = select(T)
    for _ in range(30):
        statement = statement.union(statement)  # type: ignore[assignment]  # a CompoundSelect from then on
    assert len(key(statement)) < 500


@pytest.mark.parametrize("wrap", [lambda e: func.lower(e), lambda e: e + 1, lambda e: 1 + e, lambda e: -e, lambda e: case((e, 1))])
def test_ten_thousand_levels_are_keyed_and_rendered(wrap: object) -> None:
    expression = T.c.id
    for _ in range(10_000):
        expression = wrap(expression)  # type: ignore[operator]
    assert len(key(select(expression))) > 10_000
    assert len(str(select(expression))) > 10_000


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="Python 3.12 bounds C recursion: so many subqueries are a CompileError there")
def test_nested_subqueries_two_hundred_deep_are_rendered() -> None:
    statement = select(T.c.id)
    for _ in range(200):
        statement = select(statement.subquery().c.id)
    assert str(statement).count("SELECT") == 201


def test_a_plain_table_clause_is_keyed_by_its_structure() -> None:
    assert key(select(table("x", column("a")))) == key(select(table("x", column("a"))))
    assert key(select(table("x", column("a")))) != key(select(table("x", column("b"))))


def test_the_cache_forgets_what_is_not_used() -> None:
    cache: LRU[int, str] = LRU(100)
    cache.put(0, "kept")
    for number in range(1, 1_000):
        cache.put(number, "x")
        assert cache.get(0) == "kept"
    assert len(cache) <= 100
    assert cache.get(5) is None
