"""ambo under asyncio: psycopg."""

from __future__ import annotations

import ambo
import ambo.ext.asyncio
import ambo.orm
from bench.peers.session_cases import AsyncSessionCases


class Peer(AsyncSessionCases):
    packages = ("ambo",)
    sql = ambo
    orm = ambo.orm
    aio = ambo.ext.asyncio
    postgresql = "postgresql+psycopg"
