"""ambo, blocking: psycopg or sqlite3."""

from __future__ import annotations

import ambo
import ambo.ext.asyncio
import ambo.orm

from bench.peers.session_cases import SessionCases


class Peer(SessionCases):
    sql = ambo
    orm = ambo.orm
    aio = ambo.ext.asyncio

    def address(self, url):
        return url.replace("postgresql://", "postgresql+psycopg://") if url.startswith("postgresql") else f"sqlite:///{url}"
