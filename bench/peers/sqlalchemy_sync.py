"""SQLAlchemy, blocking: psycopg or sqlite3."""

from __future__ import annotations

import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

from bench.peers.session_cases import SessionCases


class Peer(SessionCases):
    packages = ("sqlalchemy",)
    sql = sqlalchemy
    orm = sqlalchemy.orm
    aio = sqlalchemy.ext.asyncio
