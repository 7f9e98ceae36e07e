"""Random histories: whatever is done to a graph of objects, a fresh session finds what a plain model says.

Hypothesis draws a list of steps; each is done to mapped objects and to `firm.Model`. Steps that change collections load them
first, as asyncio demands, with `session.load`.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from ambo import select
from ambo.event import listen
from ambo.orm import selectinload
from firm import Base, Country, Engineer, Firm, Manager, Model, Person, Skill, Team
from twin import Twin

STEPS = (
    "firm team person engineer manager skill country rename move team_of orphan boss lead skilled unskilled "
    "country_of recode drop_person drop_team drop_firm flush commit commit rollback expire"
).split()
BEFORE = [
    (name, number, number)
    for name, times in (("country", 2), ("firm", 2), ("team", 3), ("skill", 3), ("person", 2), ("engineer", 2), ("manager", 1))
    for number in range(times)
]
"""What every history begins with, so that the drawn steps find something to work on."""
step = st.tuples(st.sampled_from(STEPS), st.integers(0, 7), st.integers(0, 7))


class History:
    """One run: a session, its objects by tag, the model, and the model as of the last commit."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.objects: dict[str, Any] = {}
        self.model = Model()
        self.saved = Model()
        self.count = 0

    def tag(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def pick(self, tags: Any, number: int) -> str | None:
        ordered = sorted(tags, key=lambda tag: (len(tag), tag))
        return ordered[number % len(ordered)] if ordered else None

    def add(self, tag: str, obj: Any) -> None:
        self.objects[tag] = obj
        self.session.add(obj)

    async def perform(self, name: str, one: int, two: int) -> None:
        await getattr(self, f"do_{name}")(one, two)

    # ---- new things

    async def do_firm(self, one: int, two: int) -> None:
        tag = self.tag("firm")
        self.add(tag, Firm(tag=tag, name=f"n{one}"))
        self.model.firms[tag] = f"n{one}"

    async def do_team(self, one: int, two: int) -> None:
        firm = self.pick(self.model.firms, one)
        if firm is not None:
            tag = self.tag("team")
            self.add(tag, Team(tag=tag, name=f"n{two}", firm=self.objects[firm]))
            self.model.teams[tag] = {"name": f"n{two}", "firm": firm, "lead": None}

    async def new_person(self, kind: str, obj: Person, extra: Any, team: str | None) -> None:
        tag = self.tag(kind)
        obj.tag, obj.name, obj.team = tag, f"n{tag}", None if team is None else self.objects[team]
        self.add(tag, obj)
        self.model.people[tag] = {
            "kind": kind, "name": f"n{tag}", "extra": extra, "team": team, "boss": None, "country": None, "skills": set(),
        }  # fmt: skip

    async def do_person(self, one: int, two: int) -> None:
        await self.new_person("person", Person(), None, self.pick(self.model.teams, one))

    async def do_engineer(self, one: int, two: int) -> None:
        await self.new_person("engineer", Engineer(language=f"l{two}"), f"l{two}", self.pick(self.model.teams, one))

    async def do_manager(self, one: int, two: int) -> None:
        await self.new_person("manager", Manager(level=two), two, None)

    async def do_skill(self, one: int, two: int) -> None:
        tag = self.tag("skill")
        self.add(tag, Skill(tag=tag))
        self.model.skills.add(tag)

    async def do_country(self, one: int, two: int) -> None:
        tag = self.tag("country")
        self.add(tag, Country(tag=tag, code=f"c{tag}"))
        self.model.countries[tag] = f"c{tag}"

    # ---- changes

    async def do_rename(self, one: int, two: int) -> None:
        person = self.pick(self.model.people, one)
        if person is not None:
            self.objects[person].name = self.model.people[person]["name"] = f"r{two}"

    async def do_move(self, one: int, two: int) -> None:
        team, firm = self.pick(self.model.teams, one), self.pick(self.model.firms, two)
        if team is not None and firm is not None:
            await self.session.flush()
            self.objects[team].firm = self.objects[firm]
            self.model.teams[team]["firm"] = firm

    async def do_team_of(self, one: int, two: int) -> None:
        person, team = self.pick(self.model.people, one), self.pick(self.model.teams, two)
        if person is not None:
            team = None if two == 7 else team
            self.objects[person].team = None if team is None else self.objects[team]
            self.model.people[person]["team"] = team

    async def do_orphan(self, one: int, two: int) -> None:
        team = self.pick(self.model.teams, one)
        if team is not None:
            await self.session.flush()
            firm = self.objects[self.model.teams[team]["firm"]]
            await self.session.load(firm, Firm.teams)
            firm.teams.remove(self.objects[team])
            self.model.drop_team(team)

    async def do_boss(self, one: int, two: int) -> None:
        person, boss = self.pick(self.model.people, one), self.pick(self.model.people, two)
        if person is not None and boss is not None:
            wanted = boss if order(boss) < order(person) else None
            self.objects[person].boss = None if wanted is None else self.objects[wanted]
            self.model.people[person]["boss"] = wanted

    async def do_lead(self, one: int, two: int) -> None:
        team, person = self.pick(self.model.teams, one), self.pick(self.model.people, two)
        if team is not None:
            self.objects[team].lead = None if person is None else self.objects[person]
            self.model.teams[team]["lead"] = person

    async def skills_of(self, person: str) -> set[Skill]:
        await self.session.flush()
        await self.session.load(self.objects[person], Person.skills)
        return self.objects[person].skills  # type: ignore[no-any-return]

    async def do_skilled(self, one: int, two: int) -> None:
        person, skill = self.pick(self.model.people, one), self.pick(self.model.skills, two)
        if person is not None and skill is not None:
            (await self.skills_of(person)).add(self.objects[skill])
            self.model.people[person]["skills"].add(skill)

    async def do_unskilled(self, one: int, two: int) -> None:
        person = self.pick(self.model.people, one)
        skill = None if person is None else self.pick(self.model.people[person]["skills"], two)
        if person is not None and skill is not None:
            (await self.skills_of(person)).discard(self.objects[skill])
            self.model.people[person]["skills"].discard(skill)

    async def do_country_of(self, one: int, two: int) -> None:
        person, country = self.pick(self.model.people, one), self.pick(self.model.countries, two)
        if person is not None and country is not None:
            self.objects[person].country = self.objects[country]
            self.model.people[person]["country"] = country

    async def do_recode(self, one: int, two: int) -> None:
        country = self.pick(self.model.countries, one)
        if country is not None:
            self.objects[country].code = self.model.countries[country] = self.tag("code")

    # ---- deletions

    async def drop(self, tag: str | None, drop_from_model: Any) -> None:
        if tag is not None:
            await self.session.flush()
            await self.session.delete(self.objects[tag])
            await self.session.flush()
            drop_from_model(tag)

    async def do_drop_person(self, one: int, two: int) -> None:
        await self.drop(self.pick(self.model.people, one), self.model.drop_person)

    async def do_drop_team(self, one: int, two: int) -> None:
        await self.drop(self.pick(self.model.teams, one), self.model.drop_team)

    async def do_drop_firm(self, one: int, two: int) -> None:
        await self.drop(self.pick(self.model.firms, one), self.model.drop_firm)

    # ---- transactions

    async def do_flush(self, one: int, two: int) -> None:
        await self.session.flush()

    async def do_commit(self, one: int, two: int) -> None:
        await self.session.commit()
        self.saved = self.model.copy()

    async def do_rollback(self, one: int, two: int) -> None:
        await self.session.rollback()
        self.model = self.saved.copy()

    async def do_expire(self, one: int, two: int) -> None:
        await self.session.flush()
        self.session.expire_all()


def order(tag: str) -> int:
    return int("".join(filter(str.isdigit, tag)))


async def found(session: Any) -> Model:
    """Read everything back."""
    people = (
        await session.scalars(
            select(Person).options(
                selectinload(Person.team), selectinload(Person.boss), selectinload(Person.country), selectinload(Person.skills)
            )
        )
    ).all()
    for subclass in (Engineer, Manager):
        (await session.scalars(select(subclass))).all()
    teams = (await session.scalars(select(Team).options(selectinload(Team.firm), selectinload(Team.lead)))).all()
    return Model(
        countries={one.tag: one.code for one in (await session.scalars(select(Country))).all()},
        firms={one.tag: one.name for one in (await session.scalars(select(Firm))).all()},
        teams={one.tag: {"name": one.name, "firm": one.firm.tag, "lead": one.lead and one.lead.tag} for one in teams},
        people={one.tag: described(one) for one in people},
        skills={one.tag for one in (await session.scalars(select(Skill))).all()},
    )


def described(person: Person) -> dict[str, Any]:
    return {
        "kind": person.kind,
        "name": person.name,
        "extra": getattr(person, "language", getattr(person, "level", None)),
        "team": person.team and person.team.tag,
        "boss": person.boss and person.boss.tag,
        "country": person.country and person.country.tag,
        "skills": {one.tag for one in person.skills},
    }


async def history(twin: Twin, steps: list[tuple[str, int, int]]) -> None:
    async with twin.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(Team.__table__.update().values(lead_id=None))
        await connection.execute(Person.__table__.update().values(boss_id=None))
        for table in reversed(Base.metadata.sorted_tables):
            await connection.execute(table.delete())
    async with twin.session() as session:
        run = History(session)
        for name, one, two in [*BEFORE, *steps]:
            await run.perform(name, one, two)
        await session.commit()
    async with twin.session() as session:
        assert await found(session) == run.model


def enforce_foreign_keys(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


EXAMPLES = int(os.environ.get("AMBO_TEST_EXAMPLES", "0"))


def check(twin: Twin, examples: int) -> None:
    if twin.database == "sqlite":
        listen(twin.dispatch_engine, "connect", enforce_foreign_keys)

    @settings(max_examples=EXAMPLES or examples, deadline=None, derandomize=not EXAMPLES, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
    @given(st.lists(step, min_size=10, max_size=40))
    def histories(steps: list[tuple[str, int, int]]) -> None:
        twin.run(history(twin, steps))

    histories()


def test_random_histories_end_as_the_model_says(twin: Twin) -> None:
    check(twin, 60 if twin.database == "sqlite" else 25)
