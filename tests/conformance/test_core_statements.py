"""Statements without a session: what databases differ in is rendered so that each gives the same rows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from ambo import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    exists,
    extract,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
    union,
    union_all,
    update,
    values,
)  # fmt: skip
from ambo.dialects import mysql, postgresql, sqlite
from ambo.exc import CompileError
from twin import Twin

META = MetaData()
T = Table(
    "core_t",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", String(30), unique=True),
    Column("n", Integer),
    Column("price", Numeric(10, 2)),
    Column("doc", JSON),
    Column("ok", Boolean),
    Column("at", DateTime),
)
A = Table("core_a", META, Column("id", Integer, primary_key=True), Column("t_id", ForeignKey("core_t.id")), Column("mail", String(50)))
ROWS = [
    {"id": 1, "name": "ann", "n": 10, "price": Decimal("1.50"), "doc": {"a": {"b": 5}, "l": [1, 2]}, "ok": True, "at": dt.datetime(2024, 5, 6, 7)},
    {"id": 2, "name": "bob", "n": 20, "price": Decimal("2.50"), "doc": {"a": {"b": 7}, "s": "x"}, "ok": False, "at": None},
    {"id": 3, "name": "Cid", "n": None, "price": None, "doc": None, "ok": None, "at": None},
]
MAILS = [{"id": 1, "t_id": 1, "mail": "a@x"}, {"id": 2, "t_id": 1, "mail": "b@x"}, {"id": 3, "t_id": 2, "mail": "c@x"}]

pytestmark = pytest.mark.tables(META)


def counting() -> Any:
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    return select(numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 5)))


def newest() -> Any:
    a = A.alias()
    last = select(func.max(a.c.id)).where(a.c.t_id == T.c.id).scalar_subquery()
    return select(T.c.name, last.label("last")).order_by(T.c.id)


rows = values(column("id", Integer), column("word", String), name="v").data([(1, "one"), (3, "three")])
kind = func.coalesce(T.c.doc["s"].as_string(), "?")
label = (T.c.n + 1).label("more")
CASES: dict[str, tuple[Any, list[Any]]] = {
    "literals": (select(literal(5), literal("x"), literal(None), literal(1.5), literal(True)), [(5, "x", None, 1.5, True)]),
    "null of a type": (select(cast(null(), Integer)), [(None,)]),
    "list": (select(T.c.id).where(T.c.id.in_([1, 3])).order_by(T.c.id), [(1,), (3,)]),
    "long list": (select(T.c.id).where(T.c.id.in_(range(2, 200))).order_by(T.c.id), [(2,), (3,)]),
    "list with null": (select(T.c.id).where(T.c.n.in_([10, None])), [(1,)]),
    "not in a list": (select(T.c.id).where(T.c.id.not_in([1, 3])), [(2,)]),
    "no list": (select(T.c.id).where(or_(T.c.id.in_([]), T.c.id == 2)), [(2,)]),
    "not in no list": (select(T.c.id).where(and_(T.c.id.not_in([]), T.c.id < 3)).order_by(T.c.id), [(1,), (2,)]),
    "rows": (select(T.c.id).where(tuple_(T.c.id, T.c.name).in_([(1, "ann"), (2, "ann")])), [(1,)]),
    "no rows": (select(T.c.id).where(tuple_(T.c.id, T.c.name).in_([])), []),
    "decimals in a list": (select(T.c.id).where(T.c.price.in_([Decimal("2.50"), Decimal("9")])), [(2,)]),
    "booleans": (select(T.c.id).where(T.c.ok), [(1,)]),
    "negated booleans": (select(T.c.id).where(~T.c.ok), [(2,)]),
    "is false": (select(T.c.id).where(T.c.ok.is_(False)), [(2,)]),
    "division": (select(T.c.n / 4, T.c.n // 4, T.c.n % 4).where(T.c.id == 1), [(Decimal("2.5"), 2, 2)]),
    "concatenation": (select(T.c.name + "-" + cast(T.c.id, String)).where(T.c.id == 1), [("ann-1",)]),
    "ilike": (select(T.c.id).where(T.c.name.ilike("c%")), [(3,)]),
    "contains": (select(T.c.id).where(T.c.name.contains("n"), T.c.name.startswith("a"), T.c.name.endswith("n")), [(1,)]),
    "icontains": (select(T.c.id).where(T.c.name.icontains("CI")), [(3,)]),
    "distinct from": (select(T.c.id).where(T.c.n.is_distinct_from(10)).order_by(T.c.id), [(2,), (3,)]),
    "coalesce": (select(func.coalesce(T.c.n, 0)).order_by(T.c.id), [(10,), (20,), (0,)]),
    "case": (select(case((T.c.n > 10, "big"), (T.c.n.is_(None), null()), else_="small")).order_by(T.c.id), [("small",), ("big",), (None,)]),
    "group by a shared value": (
        select(kind, func.count()).group_by(kind).order_by(func.count()),
        [("x", 1), ("?", 2)],
    ),
    "json": (select(T.c.doc["a"]["b"].as_integer(), T.c.doc[("a", "b")].as_integer()).where(T.c.id == 1), [(5, 5)]),
    "json itself": (select(T.c.doc["l"]).where(T.c.id == 1), [([1, 2],)]),
    "json by position": (select(T.c.doc["l"][1].as_integer()).where(T.c.id == 1), [(2,)]),
    "json text": (select(T.c.id).where(T.c.doc["s"].as_string() == "x"), [(2,)]),
    "order by label": (select(label, T.c.id).where(T.c.n.is_not(None)).order_by(label.desc()), [(21, 2), (11, 1)]),
    "order by name": (select(T.c.id, label).where(T.c.n.is_not(None)).order_by("more"), [(1, 11), (2, 21)]),
    "nulls": (select(T.c.id).order_by(T.c.n.nulls_first(), T.c.id), [(3,), (1,), (2,)]),
    "nulls last": (select(T.c.id).order_by(T.c.n.desc().nulls_last()), [(2,), (1,), (3,)]),
    "limit": (select(T.c.id).order_by(T.c.id).limit(1).offset(1), [(2,)]),
    "offset": (select(T.c.id).order_by(T.c.id).offset(2), [(3,)]),
    "join": (select(T.c.name, A.c.mail).join(A).order_by(A.c.id), [("ann", "a@x"), ("ann", "b@x"), ("bob", "c@x")]),
    "outer join": (select(T.c.name, func.count(A.c.id)).outerjoin(A).group_by(T.c.name).order_by(T.c.name), None),
    "exists": (select(T.c.id).where(~exists().where(A.c.t_id == T.c.id)), [(3,)]),
    "scalar subquery": (newest(), [("ann", 2), ("bob", 3), ("Cid", None)]),
    "union": (union(select(T.c.n).where(T.c.id < 3), select(T.c.id)).order_by("n").limit(2), [(1,), (2,)]),
    "union of limited": (union_all(select(T.c.id).order_by(T.c.id).limit(1), select(T.c.id).order_by(T.c.id.desc()).limit(1)), [(1,), (3,)]),
    "recursion": (counting(), [(1,), (2,), (3,), (4,), (5,)]),
    "values": (select(T.c.name, rows.c.word).join(rows, rows.c.id == T.c.id).order_by(T.c.id), [("ann", "one"), ("Cid", "three")]),
    "window": (select(T.c.id, func.row_number().over(order_by=T.c.id.desc())).order_by(T.c.id), [(1, 3), (2, 2), (3, 1)]),
    "filter": (select(func.count(T.c.id).filter(T.c.n > 10)), [(1,)]),
    "aggregates": (select(func.count(), func.sum(T.c.n), func.max(T.c.name), func.min(T.c.price)), [(3, 30, "bob", Decimal("1.50"))]),
    "strings of a group": (select(func.aggregate_strings(A.c.mail, ",")).where(A.c.t_id == 1), [("a@x,b@x",)]),
    "text": (text("SELECT id FROM core_t WHERE name = :name").bindparams(name="bob"), [(2,)]),
    "text as a table": (select(text("SELECT id, name FROM core_t").columns(column("id"), column("name")).subquery().c.name).order_by("name"), None),
    "type_coerce": (select(type_coerce(T.c.n, String)).where(T.c.id == 3), [(None,)]),
    "literal column": (select(literal_column("1 + 1")), [(2,)]),
    "percent": (select(literal("50%"), text("'%'")), [("50%", "%")]),
    "characters": (select(func.char_length(T.c.name)).where(T.c.id == 1), [(3,)]),
    "parts of a date": (select(extract("year", T.c.at), extract("month", T.c.at)).where(T.c.id == 1), [(2024, 5)]),
}  # fmt: skip


async def filled(connection: Any) -> None:
    await connection.execute(insert(T), ROWS)
    await connection.execute(insert(A), MAILS)


@pytest.mark.parametrize("name", list(CASES))
async def test_a_select_gives_the_same_rows_everywhere(twin: Twin, name: str) -> None:
    statement, expected = CASES[name]
    if name == "filter" and not twin.engine.dialect.features.filter_clause:
        pytest.skip("this database has no FILTER; the CompileError says what to write")
    async with twin.engine.connect() as connection:
        await filled(connection)
        found = [tuple(row) for row in (await connection.execute(statement)).all()]
        again = [tuple(row) for row in (await connection.execute(statement)).all()]
    assert found == again
    if expected is not None:
        assert found == expected


async def test_one_plan_serves_lists_of_every_length(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        await filled(connection)
        for ids in ([1], [1, 2], [], [1, 2, 3], list(range(40)), [2]):
            found = (await connection.scalars(select(T.c.id).where(T.c.id.in_(ids)).order_by(T.c.id))).all()
            assert found == [one for one in (1, 2, 3) if one in ids]


async def test_an_expanding_parameter_is_given_at_execution(twin: Twin) -> None:
    statement = select(T.c.id).where(T.c.id.in_(bindparam("ids", expanding=True))).order_by(T.c.id)
    async with twin.engine.connect() as connection:
        await filled(connection)
        assert (await connection.scalars(statement, {"ids": [1, 3]})).all() == [1, 3]
        assert (await connection.scalars(statement, {"ids": []})).all() == []


async def test_update_with_another_table(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        await filled(connection)
        await connection.execute(update(T).where(T.c.id == A.c.t_id, A.c.mail == "c@x").values(name=A.c.mail, n=T.c.n + 1))
        assert (await connection.execute(select(T.c.name, T.c.n).where(T.c.id == 2))).one() == ("c@x", 21)


async def test_update_with_a_cte_and_returning(twin: Twin) -> None:
    busy = select(A.c.t_id).group_by(A.c.t_id).having(func.count() > 1).cte("busy")
    statement = update(T).where(T.c.id.in_(select(busy.c.t_id))).values(n=0).returning(T.c.id, T.c.n)
    async with twin.engine.connect() as connection:
        await filled(connection)
        if not twin.engine.dialect.features.update_returning:
            with pytest.raises(CompileError, match=r"has no UPDATE \.\.\. RETURNING; select the rows"):
                await connection.execute(statement)
            return
        assert (await connection.execute(statement)).all() == [(1, 0)]


async def test_delete_with_another_table(twin: Twin) -> None:
    statement = delete(A).where(A.c.t_id == T.c.id, T.c.name == "ann")
    async with twin.engine.connect() as connection:
        await filled(connection)
        if not twin.engine.dialect.features.delete_using:
            with pytest.raises(CompileError, match=r"has no DELETE \.\.\. USING; use a subquery"):
                await connection.execute(statement)
            return
        await connection.execute(statement)
        assert (await connection.scalars(select(A.c.id))).all() == [3]


async def test_insert_from_select_with_defaults(twin: Twin) -> None:
    async with twin.engine.connect() as connection:
        await filled(connection)
        await connection.execute(insert(A).from_select(["id", "t_id", "mail"], select(T.c.id + 10, T.c.id, T.c.name)))
        assert (await connection.scalars(select(A.c.mail).where(A.c.id > 10).order_by(A.c.id))).all() == ["ann", "bob", "Cid"]


async def test_upsert(twin: Twin) -> None:
    if twin.engine.dialect.features.on_duplicate_key:
        await upsert_by_any_key(twin)
        return
    made = (sqlite.insert if twin.database == "sqlite" else postgresql.insert)(T).values(id=2, name="bob", n=5)
    upsert = made.on_conflict_do_update(index_elements=[T.c.id], set_={"n": T.c.n + made.excluded.n}, where=T.c.n < 100).returning(T.c.n)
    async with twin.engine.connect() as connection:
        await filled(connection)
        assert (await connection.scalar(upsert)) == 25
        await connection.execute(made.on_conflict_do_nothing())
        assert (await connection.scalar(select(T.c.n).where(T.c.id == 2))) == 25


async def upsert_by_any_key(twin: Twin) -> None:
    made = mysql.insert(T).values(id=2, name="bob", n=5)
    upsert = made.on_duplicate_key_update(n=T.c.n + made.inserted.n)
    async with twin.engine.connect() as connection:
        await filled(connection)
        await connection.execute(upsert)
        assert (await connection.scalar(select(T.c.n).where(T.c.id == 2))) == 25
        await connection.execute(upsert, [{"id": 2, "name": "bob", "n": 1}, {"id": 7, "name": "new", "n": 7}])
        assert (await connection.scalars(select(T.c.n).where(T.c.id.in_([2, 7])).order_by(T.c.id))).all() == [26, 7]
        await connection.execute(made.prefix_with("IGNORE"))
        with pytest.raises(CompileError, match="no ON CONFLICT"):
            await connection.execute(sqlite.insert(T).values(id=2).on_conflict_do_nothing())


async def test_several_rows_of_values(twin: Twin) -> None:
    statement = insert(A).values([{"id": 11, "mail": "p"}, {"id": 12, "mail": func.lower("Q")}, {"id": 13, "t_id": None, "mail": "r"}])
    async with twin.engine.connect() as connection:
        assert (await connection.scalars(statement.returning(A.c.mail))).all() == ["p", "q", "r"]


async def test_a_write_in_with(twin: Twin) -> None:
    moved = insert(A).values(id=9, mail="new").returning(A.c.id).cte("moved")
    async with twin.engine.connect() as connection:
        if twin.database != "postgresql":
            return
        assert (await connection.scalars(select(moved.c.id))).all() == [9]
