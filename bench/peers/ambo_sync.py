"""ambo, blocking: psycopg or sqlite3."""

from __future__ import annotations

import ambo
import ambo.ext.asyncio
import ambo.orm
from bench.peers.session_cases import SessionCases


class Peer(SessionCases):
    packages = ("ambo",)
    sql = ambo
    orm = ambo.orm
    aio = ambo.ext.asyncio
