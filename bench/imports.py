"""How long an import takes: a fresh interpreter each time, its own start taken off, byte code at hand, everybody in turn."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

from bench.results import ImportTime

MODULES = {
    "ambo": "ambo.orm",
    "SQLAlchemy": "sqlalchemy.orm",
    "Oxyde": "oxyde",
    "Django": "django.db.models",
    "Peewee": "peewee",
    "Tortoise": "tortoise",
    "Piccolo": "piccolo.table",
    "Pony": "pony.orm",
    "SQLModel": "sqlmodel",
}


def measured(libraries: set[str], rounds: int) -> list[ImportTime]:
    """Return the time to import each library, a value for each round."""
    found = {library: ImportTime(library, MODULES[library], []) for library in MODULES if library in libraries}
    with tempfile.TemporaryDirectory() as compiled:
        for library in found:
            started(f"import {MODULES[library]}", compiled)
        for _ in range(rounds):
            bare = statistics.median(started("pass", compiled) for _ in range(3))
            for library in random.sample(list(found), len(found)):
                found[library].seconds.append(started(f"import {MODULES[library]}", compiled) - bare)
    return list(found.values())


def started(program: str, compiled: str) -> float:
    """Return the seconds that an interpreter takes for a program; an import that fails is an error. Byte code is kept in a folder of ours."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    return time.perf_counter() - began
