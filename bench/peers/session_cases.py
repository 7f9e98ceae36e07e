"""The cases on a Session and an AsyncSession of SQLAlchemy's form: one text for ambo, for SQLAlchemy and for SQLModel.

f and g begin in the transaction that loaded the objects, as in a program that loads, changes and commits.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from bench import schema
from bench.peers.mapped import classes, person
from bench.peers.taking_part import TakingPart


class SessionCases(TakingPart):
    """Blocking; a subclass says which package it is (`sql`, `orm`) and which driver it takes (`postgresql`, `sqlite`)."""

    sql: Any
    orm: Any
    aio: Any
    postgresql = "postgresql+psycopg"
    sqlite = "sqlite"
    notes: ClassVar[dict[str, str]] = {}

    def address(self, url: str) -> str:
        """Return the URL with the driver in it."""
        return url.replace("postgresql://", f"{self.postgresql}://") if url.startswith("postgresql") else f"{self.sqlite}:///{url}"

    def map(self) -> None:
        """Make the mapped classes."""
        self.User, self.Address, self.Order, self.Person = classes(self.sql, self.orm)

    def open(self, url: str) -> None:
        self.map()
        self.engines = [self.engine(url), self.engine(url, isolation_level="AUTOCOMMIT")]
        self.session, self.autocommit = (self.orm.sessionmaker(engine) for engine in self.engines)

    def engine(self, url: str, **options: Any) -> Any:
        """Make an engine with a pool of ten."""
        engine = self.sql.create_engine(self.address(url), pool_size=10, max_overflow=0, **options)
        if not url.startswith("postgresql"):
            self.sql.event.listen(engine, "connect", quicker)
        return engine

    def close(self) -> None:
        for engine in self.engines:
            engine.dispose()

    def gets(self, sessions: Any) -> int:
        """Get users, a session each."""
        users = []
        for i in range(self.sizes.gets):
            with sessions() as session:
                users.append(session.get(self.User, i + 1))
        self.seen.users(users)
        return len(users)

    def case_a(self) -> int:
        return self.gets(self.autocommit)

    def case_at(self) -> int:
        return self.gets(self.session)

    def case_b(self) -> int:
        with self.session() as session:
            users = session.scalars(self.sql.select(self.User)).all()
            self.seen.users(users)
        return len(users)

    def graph(self, parents: int) -> Any:
        """Return the statement for users with addresses and orders."""
        User, load = self.User, self.orm.selectinload
        return self.sql.select(User).where(User.id <= parents).options(load(User.addresses), load(User.orders))

    def joined(self) -> Any:
        """Return the statement for users and addresses by a join."""
        return self.sql.select(self.User).where(self.User.id <= self.sizes.parents).options(self.orm.joinedload(self.User.addresses))

    def filtered(self, i: int) -> Any:
        """Return the statement of case d."""
        User = self.User
        return self.sql.select(User).where(User.age > 20 + i % 10, User.name.like("user 1%")).order_by(User.id).limit(10)

    def shown(self, users: Any, with_orders: bool = True) -> int:
        """Show users and what they refer to; return how many objects they are."""
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses)
        if with_orders:
            self.seen.orders(order for user in users for order in user.orders)
            return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)
        return sum(len(user.addresses) for user in users)

    def case_cs(self) -> int:
        with self.session() as session:
            return self.shown(session.scalars(self.graph(self.sizes.parents)).all())

    def case_cp(self) -> int:
        for _ in range(self.sizes.trips):
            with self.session() as session:
                count = self.shown(session.scalars(self.graph(self.sizes.near)).all())
        return count

    def case_cj(self) -> int:
        with self.session() as session:
            return self.shown(session.scalars(self.joined()).unique().all(), with_orders=False)

    def case_d(self) -> int:
        with self.session() as session:
            return sum([self.shown_users(session.scalars(self.filtered(i)).all()) for i in range(self.sizes.selects)])

    def case_e1(self) -> int:
        with self.session() as session:
            people = [person(self.Person, schema.person(i)) for i in range(self.sizes.inserts)]
            session.add_all(people)
            session.commit()
            self.seen.made(self.sql.inspect(one).identity for one in people)
        return len(people)

    def case_e2(self) -> int:
        with self.session() as session:
            for i in range(self.sizes.commits):
                one = person(self.Person, schema.person(i))
                session.add(one)
                session.commit()
            self.seen.made([self.sql.inspect(one).identity])
        return self.sizes.commits

    def prepare_f(self) -> None:
        self.held = self.session()
        self.loaded = self.held.scalars(self.sql.select(self.Person)).all()

    def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        self.held.commit()
        return len(self.loaded)

    def finish_f(self) -> None:
        self.held.close()

    def case_g(self) -> int:
        for one in self.loaded:
            self.held.delete(one)
        self.held.commit()
        return len(self.loaded)

    prepare_g, finish_g = prepare_f, finish_f

    def one_of_many(self) -> Any:
        """Return the options of case h."""
        return [self.orm.selectinload(self.User.addresses)]

    def case_h(self) -> int:
        def work(i: int) -> tuple[Any, list[Any]]:
            with self.session() as session:
                user = session.get(self.User, i + 1, options=self.one_of_many())
                return user, user.addresses

        with ThreadPoolExecutor(10) as pool:
            return self.pairs(list(pool.map(work, range(self.sizes.tasks))))

    def pairs(self, pairs: list[tuple[Any, list[Any]]]) -> int:
        """Show pairs of a user and its addresses; return the number of addresses."""
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    def hold_users(self) -> Any:
        self.held = self.session()
        return self.held.scalars(self.sql.select(self.User)).all()

    def drop_users(self) -> Any:
        return self.held.close()


class AsyncSessionCases(SessionCases):
    """The same, awaited."""

    is_async = True
    postgresql = "postgresql+asyncpg"
    sqlite = "sqlite+aiosqlite"

    async def open(self, url: str) -> None:
        self.map()
        self.engines = [self.engine(url), self.engine(url, isolation_level="AUTOCOMMIT")]
        self.session, self.autocommit = (self.aio.async_sessionmaker(engine) for engine in self.engines)

    def engine(self, url: str, **options: Any) -> Any:
        engine = self.aio.create_async_engine(self.address(url), pool_size=10, max_overflow=0, **options)
        if not url.startswith("postgresql"):
            self.sql.event.listen(engine.sync_engine, "connect", quicker)
        return engine

    async def close(self) -> None:
        for engine in self.engines:
            await engine.dispose()

    async def gets(self, sessions: Any) -> int:
        users = []
        for i in range(self.sizes.gets):
            async with sessions() as session:
                users.append(await session.get(self.User, i + 1))
        self.seen.users(users)
        return len(users)

    async def case_a(self) -> int:
        return await self.gets(self.autocommit)

    async def case_at(self) -> int:
        return await self.gets(self.session)

    async def case_b(self) -> int:
        async with self.session() as session:
            users = (await session.scalars(self.sql.select(self.User))).all()
            self.seen.users(users)
        return len(users)

    async def case_cs(self) -> int:
        async with self.session() as session:
            return self.shown((await session.scalars(self.graph(self.sizes.parents))).all())

    async def case_cp(self) -> int:
        for _ in range(self.sizes.trips):
            async with self.session() as session:
                count = self.shown((await session.scalars(self.graph(self.sizes.near))).all())
        return count

    async def case_cj(self) -> int:
        async with self.session() as session:
            return self.shown((await session.scalars(self.joined())).unique().all(), with_orders=False)

    async def case_d(self) -> int:
        async with self.session() as session:
            return sum([self.shown_users((await session.scalars(self.filtered(i))).all()) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        async with self.session() as session:
            people = [person(self.Person, schema.person(i)) for i in range(self.sizes.inserts)]
            session.add_all(people)
            await session.commit()
            self.seen.made(self.sql.inspect(one).identity for one in people)
        return len(people)

    async def case_e2(self) -> int:
        async with self.session() as session:
            for i in range(self.sizes.commits):
                one = person(self.Person, schema.person(i))
                session.add(one)
                await session.commit()
            self.seen.made([self.sql.inspect(one).identity])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        self.held = self.session()
        self.loaded = (await self.held.scalars(self.sql.select(self.Person))).all()

    async def case_f(self) -> int:
        for one in self.loaded:
            one.age += 1
        await self.held.commit()
        return len(self.loaded)

    async def finish_f(self) -> None:
        await self.held.close()

    async def case_g(self) -> int:
        for one in self.loaded:
            await self.held.delete(one)
        await self.held.commit()
        return len(self.loaded)

    prepare_g, finish_g = prepare_f, finish_f

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            async with self.session() as session:
                user = await session.get(self.User, i + 1, options=self.one_of_many())
                return user, user.addresses

        return self.pairs(await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)]))

    async def hold_users(self) -> Any:
        self.held = self.session()
        return (await self.held.scalars(self.sql.select(self.User))).all()


def quicker(raw: Any, record: Any) -> None:
    """Have SQLite wait for the disk as the other peers do."""
    cursor = raw.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
