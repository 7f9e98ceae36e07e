"""SQLAlchemy under asyncio (greenlet): psycopg."""

from __future__ import annotations

import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

from bench.peers.session_cases import AsyncSessionCases


class Peer(AsyncSessionCases):
    packages = ("sqlalchemy", "greenlet")
    sql = sqlalchemy
    orm = sqlalchemy.orm
    aio = sqlalchemy.ext.asyncio
    postgresql = "postgresql+psycopg"
