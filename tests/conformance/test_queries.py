"""Statements and results: every clause and every verb of a result, in both colours on every database."""

from __future__ import annotations

import pytest

from ambo import (
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    intersect,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
    union,
    union_all,
)
from ambo.exc import MultipleResultsFound, NoResultFound, NoSuchColumnError
from ambo.orm import aliased
from shop import Address, Base, User, people
from twin import Twin

pytestmark = pytest.mark.tables(Base.metadata)


async def filled(twin: Twin) -> object:
    session = twin.session()
    session.add_all(people())
    await session.flush()
    session.add_all([Address(user_id=1, city="Bern"), Address(user_id=1, city="Rome"), Address(user_id=2, city="Bern")])
    await session.commit()
    return session


async def check(twin: Twin, statement: object, expected: list[object], **params: object) -> None:
    async with await filled(twin) as session:
        rows = (await session.execute(statement, params or None)).all()
        assert [row[0] if len(row) == 1 else tuple(row) for row in rows] == expected


CONDITIONS = {
    "equal": (User.name == "Ann", ["Ann"]),
    "not equal": (User.name != "Ann", ["Bob", "Cid", "Dora"]),
    "less": (User.level < 3, ["Bob", "Cid"]),
    "and": (and_(User.level == 3, User.name.like("D%")), ["Dora"]),
    "or": (or_(User.level == 1, User.name == "Cid"), ["Bob", "Cid"]),
    "operators": ((User.level == 3) & ~(User.name == "Ann") | (User.level == 2), ["Cid", "Dora"]),
    "not": (not_(User.active), ["Cid"]),
    "in": (User.name.in_(["Ann", "Cid", "nobody"]), ["Ann", "Cid"]),
    "in nothing": (User.name.in_([]), []),
    "not in nothing": (User.name.not_in([]), ["Ann", "Bob", "Cid", "Dora"]),
    "in a query": (User.id.in_(select(Address.user_id)), ["Ann", "Bob"]),
    "tuple in": (tuple_(User.name, User.level).in_([("Ann", 3), ("Bob", 3)]), ["Ann"]),
    "like": (User.name.like("%o%"), ["Bob", "Dora"]),
    "ilike": (User.name.ilike("%B"), ["Bob"]),
    "startswith": (User.name.startswith("A"), ["Ann"]),
    "contains with percent": (User.name.contains("%", autoescape=True), []),
    "endswith": (User.name.endswith("a"), ["Dora"]),
    "between": (User.level.between(2, 3), ["Ann", "Cid", "Dora"]),
    "is null": (User.email.is_(None), ["Cid"]),
    "equal none": (User.email == None, ["Cid"]),  # noqa: E711
    "is not null": (User.email.is_not(None), ["Ann", "Bob", "Dora"]),
    "is distinct": (User.email.is_distinct_from("ann@x.org"), ["Bob", "Cid", "Dora"]),
    "arithmetic": (User.level * 2 - 1 == 5, ["Ann", "Dora"]),
    "modulo": (User.level % 2 == 0, ["Cid"]),
    "concatenation": (User.name + "!" == "Bob!", ["Bob"]),
    "reversed": (3 > User.level, ["Bob", "Cid"]),  # noqa: SIM300
    "exists": (exists().where(Address.user_id == User.id), ["Ann", "Bob"]),
    "exists with select": (select(Address.id).where(Address.user_id == User.id, Address.city == "Rome").exists(), ["Ann"]),
    "true": (User.active == True, ["Ann", "Bob", "Dora"]),  # noqa: E712
    "bool column": (User.active, ["Ann", "Bob", "Dora"]),
    "function": (func.lower(User.name) == "ann", ["Ann"]),
    "text": (text("users.level = 2"), ["Cid"]),
}


@pytest.mark.parametrize("name", CONDITIONS)
async def test_conditions(twin: Twin, name: str) -> None:
    condition, expected = CONDITIONS[name]
    await check(twin, select(User.name).where(condition).order_by(User.id), expected)


total = func.count(Address.id).label("total")
cities = select(Address.user_id, func.count().label("n")).group_by(Address.user_id).subquery()
many = select(Address.user_id.label("uid"), func.count().label("n")).group_by(Address.user_id).cte("many")
Friend = aliased(User)

STATEMENTS = {
    "order": (select(User.name).order_by(User.level.desc(), User.name), ["Ann", "Dora", "Cid", "Bob"]),
    "nulls": (select(User.name).order_by(User.email.nulls_first(), User.name).limit(1), ["Cid"]),
    "limit offset": (select(User.name).order_by(User.id).limit(2).offset(1), ["Bob", "Cid"]),
    "offset alone": (select(User.name).order_by(User.id).offset(3), ["Dora"]),
    "distinct": (select(User.level).distinct().order_by(User.level), [1, 2, 3]),
    "group": (select(User.level, func.count()).group_by(User.level).order_by(User.level), [(1, 1), (2, 1), (3, 2)]),
    "having": (select(User.level).group_by(User.level).having(func.count() > 1), [3]),
    "join clause": (select(User.name, Address.city).join(Address, Address.user_id == User.id).order_by(Address.id), [("Ann", "Bern"), ("Ann", "Rome"), ("Bob", "Bern")]),
    "join by foreign key": (select(User.name).join(Address).where(Address.city == "Rome"), ["Ann"]),
    "outer join": (select(User.name, total).outerjoin(Address).group_by(User.id, User.name).order_by(User.id), [("Ann", 2), ("Bob", 1), ("Cid", 0), ("Dora", 0)]),
    "select from": (select(func.count()).select_from(User), [4]),
    "subquery": (select(User.name, cities.c.n).join(cities, cities.c.user_id == User.id).order_by(User.id), [("Ann", 2), ("Bob", 1)]),
    "scalar subquery": (
        select(User.name, select(func.count(Address.id)).where(Address.user_id == User.id).scalar_subquery().label("n")).order_by(User.id).limit(2),
        [("Ann", 2), ("Bob", 1)],
    ),
    "cte": (select(User.name, many.c.n).join(many, many.c.uid == User.id).order_by(User.id), [("Ann", 2), ("Bob", 1)]),
    "aliased": (select(User.name, Friend.name).join(Friend, Friend.level == User.level).where(User.id < Friend.id), [("Ann", "Dora")]),
    "case": (select(case((User.level > 2, "high"), else_="low")).order_by(User.id), ["high", "low", "low", "high"]),
    "cast": (select(cast(User.level, String)).where(User.id == 1), ["3"]),
    "literal": (select(literal("x").label("x"), User.id).where(User.id == 1), [("x", 1)]),
    "union": (union(select(User.level).where(User.id == 1), select(User.level).where(User.id == 4)), [3]),
    "union all": (union_all(select(User.level).where(User.id == 1), select(User.level).where(User.id == 4)).order_by("level"), [3, 3]),
    "intersect": (intersect(select(User.name), select(User.name).where(User.level == 2)), ["Cid"]),
    "filter_by": (select(User.name).filter_by(level=3, name="Dora"), ["Dora"]),
    "with_only_columns": (select(User).where(User.id == 1).with_only_columns(User.name), ["Ann"]),
    "text": (text("SELECT name FROM users ORDER BY id LIMIT 1"), ["Ann"]),
    "label order": (select(func.length(User.name).label("size")).group_by("size").order_by("size"), [3, 4]),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_statements(twin: Twin, name: str) -> None:
    statement, expected = STATEMENTS[name]
    await check(twin, statement, expected)


async def test_a_recursive_cte(twin: Twin) -> None:
    count = select(literal(1).label("n")).cte("count", recursive=True)
    count = count.union_all(select(count.c.n + 1).where(count.c.n < 5))
    await check(twin, select(count.c.n), [1, 2, 3, 4, 5])


async def test_parameters_by_name(twin: Twin) -> None:
    await check(twin, select(User.name).where(User.level == bindparam("level"), User.name > bindparam("after")).order_by(User.id), ["Dora"], level=3, after="B")


async def test_parameters_of_a_text(twin: Twin) -> None:
    await check(twin, text("SELECT name FROM users WHERE level = :level ORDER BY id"), ["Ann", "Dora"], level=3)


async def test_a_thousand_conditions(twin: Twin) -> None:
    await check(twin, select(User.name).where(or_(*(User.id == n for n in range(2, 900)))).order_by(User.id), ["Bob", "Cid", "Dora"])


async def test_the_verbs_of_a_result(twin: Twin) -> None:
    async with await filled(twin) as session:
        pair = select(User.id, User.name).order_by(User.id)
        result = await session.execute(pair)
        assert list(result.keys()) == ["id", "name"]
        first = result.first()
        assert first == (1, "Ann") and first.name == "Ann" and first[0] == 1 and first._mapping["name"] == "Ann"
        assert first._asdict() == {"id": 1, "name": "Ann"} and first._fields == ("id", "name")
        result = await session.execute(pair)
        assert result.fetchone() == (1, "Ann") and result.fetchmany(2) == [(2, "Bob"), (3, "Cid")] and result.fetchall() == [(4, "Dora")]
        assert result.fetchone() is None
        assert (await session.execute(pair)).mappings().first() == {"id": 1, "name": "Ann"}
        assert [row.name for row in await session.execute(pair)] == ["Ann", "Bob", "Cid", "Dora"]
        assert (await session.execute(pair)).columns(1).all() == [("Ann",), ("Bob",), ("Cid",), ("Dora",)]
        assert (await session.execute(pair)).scalars("name").all() == ["Ann", "Bob", "Cid", "Dora"]
        assert [len(part) for part in (await session.execute(pair)).partitions(3)] == [3, 1]
        assert (await session.execute(pair.limit(1))).one() == (1, "Ann")
        assert (await session.execute(pair.limit(0))).one_or_none() is None
        assert (await session.execute(select(User.level).order_by(User.id))).unique().scalars().all() == [3, 1, 2]
        assert (await session.scalars(select(User.name).order_by(User.id))).first() == "Ann"
        frozen = (await session.execute(pair)).freeze()
        assert frozen().all() == frozen().all() == [(1, "Ann"), (2, "Bob"), (3, "Cid"), (4, "Dora")]
        assert await session.scalar(select(User.name).where(User.id == 99)) is None
        assert (await session.execute(select(User.name).where(User.id == 2))).scalar_one() == "Bob"
        assert (await session.execute(select(User.name).where(User.id == 99))).scalar_one_or_none() is None
        entity, city = (await session.execute(select(User, Address.city).join(Address).order_by(Address.id))).first()
        assert isinstance(entity, User) and city == "Bern"


async def test_one_says_what_it_found(twin: Twin) -> None:
    async with await filled(twin) as session:
        with pytest.raises(NoResultFound, match="No row|no row"):
            (await session.scalars(select(User).where(User.id == 99))).one()
        with pytest.raises(MultipleResultsFound, match="[Mm]ultiple|more than one"):
            (await session.scalars(select(User))).one()
        with pytest.raises(MultipleResultsFound):
            (await session.execute(select(User.id))).scalar_one_or_none()


async def test_streams_take_rows_in_chunks(twin: Twin) -> None:
    async with await filled(twin) as session:
        session.add_all([User(name=f"u{n}") for n in range(200)])
        await session.commit()
        statement = select(User).order_by(User.id)
        seen = []
        async for user in await session.stream_scalars(statement.execution_options(yield_per=50)):
            seen.append(user.id)
        assert seen == list(range(1, 205))
        rows = await session.stream(select(User.id, User.name).order_by(User.id))
        assert [row.name async for row in rows][:2] == ["Ann", "Bob"]
        sizes = []
        result = await session.stream_scalars(statement)
        async for part in result.partitions(100):
            sizes.append(len(part))
        assert sizes == [100, 100, 4]


async def test_a_stream_may_be_left_early(twin: Twin) -> None:
    async with await filled(twin) as session:
        result = await session.stream_scalars(select(User).order_by(User.id))
        async for user in result:
            assert user.name == "Ann"
            break
        await result.close()
        assert await session.scalar(select(func.count(User.id))) == 4


async def test_entities_from_a_subquery_and_a_union(twin: Twin) -> None:
    async with await filled(twin) as session:
        inner = select(User).where(User.level == 3).subquery()
        High = aliased(User, inner)
        assert [user.name for user in (await session.scalars(select(High).order_by(High.name))).all()] == ["Ann", "Dora"]
        both = union_all(select(User).where(User.id == 1), select(User).where(User.id == 2))
        assert sorted(user.name for user in (await session.scalars(select(User).from_statement(both))).all()) == ["Ann", "Bob"]
        raw = text("SELECT * FROM users WHERE level = 2")
        assert [user.name for user in (await session.scalars(select(User).from_statement(raw))).all()] == ["Cid"]


async def test_a_row_of_attributes_knows_the_columns_behind_them(twin: Twin) -> None:
    table, other = User.__table__, aliased(User)
    async with twin.session() as session:
        session.add(User(id=1, name="Ann"))
        await session.commit()
        row = (await session.execute(select(User.id, User.name))).one()
        assert (row._mapping[table.c.id], row._mapping[table.c.name]) == (1, "Ann")
        row = (await session.execute(select(User.id, other.id.label("twin")).join(other, other.id == User.id))).one()
        assert row._mapping[table.c.id] == 1
        with pytest.raises(NoSuchColumnError):
            _ = row._mapping[table.c.email]
