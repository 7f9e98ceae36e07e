"""Who takes part: every peer with its colour, its driver, and the floor it is divided by. Needs none of their packages."""

from __future__ import annotations

from dataclasses import dataclass

SQLITE, POSTGRESQL = "sqlite", "postgresql"
TITLES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}


@dataclass(frozen=True)
class Entry:
    """A peer on one database: `name` is its module in bench/peers."""

    name: str
    library: str
    colour: str
    driver: str
    floor: str

    @property
    def is_floor(self) -> bool:
        """Whether this is a bare driver."""
        return self.name == self.floor

    @property
    def label(self) -> str:
        """What tables and plots call it."""
        return f"{self.driver}, {self.colour}" if self.is_floor else f"{self.library} {self.colour} ({self.driver})"


def floor(name: str, colour: str, driver: str) -> Entry:
    """Return a bare driver."""
    return Entry(name, "", colour, driver, name)


def on_sqlite(name: str, library: str, colour: str, driver: str = "") -> Entry:
    """Return a peer that is divided by sqlite3."""
    return Entry(name, library, colour, driver or ("sqlite3" if colour == "sync" else "aiosqlite"), "floor_sqlite3")


def on_psycopg(name: str, library: str, driver: str = "psycopg") -> Entry:
    """Return a blocking peer, divided by blocking psycopg."""
    return Entry(name, library, "sync", driver, "floor_psycopg")


def on_asyncpg(name: str, library: str, driver: str = "asyncpg") -> Entry:
    """Return an async peer, divided by asyncpg."""
    return Entry(name, library, "async", driver, "floor_asyncpg")


def on_async_psycopg(name: str, library: str) -> Entry:
    """Return an async peer, divided by async psycopg."""
    return Entry(name, library, "async", "psycopg", "floor_psycopg_async")


ROSTER = {
    SQLITE: [
        floor("floor_sqlite3", "sync", "sqlite3"),
        on_sqlite("ambo_sync", "ambo", "sync"),
        on_sqlite("ambo_asyncpg", "ambo", "async", "sqlite3"),
        on_sqlite("sqlalchemy_sync", "SQLAlchemy", "sync"),
        on_sqlite("sqlalchemy_async", "SQLAlchemy", "async"),
        on_sqlite("oxyde_async", "Oxyde", "async", "sqlx, Rust"),
        on_sqlite("django_sync", "Django", "sync"),
        on_sqlite("django_async", "Django", "async", "sqlite3 on a thread"),
        on_sqlite("peewee_sync", "Peewee", "sync"),
        on_sqlite("peewee_async", "Peewee", "async"),
        on_sqlite("tortoise_async", "Tortoise", "async"),
        on_sqlite("piccolo_async", "Piccolo", "async"),
        on_sqlite("pony_sync", "Pony", "sync"),
        on_sqlite("sqlmodel_sync", "SQLModel", "sync"),
    ],
    POSTGRESQL: [
        floor("floor_psycopg", "sync", "psycopg"),
        floor("floor_psycopg_async", "async", "psycopg"),
        floor("floor_asyncpg", "async", "asyncpg"),
        on_psycopg("ambo_sync", "ambo"),
        on_async_psycopg("ambo_psycopg", "ambo"),
        on_asyncpg("ambo_asyncpg", "ambo"),
        on_psycopg("sqlalchemy_sync", "SQLAlchemy"),
        on_async_psycopg("sqlalchemy_psycopg", "SQLAlchemy"),
        on_asyncpg("sqlalchemy_async", "SQLAlchemy"),
        on_asyncpg("oxyde_async", "Oxyde", "sqlx, Rust"),
        on_psycopg("django_sync", "Django"),
        Entry("django_async", "Django", "async", "psycopg on a thread", "floor_psycopg_async"),
        on_psycopg("peewee_sync", "Peewee"),
        on_asyncpg("peewee_async", "Peewee"),
        on_asyncpg("tortoise_async", "Tortoise"),
        on_asyncpg("piccolo_async", "Piccolo"),
        on_psycopg("pony_sync", "Pony", "psycopg2"),
        on_psycopg("sqlmodel_sync", "SQLModel"),
    ],
}


def chosen(database: str, names: set[str]) -> list[Entry]:
    """Return the entries of these names and their floors; all of the database if no name is given."""
    entries = ROSTER[database]
    known = {entry.name for roster in ROSTER.values() for entry in roster}
    if unknown := names - known:
        raise SystemExit(f"there is no peer {sorted(unknown)[0]!r}; there are {', '.join(sorted(known))}")
    floors = {entry.floor for entry in entries if entry.name in names}
    return [entry for entry in entries if not names or entry.name in names | floors]


def rival(database: str, entry: Entry) -> Entry:
    """Return SQLAlchemy in the entry's colour, on its driver where SQLAlchemy has it."""
    same = [other for other in ROSTER[database] if other.library == "SQLAlchemy" and other.colour == entry.colour]
    return next((other for other in same if other.floor == entry.floor), same[0])
