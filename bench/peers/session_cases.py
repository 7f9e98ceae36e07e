"""The cases on a Session and an AsyncSession of SQLAlchemy's form: one text for ambo and for SQLAlchemy."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bench import schema
from bench.peers.mapped import classes, person


class SessionCases:
    """Blocking; a subclass says which package it is (`sql`, `orm`) and how a URL is spelled (`address`)."""

    is_async = False

    def open(self, url):
        self.User, self.Address, self.Order, self.Person = classes(self.sql, self.orm)
        self.engine = self.sql.create_engine(self.address(url), pool_size=10, max_overflow=0)
        if not url.startswith("postgresql"):
            self.sql.event.listen(self.engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous=NORMAL").close())
        self.session = self.orm.sessionmaker(self.engine)

    def close(self):
        self.engine.dispose()

    def case_a(self, number):
        done = 0
        for i in range(500):
            with self.session() as session:
                done += session.get(self.User, i + 1).id
        return done

    def case_b(self, number):
        with self.session() as session:
            return len(session.scalars(self.sql.select(self.User)).all())

    def graph(self):
        User, load = self.User, self.orm.selectinload
        return self.sql.select(User).where(User.id <= 1000).options(load(User.addresses), load(User.orders))

    def joined(self):
        return self.sql.select(self.User).where(self.User.id <= 1000).options(self.orm.joinedload(self.User.addresses))

    def filtered(self, i):
        User = self.User
        return self.sql.select(User).where(User.age > 20 + i % 10, User.name.like("user 1%")).order_by(User.id).limit(10)

    def case_cs(self, number):
        with self.session() as session:
            users = session.scalars(self.graph()).all()
            return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    def case_cj(self, number):
        with self.session() as session:
            return sum(len(user.addresses) for user in session.scalars(self.joined()).unique().all())

    def case_d(self, number):
        with self.session() as session:
            found = [session.scalars(self.filtered(i)).all() for i in range(500)]
        return sum(map(len, found))

    def case_e1(self, number):
        with self.session() as session:
            session.add_all([person(self.Person, schema.person(i)) for i in range(10000)])
            session.commit()
        return 10000

    def case_e2(self, number):
        with self.session() as session:
            for i in range(300):
                session.add(person(self.Person, schema.person(i)))
                session.commit()
        return 300

    def case_f(self, number):
        with self.session() as session:
            people = session.scalars(self.sql.select(self.Person)).all()
            for one in people:
                one.age += 1
            session.commit()
        return len(people)

    def case_g(self, number):
        with self.session() as session:
            people = session.scalars(self.sql.select(self.Person)).all()
            for one in people:
                session.delete(one)
            session.commit()
        return len(people)

    def case_h(self, number):
        def work(i):
            with self.session() as session:
                user = session.get(self.User, i + 1, options=[self.orm.selectinload(self.User.addresses)])
                return len(user.addresses)

        with ThreadPoolExecutor(10) as pool:
            return sum(pool.map(work, range(1000)))


class AsyncSessionCases(SessionCases):
    """The same, awaited."""

    is_async = True

    async def open(self, url):
        self.User, self.Address, self.Order, self.Person = classes(self.sql, self.orm)
        self.engine = self.aio.create_async_engine(self.address(url), pool_size=10, max_overflow=0)
        if not url.startswith("postgresql"):
            self.sql.event.listen(self.engine.sync_engine, "connect", self.quicker)
        self.session = self.aio.async_sessionmaker(self.engine)

    @staticmethod
    def quicker(raw, record):
        cursor = raw.cursor()
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    async def close(self):
        await self.engine.dispose()

    async def case_a(self, number):
        done = 0
        for i in range(500):
            async with self.session() as session:
                done += (await session.get(self.User, i + 1)).id
        return done

    async def case_b(self, number):
        async with self.session() as session:
            return len((await session.scalars(self.sql.select(self.User))).all())

    async def case_cs(self, number):
        async with self.session() as session:
            users = (await session.scalars(self.graph())).all()
            return len(users) + sum(len(user.addresses) + len(user.orders) for user in users)

    async def case_cj(self, number):
        async with self.session() as session:
            return sum(len(user.addresses) for user in (await session.scalars(self.joined())).unique().all())

    async def case_d(self, number):
        async with self.session() as session:
            found = [(await session.scalars(self.filtered(i))).all() for i in range(500)]
        return sum(map(len, found))

    async def case_e1(self, number):
        async with self.session() as session:
            session.add_all([person(self.Person, schema.person(i)) for i in range(10000)])
            await session.commit()
        return 10000

    async def case_e2(self, number):
        async with self.session() as session:
            for i in range(300):
                session.add(person(self.Person, schema.person(i)))
                await session.commit()
        return 300

    async def case_f(self, number):
        async with self.session() as session:
            people = (await session.scalars(self.sql.select(self.Person))).all()
            for one in people:
                one.age += 1
            await session.commit()
        return len(people)

    async def case_g(self, number):
        async with self.session() as session:
            people = (await session.scalars(self.sql.select(self.Person))).all()
            for one in people:
                await session.delete(one)
            await session.commit()
        return len(people)

    async def case_h(self, number):
        async def work(i):
            async with self.session() as session:
                user = await session.get(self.User, i + 1, options=[self.orm.selectinload(self.User.addresses)])
                return len(user.addresses)

        return sum(await asyncio.gather(*[work(i) for i in range(1000)]))
