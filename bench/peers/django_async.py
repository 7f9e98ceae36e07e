"""Django's ORM under asyncio: its async methods hand each call to one thread, where psycopg or sqlite3 blocks."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from asgiref.sync import sync_to_async

from bench.peers import django_sync
from bench.peers.taking_part import TakingPart


class Peer(TakingPart):
    is_async = True
    packages = ("django", "asgiref")
    notes: ClassVar[dict[str, str]] = {
        **django_sync.Peer.notes,
        "*": "no identity map, no unit of work; reads run in autocommit, but for `at`; no async driver and no async transactions: "
        "one thread does it all, on one connection",
        "h": "one connection",
    }

    async def open(self, url: str) -> None:
        self.blocking = django_sync.Peer()
        self.blocking.open(url)
        self.blocking.sizes = self.sizes
        self.User, self.Address, self.Person = self.blocking.User, self.blocking.Address, self.blocking.Person

    async def close(self) -> None:
        await sync_to_async(self.blocking.close)()

    async def case_a(self) -> int:
        users = [await self.User.objects.aget(pk=i + 1) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_at(self) -> int:
        def get(i: int) -> Any:
            with self.blocking.atomic():
                return self.User.objects.get(pk=i + 1)

        users = [await sync_to_async(get)(i) for i in range(self.sizes.gets)]
        self.seen.users(users)
        return len(users)

    async def case_b(self) -> int:
        users = await self.hold_users()
        self.seen.users(users)
        return len(users)

    async def graph(self, parents: int) -> int:
        """Load users with addresses and orders."""
        users = [user async for user in self.User.objects.filter(id__lte=parents).prefetch_related("addresses", "orders")]
        self.seen.users(users)
        self.seen.addresses(address for user in users for address in user.addresses.all())
        self.seen.orders(order for user in users for order in user.orders.all())
        return len(users) + sum(len(user.addresses.all()) + len(user.orders.all()) for user in users)

    async def case_cs(self) -> int:
        return await self.graph(self.sizes.parents)

    async def case_cp(self) -> int:
        return [await self.graph(self.sizes.near) for _ in range(self.sizes.trips)][-1]

    async def case_cj(self) -> int:
        found = [one async for one in self.Address.objects.select_related("user").filter(user_id__lte=self.sizes.parents)]
        self.seen.users(address.user for address in found)
        self.seen.addresses(found)
        return len(found)

    async def case_d(self) -> int:
        def query(i: int) -> Any:
            return self.User.objects.filter(age__gt=20 + i % 10, name__startswith="user 1").order_by("id")[:10]

        return sum([self.shown_users([user async for user in query(i)]) for i in range(self.sizes.selects)])

    async def case_e1(self) -> int:
        self.blocking.seen = self.seen
        return await sync_to_async(self.blocking.case_e1)()

    async def case_e2(self) -> int:
        def save(one: Any) -> None:
            with self.blocking.atomic():
                one.save(force_insert=True)

        for i in range(self.sizes.commits):
            one = self.blocking.person(i)
            await sync_to_async(save)(one)
        self.seen.made([one.pk])
        return self.sizes.commits

    async def prepare_f(self) -> None:
        await sync_to_async(self.blocking.prepare_f)()

    prepare_g = prepare_f

    async def case_f(self) -> int:
        return await sync_to_async(self.blocking.case_f)()

    async def case_g(self) -> int:
        return await sync_to_async(self.blocking.case_g)()

    async def case_h(self) -> int:
        async def work(i: int) -> tuple[Any, list[Any]]:
            user = await self.User.objects.prefetch_related("addresses").aget(pk=i + 1)
            return user, list(user.addresses.all())

        pairs = await asyncio.gather(*[work(i) for i in range(self.sizes.tasks)])
        self.seen.users(user for user, _ in pairs)
        self.seen.addresses(address for _, found in pairs for address in found)
        return sum(len(found) for _, found in pairs)

    async def hold_users(self) -> list[Any]:
        return [user async for user in self.User.objects.all()]
