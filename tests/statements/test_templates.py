"""`tstring()`: SQL from template strings, here made by hand, as Python before 3.14 has no syntax for them."""

from __future__ import annotations

import ast
import sys
from typing import Any

import pytest

from ambo import JSON, CheckConstraint, Column, Integer, MetaData, String, Table, bindparam, column, func, insert, literal, select, tstring
from ambo.dialects import mysql, postgresql
from ambo.exc import ArgumentError, CompileError
from ambo.orm import DeclarativeBase, Mapped, aliased, mapped_column
from ambo.schema import CreateTable
from ambo.statements.keys import statement_key
from twin import Twin


class Base(DeclarativeBase):
    pass


class Fruit(Base):
    __tablename__ = "fruit_template"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


pytestmark = pytest.mark.tables(Base.metadata)


class Hole:
    def __init__(self, value: Any, conversion: str | None = None, format_spec: str = "") -> None:
        self.value, self.expression, self.conversion, self.format_spec = value, "value", conversion, format_spec


class Template:
    """What `t"..."` makes: strings and what stands between them."""

    def __init__(self, *strings: str) -> None:
        self.strings = strings
        self.interpolations: tuple[Hole, ...] = ()

    def __call__(self, *values: Any) -> Template:
        self.interpolations = tuple(one if isinstance(one, Hole) else Hole(one) for one in values)
        return self


def t(text: str, *values: Any) -> Template:
    """Return the template of a text in which `{}` stands for a value."""
    return Template(*text.split("{}"))(*values)


def rendered(statement: Any) -> tuple[str, dict[str, Any]]:
    compiled = statement.compile()
    return " ".join(str(compiled).split()), compiled.params


FRUIT: Any = Fruit.__table__


@pytest.mark.parametrize(
    ("template", "sql", "params"),
    [
        (t("SELECT {}, {}", 5, "x"), "SELECT :param_1, :param_2", {"param_1": 5, "param_2": "x"}),
        (t("SELECT {}", None), "SELECT :param_1", {"param_1": None}),
        (t("SELECT ':a', \\:b, c::int, 5 % 2"), "SELECT ':a', \\:b, c::int, 5 % 2", {}),
        (t("SELECT {} FROM {}", FRUIT.c.id, FRUIT), "SELECT fruit_template.id FROM fruit_template", {}),
        (t("SELECT {} FROM {}", Fruit.id, Fruit), "SELECT fruit_template.id FROM fruit_template", {}),
        (t("SELECT {}", select(literal(1)).scalar_subquery()), "SELECT (SELECT :param_1 AS anon_1)", {"param_1": 1}),
        (t("SELECT * FROM {}", select(FRUIT.c.id).subquery("s")), "SELECT * FROM (SELECT fruit_template.id AS id FROM fruit_template) AS s", {}),
        (t("SELECT {}", t("1 + {}", 2)), "SELECT 1 + :param_1", {"param_1": 2}),
        (t("SELECT {}", tstring(t("1 + {}", 2))), "SELECT 1 + :param_1", {"param_1": 2}),
        (t("SELECT {} WHERE {}", func.lower("A"), FRUIT.c.id > 3), "SELECT lower(:lower_1) WHERE fruit_template.id > :id_1", {"lower_1": "A", "id_1": 3}),
        (t("SELECT {}", bindparam("number", type_=Integer)), "SELECT :number", {"number": None}),
    ],
)
def test_what_stands_in_braces(template: Template, sql: str, params: dict[str, Any]) -> None:
    assert rendered(tstring(template)) == (sql, params)


def test_it_goes_where_text_goes() -> None:
    condition = tstring(t("{} > {}", FRUIT.c.id, 5))
    where = select(FRUIT.c.id).where(condition, FRUIT.c.name == "x").order_by(tstring(t("name || {}", "z")))
    assert rendered(where)[0] == (
        "SELECT fruit_template.id FROM fruit_template WHERE fruit_template.id > :param_1 AND fruit_template.name = :name_1 ORDER BY name || :param_2"
    )
    assert rendered(condition & tstring(t("1 = 1")))[0] == "fruit_template.id > :param_1 AND 1 = 1"
    joined = select(column("x")).select_from(tstring(t("a JOIN b ON a.x = {}", 1)))
    assert rendered(joined) == ("SELECT x FROM a JOIN b ON a.x = :param_1", {"param_1": 1})
    named = tstring(t("SELECT {} AS x", 1)).columns(x=Integer).subquery("s")
    assert rendered(select(named.c.x))[0] == "SELECT s.x FROM (SELECT :param_1 AS x) AS s"
    checked = Table("checked", MetaData(), Column("n", Integer), CheckConstraint(tstring(t("n > {}", 5))))
    assert "CHECK (n > 5)" in str(CreateTable(checked))


def test_statements_that_differ_in_values_alone_share_their_key() -> None:
    def key(*template: Any) -> Any:
        return statement_key(tstring(t(*template))).key

    assert key("SELECT {}", 5) == key("SELECT {}", 6) != key("SELECT {}", "x")
    assert len({key("SELECT {}", FRUIT.c.id), key("SELECT {}", FRUIT.c.name), key("SELECT {} ", 5), key("SELECT {}, {}", 1, 1)} - {None}) == 4


def test_each_dialect_has_its_placeholders() -> None:
    statement = tstring(t("SELECT 'a%', {}", "x"))
    assert str(statement.compile(dialect=mysql.dialect())) == "SELECT 'a%%', %s"
    assert str(statement.compile(dialect=postgresql.dialect())).startswith("SELECT 'a%', $1")


async def test_it_is_executed(twin: Twin) -> None:
    async with twin.session() as session:
        await session.execute(insert(Fruit), [{"id": 1, "name": "fig"}, {"id": 2, "name": "plum"}])
        found = tstring(t("SELECT id, name FROM {} WHERE {} = {}", Fruit, Fruit.id, 2))
        assert (await session.execute(found)).all() == [(2, "plum")]
        objects = select(Fruit).from_statement(tstring(t("SELECT * FROM {} WHERE name <> {} ORDER BY {}", Fruit, "x", Fruit.id)))
        assert [one.name for one in (await session.scalars(objects)).all()] == ["fig", "plum"]
        other = aliased(Fruit, name="other")
        through = tstring(t("SELECT {} FROM {} WHERE {}", other.id, other, other.name.in_(["fig", "kiwi"])))
        assert (await session.execute(through)).scalars().all() == [1]
        typed = tstring(t("SELECT {} AS data", literal({"a": 1}, JSON))).columns(column("data", JSON))
        assert (await session.execute(typed)).scalar_one() == {"a": 1}
        late = tstring(t("SELECT name FROM {} WHERE id = {}", Fruit, bindparam("number", type_=Integer)))
        assert (await session.execute(late, {"number": 1})).scalar_one() == "fig"
        assert (await session.scalars(select(Fruit).where(tstring(t("{} = {}", Fruit.name, "plum"))))).one().id == 2


def test_misuse() -> None:
    for wrong in ("SELECT 1", 5, None, Template("a", "b")):
        with pytest.raises(ArgumentError, match="takes a template string such as"):
            tstring(wrong)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"\{value\} in a template has a conversion"):
        tstring(t("SELECT {}", Hole("x", conversion="r")))
    with pytest.raises(ArgumentError, match="or a format"):
        tstring(t("SELECT {}", Hole(5, format_spec=">3")))
    with pytest.raises(CompileError, match="label 'n' in a tstring"):
        str(tstring(t("SELECT {}", FRUIT.c.name.label("n"))))
    with pytest.raises(NotImplementedError, match="into the template's braces"):
        tstring(t("SELECT {}", 1)).bindparams(a=1)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="the syntax of template strings came with Python 3.14")
def test_the_syntax_itself() -> None:
    names = {"tstring": tstring, "number": 5, "table": FRUIT}
    tree = ast.parse('tstring(t"SELECT * FROM {table} WHERE id = {number}")', mode="eval")
    assert rendered(eval(compile(tree, "t", "eval"), names)) == ("SELECT * FROM fruit_template WHERE id = :param_1", {"param_1": 5})
