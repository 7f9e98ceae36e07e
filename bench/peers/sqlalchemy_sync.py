"""SQLAlchemy, blocking: psycopg or sqlite3."""

from __future__ import annotations

import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

from bench.peers.session_cases import SessionCases


class Peer(SessionCases):
    sql = sqlalchemy
    orm = sqlalchemy.orm
    aio = sqlalchemy.ext.asyncio

    def address(self, url):
        return url.replace("postgresql://", "postgresql+psycopg://") if url.startswith("postgresql") else f"sqlite:///{url}"
