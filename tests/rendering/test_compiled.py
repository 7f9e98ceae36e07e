"""`Compiled`: parameters, lists, names, literal values, schema translation, what a write says about its columns."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from ambo import bindparam, delete, func, insert, literal, select, text, tuple_, update
from ambo.errors import AmboWarning, CompileError, StatementError
from ambo.ext.compiler import compiles, deregister
from ambo.rendering.compiler import compile_statement, compile_write
from ambo.rendering.mariadb import MARIADB_DIALECT
from ambo.rendering.postgresql import POSTGRESQL_DIALECT
from ambo.rendering.sqlite import SQLITE_DIALECT
from ambo.statements.defaults import Sequence
from ambo.statements.executable import Executable
from ambo.statements.expressions import ColumnElement
from ambo.statements.function_elements import FunctionElement
from ambo.statements.keys import statement_key
from ambo.statements.metadata import MetaData
from ambo.statements.nodes import ClauseElement
from ambo.statements.schema_columns import Column
from ambo.statements.tables import Table
from ambo.types import Boolean, Date, Integer, LargeBinary, Numeric, String, Uuid

META = MetaData()
T = Table(
    "t",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", String(30)),
    Column("made", Integer, default=lambda: 7, onupdate=lambda: 8),
    Column("fixed", Integer, default=5),
    Column("sql", Integer, default=func.abs(-1), onupdate=func.abs(-2)),
    Column("server", Integer, server_default="1"),
)
PLAIN = Table("plain", META, Column("id", Integer, primary_key=True), Column("name", String), schema="s")


def sent(statement: Any, dialect: Any = SQLITE_DIALECT, given: dict[str, Any] | None = None) -> tuple[str, tuple[Any, ...]]:
    return compile_statement(statement, dialect).parameters(statement_key(statement).binds, given)


def test_another_statement_of_the_same_structure_sends_its_own_values() -> None:
    compiled = compile_statement(select(T.c.id).where(T.c.name == "a").limit(1), SQLITE_DIALECT)
    other = statement_key(select(T.c.id).where(T.c.name == "b").limit(9))
    assert other.key == compiled.key.key
    assert compiled.parameters(other.binds)[1] == ("b", 9)


def test_lists_become_as_many_placeholders_as_they_have_values() -> None:
    compiled = compile_statement(select(T.c.id).where(T.c.id.in_([1]), T.c.name == "x"), SQLITE_DIALECT)
    key = statement_key(select(T.c.id).where(T.c.id.in_([1, 2, 3]), T.c.name == "y"))
    sql, params = compiled.parameters(key.binds)
    assert sql.endswith("WHERE t.id IN (?, ?, ?) AND t.name = ?") and params == (1, 2, 3, "y")


def test_long_lists_are_padded_so_that_few_forms_of_sql_exist() -> None:
    forms = {sent(select(T.c.id).where(T.c.id.in_(range(length))))[0] for length in range(9, 65)}
    assert len(forms) == 3
    assert sent(select(T.c.id).where(T.c.id.in_(range(9))))[1] == (*range(9), *[8] * 7)


def test_postgresql_takes_a_list_as_one_array() -> None:
    assert sent(select(T.c.id).where(T.c.id.in_([1, 2])), POSTGRESQL_DIALECT) == (
        "SELECT t.id \nFROM t \nWHERE t.id = ANY ($1::INTEGER[])",
        ([1, 2],),
    )


def test_rows_in_lists() -> None:
    statement = select(T.c.id).where(tuple_(T.c.id, T.c.name).in_([(1, "a"), (2, "b")]))
    assert sent(statement)[0].endswith("(t.id, t.name) IN (VALUES (?, ?), (?, ?))")
    sql, params = sent(statement, POSTGRESQL_DIALECT)
    assert sql.endswith("IN (($1, $2), ($3, $4))") and params == (1, "a", 2, "b")


def test_one_bind_in_two_places_is_one_placeholder_on_postgresql() -> None:
    shared = literal("x")
    statement = select(func.coalesce(T.c.name, shared)).group_by(func.coalesce(T.c.name, shared))
    sql, params = sent(statement, POSTGRESQL_DIALECT)
    assert sql.count("$1") == 2 and params == ("x",)
    assert sent(statement)[1] == ("x", "x")


def test_named_parameters_share_their_value() -> None:
    statement = select(T.c.id).where(T.c.id == bindparam("x"), T.c.made == bindparam("x"))
    assert sent(statement, given={"x": 4})[1] == (4, 4)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(StatementError, match="A value is required for bind parameter 'x'"):
        sent(select(T.c.id).where(T.c.id == bindparam("x")))


def test_a_value_of_the_wrong_type_is_named() -> None:
    with pytest.raises(StatementError, match="parameter 'name_1'"):
        statement = select(PLAIN.c.id).where(Table("u", MetaData(), Column("name", Uuid)).c.name == "nonsense")
        sent(statement)


def test_callables_are_called_at_execution() -> None:
    values = iter([1, 2])
    statement = select(T.c.id).where(T.c.id == bindparam("x", callable_=lambda: next(values)))
    assert [sent(statement)[1], sent(statement)[1]] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"), ("it's", "'it''s'"), (None, "NULL"), (1.5, "1.5"), (True, "1"), (Decimal("1.50"), "1.50"), (b"\x01", "X'01'"),
        (dt.date(2024, 1, 2), "'2024-01-02'"), (dt.datetime(2024, 1, 2, 3, 4, 5), "'2024-01-02 03:04:05.000000'"),
        (uuid.UUID(int=1), "'00000000000000000000000000000001'"),
    ],
)  # fmt: skip
def test_literal_values(value: Any, expected: str) -> None:
    compiled = select(literal(value)).compile(dialect=SQLITE_DIALECT, compile_kwargs={"literal_binds": True})
    assert str(compiled) == f"SELECT {expected} AS anon_1" and compiled.params == {}


def test_lists_as_literals() -> None:
    def shown(statement: Any) -> str:
        return str(statement.compile(dialect=SQLITE_DIALECT, compile_kwargs={"literal_binds": True}))

    assert shown(T.c.id.in_([1, 2])) == "t.id IN (1, 2)"
    assert shown(T.c.id.in_([])) == "t.id IN (NULL) AND (1 != 1)"
    assert shown(T.c.id.not_in([])) == "(t.id NOT IN (NULL) OR (1 = 1))"


def test_result_columns_answer_to_names_and_objects() -> None:
    labelled = (T.c.made + 1).label("more")
    compiled = compile_statement(select(T.c.id, labelled, func.count(T.c.id), PLAIN.c.id), SQLITE_DIALECT)
    assert [one.name for one in compiled.result_columns] == ["id", "more", "count_1", "id_1"]
    assert compiled.result_columns[0].objects[0] is T.c.id and compiled.result_columns[1].objects[0] is labelled
    assert compiled.returns_rows and compiled.kind == "select"


def test_what_only_the_database_knows_is_textual() -> None:
    assert compile_statement(text("SELECT 1"), SQLITE_DIALECT).is_textual
    assert compile_statement(select(text("*")).select_from(T), SQLITE_DIALECT).is_textual
    typed = compile_statement(text("SELECT id FROM t").columns(T.c.id), SQLITE_DIALECT)
    assert [one.name for one in typed.result_columns] == ["id"] and typed.kind == "text"


def test_schemas_are_translated() -> None:
    sql = compile_statement(select(PLAIN), SQLITE_DIALECT, render_schema_translate={"s": "other", None: "x"}).sql
    assert sql == "SELECT other.plain.id, other.plain.name \nFROM other.plain"
    assert "x.t" in compile_statement(select(T.c.id), SQLITE_DIALECT, render_schema_translate={None: "x"}).sql


# -- writes


def test_an_insert_says_where_each_value_comes_from() -> None:
    compiled = compile_write(insert(T), SQLITE_DIALECT, ("name",))
    assert compiled.sql == "INSERT INTO t (name, made, fixed, sql) VALUES (?, ?, ?, abs(?))"
    assert [(one.column.key, one.name) for one in compiled.prefetch] == [("made", "made"), ("fixed", "fixed")]
    assert [one.key for one in compiled.postfetch] == ["sql", "server"]
    assert compiled.primary_key == (("lastrowid", None),)
    assert compiled.parameters((), {"name": "x", "made": 7, "fixed": 5})[1] == ("x", 7, 5, -1)


def test_an_insert_returns_its_key_where_the_database_can() -> None:
    compiled = compile_write(insert(T), POSTGRESQL_DIALECT, ("name",))
    assert compiled.sql.endswith("RETURNING t.id") and compiled.primary_key == (("returned", 0),)
    assert [one.key for one in compiled.returning_defaults] == ["id"]
    given = compile_write(insert(T), POSTGRESQL_DIALECT, ("id", "name"))
    assert "RETURNING" not in given.sql and given.primary_key == (("given", "id"),)
    assert "RETURNING" not in compile_write(insert(T), POSTGRESQL_DIALECT, ("name",), for_many=True).sql


def test_return_defaults_brings_back_what_the_database_made_up() -> None:
    compiled = compile_write(insert(T).return_defaults(), POSTGRESQL_DIALECT, ("name",))
    assert [one.key for one in compiled.returning_defaults] == ["id", "sql", "server"] and compiled.postfetch == ()


def test_an_insert_without_values() -> None:
    assert compile_write(insert(PLAIN), SQLITE_DIALECT).sql == "INSERT INTO s.plain DEFAULT VALUES"
    assert compile_write(insert(PLAIN), MARIADB_DIALECT).sql == "INSERT INTO s.plain () VALUES ()"


def test_values_of_the_statement_and_of_the_execution_come_together() -> None:
    statement = insert(PLAIN).values(id=5)
    compiled = compile_write(statement, SQLITE_DIALECT, ("name",))
    assert compiled.parameters(statement_key(statement).binds, {"name": "x"}) == ("INSERT INTO s.plain (id, name) VALUES (?, ?)", (5, "x"))


def test_an_update_computes_its_defaults() -> None:
    compiled = compile_write(update(T).where(T.c.id == bindparam("which")), SQLITE_DIALECT, ("name", "which"))
    assert compiled.sql == "UPDATE t SET name=?, made=?, sql=abs(?) WHERE t.id = ?"
    assert compiled.parameters(compiled.key.binds, {"name": "x", "made": 8, "which": 3})[1] == ("x", 8, -2, 3)


def test_a_parameter_that_names_nothing_is_told() -> None:
    with pytest.warns(AmboWarning, match="'nmae' names no column of 'plain' and is not used; did you mean 'name'"):
        compile_write(insert(PLAIN), SQLITE_DIALECT, ("id", "nmae"))


def test_sequences_are_asked_where_there_are_any() -> None:
    table = Table("q", MetaData(), Column("id", Integer, Sequence("q_seq"), primary_key=True), Column("x", Integer))
    assert compile_write(insert(table), POSTGRESQL_DIALECT, ("x",)).sql == "INSERT INTO q (id, x) VALUES (nextval('q_seq'), $1::INTEGER) RETURNING q.id"
    assert compile_write(insert(table), SQLITE_DIALECT, ("x",)).sql == "INSERT INTO q (x) VALUES (?)"


def test_what_a_database_has_not_is_an_error_that_says_so() -> None:
    with pytest.raises(CompileError, match=r"mariadb has no UPDATE \.\.\. RETURNING; select the rows"):
        compile_statement(update(T).values(name="x").returning(T.c.id), MARIADB_DIALECT)
    with pytest.raises(CompileError, match="sqlite has no LATERAL"):
        compile_statement(select(select(T.c.id).lateral()), SQLITE_DIALECT)
    with pytest.raises(CompileError, match="sets nothing"):
        compile_write(update(PLAIN), SQLITE_DIALECT)
    assert compile_statement(delete(PLAIN), SQLITE_DIALECT).kind == "delete"


# -- constructs of one's own


def test_functions_of_ones_own_are_rendered_by_database() -> None:
    class greatest(FunctionElement[int]):
        name = "greatest"
        type = Integer()
        inherit_cache = True

    @compiles(greatest)
    def anywhere(element: Any, compiler: Any, **kw: Any) -> str:
        return compiler.visit_function(element, **kw)  # type: ignore[no-any-return]

    @compiles(greatest, "sqlite")
    def on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
        return f"max({compiler.process(element.clauses, **kw)})"

    statement = select(greatest(T.c.id, 5)).where(greatest(T.c.made, 1) > 3)
    assert str(statement) == "SELECT greatest(t.id, :greatest_2) AS greatest_1 \nFROM t \nWHERE greatest(t.made, :greatest_3) > :greatest_4"
    assert sent(statement)[0] == "SELECT max(t.id, ?) AS greatest_1 \nFROM t \nWHERE max(t.made, ?) > ?"
    assert statement_key(statement).key == statement_key(select(greatest(T.c.id, 6)).where(greatest(T.c.made, 2) > 4)).key
    deregister(greatest)
    assert "greatest(" in sent(statement)[0]


def test_columns_and_statements_of_ones_own() -> None:
    class Moon(ColumnElement[str]):
        inherit_cache = True
        type = String()

        def __init__(self, phase: str) -> None:
            self.phase = phase

    class Copy(Executable, ClauseElement):
        def __init__(self, table: Any, source: Any) -> None:
            self.table = table
            self.source = source

    @compiles(Moon)
    def moon(element: Any, compiler: Any, **kw: Any) -> str:
        return f"moon('{element.phase}')"

    @compiles(Copy)
    def copy(element: Any, compiler: Any, **kw: Any) -> str:
        return f"INSERT INTO {compiler.process(element.table, asfrom=True, **kw)} {compiler.process(element.source, **kw)}"

    assert str(select(Moon("full")).where(Moon("new") == "x")) == "SELECT moon('full') AS anon_1 \nWHERE moon('new') = :param_1"
    made = Copy(PLAIN, select(T.c.id, T.c.name).where(T.c.id > 5))
    assert sent(made) == ("INSERT INTO s.plain SELECT t.id, t.name \nFROM t \nWHERE t.id > ?", (5,))
    assert statement_key(made).key != statement_key(Copy(PLAIN, select(T.c.id))).key
    assert statement_key(Moon("full")).key == statement_key(Moon("full")).key != statement_key(Moon("new")).key


def test_another_rendering_of_what_there_is() -> None:
    table = Table("x", MetaData(), Column("a", Boolean), Column("b", LargeBinary), Column("c", Date), Column("d", Numeric))

    class Loud(FunctionElement[str]):
        inherit_cache = True
        name = "loud"

    with pytest.raises(CompileError, match="no rendering"):
        str(select(type("Silent", (ColumnElement,), {"inherit_cache": True, "__init__": lambda self: None})()))
    assert str(select(Loud(table.c.a))).startswith("SELECT loud(x.a) AS loud_1")
