"""Async SQLite without its thread: which statements the event loop's own thread may run, and for how long (docs/adr/0006).

    judge(sql)     after its second execution: EXPLAIN tells whether a statement only reads, in steps that can be interrupted
    Inline.run     no waiting for locks, at most `_TICKS * _STEPS` steps of SQLite's machine, then None: the worker does it, completely

Rule 1: what the worker has to finish is never a half-done thing: reads leave nothing behind; and of writes only those run here that have
        no loop, inside a transaction, with WAL. They cannot be long, are not interrupted, and a COMMIT, which may wait for the disk,
        is the worker's.
Rule 2: a statement that was too long, or met a lock, goes to the worker at once for a while; longer each time it happens again.
Rule 3: a task that reads without ever waiting lets the loop turn after `_SHARE` seconds (`Turn`).
Rule 4: the worker finds the connection as users set it up: `leave` gives back lock timeout and progress handler.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sqlite3
from collections.abc import Callable
from time import perf_counter
from typing import Any

from ambo.drivers.base import Params

_STEPS = 1000
_TICKS = 4
_LONG = 0.002
_SHARE = 0.001
_STATEMENT_LIMIT = 2000
_FIRST_PENALTY, _LAST_PENALTY = 8, 1024

NEVER, SEEN, WRITES, BEGINS, ENDS, READS = -5, -4, -3, -2, -1, 0
"""What is known of a statement; a positive number: it reads, and the worker is to do it that many times more."""

_JUDGED = re.compile(r"\s*(?:SELECT|WITH|VALUES|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_PLAIN_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b(?!.*\b(?:SELECT|WITH)\b)", re.IGNORECASE | re.DOTALL)
_CHANGES_PROGRAMS = re.compile(r"\s*(?:ALTER|ATTACH|DETACH|DROP|CREATE\s+(?:TEMP\w*\s+)?(?:TRIGGER|VIRTUAL))\b", re.IGNORECASE)
_FEW = 50
_WORDS = {"BEGIN": BEGINS, "COMMIT": ENDS, "ROLLBACK": ENDS}

# One step of these may take any time: counting or emptying a whole table, virtual tables (whose code is anybody's), triggers.
_BOUNDLESS = frozenset(["Clear", "Count", "VOpen", "VFilter", "VUpdate", "Program"])
_STEPS_ON = frozenset(["Next", "Prev"])
_OWN_TABLES = frozenset(["OpenEphemeral", "OpenPseudo", "SorterOpen"])
_CALLS = frozenset(["Function", "PureFunc", "AggStep", "AggStep1", "AggInverse"])
_COLLATIONS = frozenset(["BINARY", "NOCASE", "RTRIM"])


_judgements = itertools.count()


class LoopConnection(sqlite3.Connection):
    """A connection that notes when its user takes the progress handler, of which SQLite has one."""

    handler_is_taken = False

    def set_progress_handler(self, *args: Any, **kwargs: Any) -> None:
        self.handler_is_taken = True
        super().set_progress_handler(*args, **kwargs)


class Turn:
    """How long one turn of the loop has gone on with reads; 0 until there was one."""

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = 0.0

    def begin(self) -> None:
        """Note the first read of a turn."""
        self.until = perf_counter() + _SHARE
        asyncio.get_running_loop().call_soon(self.end)

    def end(self) -> None:
        """The loop has turned."""
        self.until = 0.0

    async def passed(self) -> None:
        """Let the loop turn."""
        await asyncio.sleep(0)
        self.until = 0.0  # also where another loop began this turn, and was closed in it

    @property
    def is_over(self) -> bool:
        """Whether the loop is to turn before the next read."""
        return 0.0 < self.until < perf_counter()


class Statements:
    """What an engine knows of its statements, by their SQL."""

    def __init__(self) -> None:
        self.known: dict[str, int] = dict(_WORDS)
        self.penalties: dict[str, int] = {}
        self.turn = Turn()

    def was_long(self, sql: str) -> None:
        """Send a statement to the worker for a while."""
        penalty = self.penalties.get(sql, _FIRST_PENALTY // 2) * 2
        self.known[sql] = self.penalties[sql] = min(penalty, _LAST_PENALTY)

    def was_short(self, sql: str) -> None:
        """Forget half of what a statement did."""
        penalty = self.penalties.pop(sql) // 2
        if penalty >= _FIRST_PENALTY:
            self.penalties[sql] = penalty

    def meet(self, sql: str) -> bool:
        """Note that the worker runs a statement; True if it is to be judged."""
        known = self.known.get(sql)
        if known is not None and known > READS:
            self.known[sql] = known - 1
        elif known in (None, NEVER) and (len(self.known) >= _STATEMENT_LIMIT or _CHANGES_PROGRAMS.match(sql)):
            self.known.clear()
            self.known.update(_WORDS)
            self.penalties.clear()
        if known is None:
            self.known[sql] = SEEN if _JUDGED.match(sql) else NEVER
        return known == SEEN

    def only_reads(self, sql: str) -> bool:
        """Whether a statement is known to change nothing."""
        return self.known.get(sql, NEVER) >= READS


class Meter:
    """SQLite's progress handler of one connection: counts, and interrupts reads on the loop."""

    __slots__ = ("is_reading", "ticks")

    def __init__(self) -> None:
        self.is_reading = False
        self.ticks = 0

    def tick(self) -> bool:
        """Whether SQLite is to give up."""
        self.ticks += 1
        return self.is_reading and self.ticks > _TICKS


class Inline:
    """The loop's side of one connection."""

    def __init__(self, raw: LoopConnection, statements: Statements) -> None:
        self.raw = raw
        self.statements = statements
        self.known = statements.known
        self.timeout = 0
        self.has_wal = False
        self.is_entered = False
        self.meter = Meter()
        self.foreign: tuple[frozenset[str], frozenset[str]] | None = None

    # ---- running

    def has_time(self) -> bool:
        """Whether the loop may be held up now; if so the connection is ready for it."""
        turn = self.statements.turn
        if not turn.until:
            turn.begin()
        elif turn.is_over:
            return False
        if not self.is_entered:
            self.enter()
        return True

    def write(self, sql: str, call: Callable[[str, Params], Any], params: Params) -> Any:
        """Write with the call and return its result, or None if it has many values, or the loop is to turn first. Raises what the call raises."""
        if len(params) > _FEW or not self.has_time() or not self.has_wal:
            return None
        began = perf_counter()
        try:
            return call(sql, params)
        finally:
            if perf_counter() - began > _LONG:
                self.statements.known[sql] = NEVER

    def run(self, sql: str, call: Callable[[str, Params], Any], params: Params) -> Any:
        """Read with the call and return its result, or None: locked, failed, interrupted since it was too long; or the loop is to turn first."""
        if not self.has_time():
            return None
        statements = self.statements
        began = perf_counter()
        meter = self.meter
        meter.ticks = 0
        meter.is_reading = True
        try:
            found = call(sql, params)
        except Exception:  # whatever it is, the worker meets it too, or does better
            statements.was_long(sql)
            return None
        finally:
            meter.is_reading = False
        if perf_counter() - began > _LONG:
            statements.was_long(sql)
        elif sql in statements.penalties:
            statements.was_short(sql)
        return found

    def enter(self) -> None:
        """Prepare the connection for reads on the loop."""
        self.is_entered = True
        self.timeout = self.raw.execute("PRAGMA busy_timeout").fetchone()[0]
        if self.timeout:
            self.raw.execute("PRAGMA busy_timeout = 0")
        try:
            self.has_wal = self.raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        except sqlite3.OperationalError:  # it has to read the schema, and somebody holds the lock
            self.has_wal = False
        sqlite3.Connection.set_progress_handler(self.raw, self.meter.tick, _STEPS)

    def leave(self) -> None:
        """Make the connection again what its user made it."""
        self.is_entered = False
        if self.timeout:
            self.raw.execute(f"PRAGMA busy_timeout = {self.timeout}")
        sqlite3.Connection.set_progress_handler(self.raw, None, 0)

    # ---- judging, on the worker's thread

    def judge(self, sql: str, params: Params) -> None:
        """Find out from its byte code whether a statement may run on the loop."""
        verdict = NEVER
        try:
            if not self.raw.handler_is_taken:
                fresh = f"EXPLAIN -- {next(_judgements)}\n{sql}"  # a text that is known already would tell of the tables of then
                verdict = self.verdict(sql, self.raw.execute(fresh, params).fetchall())
        except sqlite3.Error:
            verdict = NEVER
        self.statements.known[sql] = verdict

    def verdict(self, sql: str, program: list[tuple[Any, ...]]) -> int:
        """Return what a program does: it reads, or writes without a loop, or nobody knows how long it takes."""
        if not self.is_bounded(program):
            return NEVER
        if not any(opcode == "Transaction" and second for _, opcode, _, second, *_ in program):
            return READS
        own = {first for _, opcode, first, *_ in program if opcode in _OWN_TABLES}
        has_loop = any(opcode in _STEPS_ON and first not in own for _, opcode, first, *_ in program)
        return WRITES if _PLAIN_WRITE.match(sql) and not has_loop else NEVER

    def is_bounded(self, program: list[tuple[Any, ...]]) -> bool:
        """Whether each step of a program is short, and none runs code but SQLite's own."""
        functions, collations = self.foreign or self.find_foreign()
        for _, opcode, _, _, _, fourth, *_ in program:
            if opcode in _BOUNDLESS:
                return False
            if opcode in _CALLS and str(fourth).partition("(")[0] in functions:
                return False
            if collations and any(name in str(fourth) for name in collations):
                return False
        return True

    def find_foreign(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the functions and collations of this connection that are not SQLite's own."""
        functions = self.raw.execute("SELECT DISTINCT name FROM pragma_function_list WHERE builtin = 0")
        collations = self.raw.execute("SELECT name FROM pragma_collation_list")
        self.foreign = frozenset([name for (name,) in functions]), frozenset([name for (name,) in collations]) - _COLLATIONS
        return self.foreign
