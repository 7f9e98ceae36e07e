"""ambo under asyncio: psycopg."""

from __future__ import annotations

from typing import ClassVar

import ambo
import ambo.ext.asyncio
import ambo.orm
from bench.peers.ambo_sync import NOTES
from bench.peers.session_cases import AsyncSessionCases


class Peer(AsyncSessionCases):
    packages = ("ambo",)
    sql = ambo
    orm = ambo.orm
    aio = ambo.ext.asyncio
    notes: ClassVar[dict[str, str]] = NOTES
    postgresql = "postgresql+psycopg"
