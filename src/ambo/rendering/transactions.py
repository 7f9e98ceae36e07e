"""What each database says at the borders of a transaction: BEGIN with its modes, isolation levels, two-phase commit.

A dialect has one of these as `dialect.transactions`. Nothing here is sent; `operations/transaction.py` sends it.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ambo.errors import ArgumentError, NotSupportedError, suggestion


class TransactionSQL:
    """The standard's forms; subclasses say what a database does otherwise."""

    database: ClassVar[str] = "this database"
    levels: ClassVar[tuple[str, ...]] = ("AUTOCOMMIT", "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
    default_level: ClassVar[str] = "SERIALIZABLE"
    current_level_sql: ClassVar[str] = "SHOW transaction_isolation"
    plain_begin: ClassVar[tuple[str, ...]] = ("BEGIN",)

    def check_level(self, level: str) -> str:
        """Return the level as the database spells it.

        Raises ArgumentError if there is no such level.
        """
        found = level.upper().replace("_", " ").replace("-", " ")
        if found not in self.levels:
            raise ArgumentError(
                f"Invalid value {level!r} for isolation_level; {self.database} has {', '.join(self.levels)}{suggestion(found, self.levels)}"
            )
        return found

    def begin(self, level: str | None, readonly: bool | None, deferrable: bool | None) -> tuple[str, ...]:
        """Return the statements that open a transaction."""
        return self.plain_begin

    def level_of(self, value: Any) -> str:
        """Translate the answer to `current_level_sql`."""
        return str(value).upper().replace("-", " ")

    def runs_outside(self, sql: str) -> bool:
        """Whether a raw statement means something only outside a transaction."""
        return False

    def phases(self, xid: str) -> tuple[tuple[str, ...], str, str]:
        """Return what begins a two-phase transaction, then the statements that commit and roll back a prepared one."""
        raise NotSupportedError(f"{self.database} has no two-phase transactions")

    def prepare(self, xid: str) -> tuple[str, ...]:
        """Return the statements of the first phase."""
        raise NotSupportedError(f"{self.database} has no two-phase transactions")


class SQLiteTransactions(TransactionSQL):
    """SQLite: serializable always; dirty reads only in shared-cache mode, by a pragma."""

    database = "SQLite"
    levels = ("AUTOCOMMIT", "READ UNCOMMITTED", "SERIALIZABLE")
    current_level_sql = "PRAGMA read_uncommitted"
    _outside = re.compile(r"\s*(PRAGMA|VACUUM|ATTACH|DETACH)\b", re.IGNORECASE)

    def begin(self, level: str | None, readonly: bool | None, deferrable: bool | None) -> tuple[str, ...]:
        if level is None:
            return self.plain_begin
        return (f"PRAGMA read_uncommitted = {int(level == 'READ UNCOMMITTED')}", "BEGIN")

    def level_of(self, value: Any) -> str:
        return "READ UNCOMMITTED" if value else "SERIALIZABLE"

    def runs_outside(self, sql: str) -> bool:
        return self._outside.match(sql) is not None


class PostgreSQLTransactions(TransactionSQL):
    """PostgreSQL: all modes ride in BEGIN itself."""

    database = "PostgreSQL"
    default_level = "READ COMMITTED"

    def begin(self, level: str | None, readonly: bool | None, deferrable: bool | None) -> tuple[str, ...]:
        words = ["BEGIN"]
        if level is not None:
            words.append(f"ISOLATION LEVEL {level}")
        if readonly is not None:
            words.append("READ ONLY" if readonly else "READ WRITE")
        if deferrable is not None:
            words.append("DEFERRABLE" if deferrable else "NOT DEFERRABLE")
        return (" ".join(words),)

    def prepare(self, xid: str) -> tuple[str, ...]:
        return (f"PREPARE TRANSACTION {_quoted(xid)}",)

    def phases(self, xid: str) -> tuple[tuple[str, ...], str, str]:
        return ("BEGIN",), f"COMMIT PREPARED {_quoted(xid)}", f"ROLLBACK PREPARED {_quoted(xid)}"


class MariaDBTransactions(TransactionSQL):
    """MariaDB and MySQL: the level of the next transaction is set before it begins; two-phase commit is called XA."""

    database = "MariaDB"
    default_level = "REPEATABLE READ"
    current_level_sql = "SELECT @@tx_isolation"
    plain_begin = ("START TRANSACTION",)

    def begin(self, level: str | None, readonly: bool | None, deferrable: bool | None) -> tuple[str, ...]:
        opening = "START TRANSACTION" if readonly is None else f"START TRANSACTION {'READ ONLY' if readonly else 'READ WRITE'}"
        return (opening,) if level is None else (f"SET TRANSACTION ISOLATION LEVEL {level}", opening)

    def prepare(self, xid: str) -> tuple[str, ...]:
        return f"XA END {_quoted(xid)}", f"XA PREPARE {_quoted(xid)}"

    def phases(self, xid: str) -> tuple[tuple[str, ...], str, str]:
        return (f"XA BEGIN {_quoted(xid)}",), f"XA COMMIT {_quoted(xid)}", f"XA ROLLBACK {_quoted(xid)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


STANDARD = TransactionSQL()
SQLITE = SQLiteTransactions()
POSTGRESQL = PostgreSQLTransactions()
MARIADB = MariaDBTransactions()
