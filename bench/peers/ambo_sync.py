"""ambo, blocking: psycopg or sqlite3."""

from __future__ import annotations

from typing import ClassVar

import ambo
import ambo.ext.asyncio
import ambo.orm
from bench.peers.session_cases import SessionCases

NOTES = {"e2": "the INSERT is all of its transaction, and sent without BEGIN and COMMIT"}


class Peer(SessionCases):
    packages = ("ambo",)
    sql = ambo
    orm = ambo.orm
    aio = ambo.ext.asyncio
    notes: ClassVar[dict[str, str]] = NOTES
