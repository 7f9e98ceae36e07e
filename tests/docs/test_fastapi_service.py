"""The example service of docs/how-to/fastapi.md works, on every async driver, also when a client leaves or sends nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "examples" / "fastapi_service"))
from service import create_app


@pytest.fixture(params=["aiosqlite", "psycopg", "asyncpg"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "aiosqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/notes.db"
    return str(request.getfixturevalue("postgres_url")).replace("postgresql:", f"postgresql+{request.param}:")


@contextlib.asynccontextmanager
async def client_of(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_notes_are_stored_listed_read_and_deleted(url: str) -> None:
    async with client_of(create_app(url)) as client:
        made = await client.post("/notes", json={"title": "one", "text": "first", "tags": ["b", "a"]})
        assert made.status_code == 201 and made.json()["id"] == 1 and made.json()["created"]
        await client.post("/notes", json={"title": "two", "text": "second"})
        assert [note["title"] for note in (await client.get("/notes")).json()] == ["one", "two"]
        assert [note["title"] for note in (await client.get("/notes", params={"tag": "a"})).json()] == ["one"]
        assert [tag["word"] for tag in (await client.get("/notes/1")).json()["tags"]] == ["a", "b"]
        assert (await client.delete("/notes/1")).status_code == 204
        assert (await client.get("/notes/1")).status_code == 404


async def test_a_title_taken_is_a_conflict(url: str) -> None:
    async with client_of(create_app(url)) as client:
        assert (await client.post("/notes", json={"title": "one", "text": ""})).status_code == 201
        again = await client.post("/notes", json={"title": "one", "text": ""})
        assert again.status_code == 409 and "title" in again.text
        assert len((await client.get("/notes")).json()) == 1


async def test_many_requests_at_once(url: str) -> None:
    async with client_of(create_app(url)) as client:
        await asyncio.gather(*(client.post("/notes", json={"title": f"n{n}", "text": "x", "tags": ["t"]}) for n in range(30)))
        lists = await asyncio.gather(*(client.get("/notes", params={"tag": "t"}) for _ in range(30)))
        assert {len(one.json()) for one in lists} == {30}
