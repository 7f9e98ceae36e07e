"""Expressions as Python objects: truth, hashing, types, errors, attributes."""

from __future__ import annotations

import pytest

from ambo import (
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    type_coerce,
    update,
    values,
)  # fmt: skip
from ambo.errors import AmbiguousForeignKeysError, ArgumentError, CompileError, InvalidRequestError, NoForeignKeysError
from ambo.statements.foreign_keys import ForeignKey
from ambo.statements.function_elements import GenericFunction
from ambo.statements.metadata import MetaData
from ambo.statements.operators import custom_op, eq, in_op
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table
from ambo.statements.traversal import ClauseAdapter, cloned_traverse, iterate, replace, traverse
from ambo.types import ARRAY, JSON, Boolean, Date, DateTime, Float, Integer, Numeric, String

META = MetaData()
USERS = Table("users", META, Column("id", Integer, primary_key=True), Column("name", String), Column("born", Date))
ADDRESSES = Table("addresses", META, Column("id", Integer, primary_key=True), Column("user_id", ForeignKey("users.id")), Column("mail", String))
id_, name = USERS.c.id, USERS.c.name


def test_equality_has_a_truth_of_identity_and_nothing_else_has() -> None:
    same = id_
    assert bool(id_ == same) and not bool(id_ == name) and bool(id_ != name)
    assert id_ in [name, id_] and id_ not in [name]
    for expression in (id_ > 1, and_(id_ == 1, name == "x"), id_.is_(None), select(id_).exists()):
        with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
            bool(expression)


def test_expressions_are_hashable() -> None:
    assert len({id_, name, id_ == 1, id_ == 1}) == 4


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        (id_ == 1, Boolean), (id_ + 1, Integer), (id_ / 2, Numeric), (name + "x", String), (func.count(), Integer), (func.max(name), String),
        (func.now(), DateTime), (func.coalesce(name, "x"), String), (func.array_agg(id_), ARRAY), (cast(name, Integer), Integer),
        (case((id_ == 1, "x")), String), (literal(1.5), Float), (type_coerce(name, JSON), JSON), (select(id_).scalar_subquery(), Integer),
        (func.count().over(), Integer), (func.sum(id_).filter(id_ > 1), Integer), (-id_, Integer), (id_.label("x"), Integer),
        (name.op("->")("x"), String), (name.bool_op("?")("x"), Boolean), (func.percentile_cont(0.5).within_group(id_), Integer),
        (bindparam("x", 5), Integer), (exists(select(id_)), Boolean),
    ],
)  # fmt: skip
def test_expressions_know_their_types(expression: object, kind: type) -> None:
    assert isinstance(expression.type, kind)  # type: ignore[attr-defined]


def test_in_takes_lists_and_says_so() -> None:
    with pytest.raises(ArgumentError, match="IN expression list"):
        name.in_("abc")
    with pytest.raises(ArgumentError, match="IN expression list"):
        id_.in_(5)
    assert "IN (SELECT" in str(id_.in_(select(id_)))
    assert str(id_.in_([id_, literal(1)])) == "users.id IN (users.id, :param_1)"


def test_strings_are_no_conditions_and_no_columns() -> None:
    with pytest.raises(ArgumentError, match="text"):
        select(id_).where("id = 1")
    with pytest.raises(ArgumentError, match="text"):
        select("id")
    with pytest.raises(ArgumentError, match="separate arguments"):
        select([id_])
    with pytest.raises(ArgumentError, match="mapped class"):
        select(int)


def test_comparison_with_none_needs_is() -> None:
    with pytest.raises(ArgumentError, match="None/True/False"):
        id_ < None  # noqa: B015


def test_what_cannot_be_done_says_so() -> None:
    with pytest.raises(NotImplementedError, match="getitem"):
        id_["x"]
    with pytest.raises(NotImplementedError, match="in_"):
        1 in id_  # noqa: B015
    with pytest.raises(AttributeError, match="no attribute 'nmae'"):
        id_.nmae
    with pytest.raises(AttributeError, match="did you mean 'name'"):
        USERS.c.nmae
    with pytest.raises(ArgumentError, match="source of rows"):
        func.lower(USERS)
    with pytest.raises(ArgumentError, match="pairs"):
        case("x")
    with pytest.raises(AttributeError, match="subquery"):
        select(id_).c
    with pytest.raises(TypeError, match="autoescape"):
        name.contains(5, autoescape=True)


def test_joins_are_found_by_foreign_keys() -> None:
    assert "ON users.id = addresses.user_id" in str(select(USERS).join(ADDRESSES))
    assert "ON users.id = addresses.user_id" in str(select(ADDRESSES).join(USERS))
    alias = ADDRESSES.alias()
    assert "ON users.id = addresses_1.user_id" in str(select(USERS).join(alias))
    sub = select(ADDRESSES.c.user_id).subquery("s")
    assert "ON users.id = s.user_id" in str(select(USERS).join(sub))
    assert USERS.join(ADDRESSES).onclause.compare(id_ == ADDRESSES.c.user_id)


def test_joins_that_cannot_be_found_say_why() -> None:
    meta = MetaData()
    a, b = Table("a", meta, Column("id", Integer, primary_key=True)), Table("b", meta, Column("x", ForeignKey("a.id")), Column("y", ForeignKey("a.id")))
    with pytest.raises(AmbiguousForeignKeysError, match="more than one foreign key"):
        a.join(b)
    with pytest.raises(NoForeignKeysError, match="Can't find any foreign key relationships between 'a' and 'users'"):
        a.join(USERS)
    with pytest.raises(InvalidRequestError, match="which FROM clause"):
        str(select(a.c.id, USERS.c.id).join(table("z", column("q")), text("true")))


def test_filter_by_names_and_misspells() -> None:
    assert str(select(USERS).filter_by(name="x")).endswith("WHERE users.name = :name_1")
    assert "addresses.mail = " in str(select(USERS).join(ADDRESSES).filter_by(mail="x"))
    with pytest.raises(InvalidRequestError, match='"users" has no property "nmae"; did you mean'):
        select(USERS).filter_by(nmae="x")


def test_params_give_values_by_name() -> None:
    statement = select(USERS).where(id_ == bindparam("x"), text("name = :y"))
    assert statement.params(x=5, y="z").compile().params == {"x": 5, "y": "z"}
    assert statement.compile().params == {"x": None, "y": None}
    with pytest.raises(ArgumentError, match="doesn't define a bound parameter named 'q'"):
        text("x").bindparams(q=1)


def test_compare_looks_at_structure_and_values() -> None:
    assert (id_ == 1).compare(id_ == 1)
    assert not (id_ == 1).compare(id_ == 2)
    assert select(id_).where(name == "x").compare(select(id_).where(name == "x"))


def test_negation_finds_the_opposite() -> None:
    assert str(~(id_ == 1)) == "users.id != :id_1"
    assert str(~~(id_ == 1)) == "users.id = :id_1"
    assert str(not_(name.like("x"))) == "users.name NOT LIKE :name_1"
    assert str(~or_(id_ == 1, name == "x")) == "NOT (users.id = :id_1 OR users.name = :name_1)"


def test_operators_are_callables_and_custom_ones_compare_by_spelling() -> None:
    assert str(eq(id_, 5)) == "users.id = :id_1"
    assert str(in_op(id_, [1])) == "users.id IN (__[POSTCOMPILE_id_1])"
    assert custom_op("&&") == custom_op("&&") and custom_op("&&") != custom_op("&&", precedence=5)


def test_tuples_compare_item_by_item() -> None:
    assert str(tuple_(id_, name) == (1, "x")) == "(users.id, users.name) = (:param_1, :param_2)"


def test_columns_of_subqueries_stand_for_those_beneath() -> None:
    sub = select(USERS).subquery()
    assert sub.corresponding_column(id_) is sub.c.id
    assert sub.c.id.shares_lineage(id_) and not sub.c.id.shares_lineage(name)
    assert sub.c.id.primary_key and list(sub.primary_key) == [sub.c.id]
    alias = sub.alias()
    assert alias.corresponding_column(id_) is alias.c.id
    assert select(USERS).selected_columns.keys() == ["id", "name", "born"]
    assert select(id_, id_ + 1, func.count()).subquery().c.keys() == ["id", "_no_label", "count"]


def test_generic_functions_register_themselves() -> None:
    class as_utc(GenericFunction):  # type: ignore[type-arg]
        type = DateTime()
        inherit_cache = True

    class buffer(GenericFunction):  # type: ignore[type-arg]
        type = Integer
        name = "ST_Buffer"
        package = "geo"
        identifier = "buffer"
        inherit_cache = True

    assert isinstance(func.as_utc(id_).type, DateTime)
    assert str(func.geo.buffer(id_)) == "ST_Buffer(users.id)"
    assert str(func.my.own.fn(id_)) == "my.own.fn(users.id)"


def test_trees_are_walked_and_rewritten() -> None:
    condition = and_(id_ == 1, func.lower(name) == "x")
    assert {node.visit for node in iterate(condition)} == {"boolean_list", "binary", "column", "bindparam", "function"}
    seen: list[str] = []
    traverse(condition, {}, {"column": lambda node: seen.append(node.name)})
    assert seen == ["id", "name"]
    alias = USERS.alias("u")
    assert str(ClauseAdapter(alias).traverse(condition)) == "u.id = :id_1 AND lower(u.name) = :lower_1"
    assert str(condition) == "users.id = :id_1 AND lower(users.name) = :lower_1"
    changed = cloned_traverse(condition, {}, {"bindparam": lambda bind: setattr(bind, "value", 9)})
    assert set(changed.compile().params.values()) == {9} and 9 not in condition.compile().params.values()


def test_replacing_a_source_takes_its_columns_along() -> None:
    sub = select(USERS).subquery("s")
    other = select(USERS).where(id_ > 5).subquery("s")
    statement = select(sub.c.id).where(sub.c.name == "x")
    assert "users.id > " in str(replace(statement, lambda node: other if node is sub else None))


def test_what_is_not_changed_is_not_copied() -> None:
    statement = select(USERS).where(id_ == 1)
    assert replace(statement, lambda node: None) is statement


def test_writes_refuse_unknown_columns() -> None:
    with pytest.raises(CompileError, match="Unconsumed column names: nmae; did you mean 'name'"):
        str(insert(USERS).values(nmae="x"))
    with pytest.raises(CompileError, match="Unconsumed column names: q"):
        str(update(USERS).values(q=1))
    with pytest.raises(ArgumentError, match="4 values for the 3 columns"):
        insert(USERS).values((1, 2, 3, 4))


def test_statements_never_change() -> None:
    statement = select(USERS)
    before = str(statement)
    statement.where(id_ == 1).order_by(name).limit(1).join(ADDRESSES).distinct().group_by(name).options().execution_options(x=1)
    assert str(statement) == before
    assert statement.execution_options(x=1).execution_options(y=2).get_execution_options() == {"x": 1, "y": 2}


def test_values_and_literals() -> None:
    rows = values(column("a", Integer), name="v").data([(1,), (2,)])
    assert select(rows).compile().params == {"param_1": 1, "param_2": 2}
    assert str(select(literal_column("1"), true())) == "SELECT 1, true AS anon_1"
    compiled = select(USERS).where(name == "it's").compile(compile_kwargs={"literal_binds": True})
    assert str(compiled).endswith("users.name = 'it''s'")
