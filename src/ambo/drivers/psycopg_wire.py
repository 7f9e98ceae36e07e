"""psycopg's links, the part that does not wait: statements known and prepared, parameters out, results in, pipelines.

psycopg is used at its lower level: libpq calls (`psycopg.pq`), its waiting generators, its adapters. A cursor costs twice as much
(27 against 14 µs for a prepared one-row query), and it forgets its prepared statements at each ROLLBACK.

    execute   send_query_params / send_query_prepared  ->  wait(generators.execute)  ->  rows by psycopg's loaders
    reader    given its rows part by part (libpq's chunked rows) while the server sends more: objects are made in time that was spent waiting
    batch     pipeline mode: everything sent, one Sync, all results read after it: one round trip
    prepare   rides in such a pipeline with the statement's second execution (`prepare_threshold`), and costs no trip
    leave     the ROLLBACK of a transaction that only read is sent, and its answer read with that to the next statement

Compiled SQL has `$1` placeholders. A parameter with a cast in the SQL (`$1::INTEGER`) is sent as text of unknown type, so that the
statement's types do not depend on the size of a number, and one prepared statement serves all. An array with a cast is sent in binary,
which takes a fourth to a tenth of the time.

Rule 1: after every wait, also an interrupted one, the connection is out of pipeline mode with nothing unread, or broken.
Rule 2: while a ROLLBACK is `unanswered` the connection stays in pipeline mode; the next statement goes on in it, and whoever asks for `raw`
    gets it with everything read. Only reading transactions end so: of locks and changes somebody may want to be sure that they are gone.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg import errors as driver_errors, generators, pq, waiting
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.json import set_json_loads

from ambo import errors
from ambo.collecting import MANY, undisturbed, undisturbed_but_for_waits
from ambo.drivers.base import Cursor, Driver, Link, Params, Statements, value_error
from ambo.drivers.postgresql import (
    begins_transaction,
    cast_parameters,
    changes_tables,
    is_preparable,
    is_query,
    only_reads,
    server_version,
)
from ambo.drivers.psycopg_arrays import packed
from ambo.effects import Execute, ExecuteMany, Fetched, Reader

Results = list[Any]
Waiting = Generator[Any, Any, Any]

_OK = pq.ExecStatus.COMMAND_OK
_TUPLES = pq.ExecStatus.TUPLES_OK
_CHUNK = pq.ExecStatus.TUPLES_CHUNK
_FATAL = pq.ExecStatus.FATAL_ERROR
_EMPTY = pq.ExecStatus.EMPTY_QUERY
_ABORTED = pq.ExecStatus.PIPELINE_ABORTED
_IDLE = pq.TransactionStatus.IDLE
_IN_TRANSACTION = pq.TransactionStatus.INTRANS
_BAD = pq.ConnStatus.BAD
_AUTO, _TEXT, _BINARY = PyFormat.AUTO, PyFormat.TEXT, PyFormat.BINARY
_BINARY_FORMAT = pq.Format.BINARY
_NO_PARAMETERS: tuple[Any, tuple[int, ...], Any] = (None, (), None)
PIPELINE_PART = 1000
_CAN_STREAM = psycopg.capabilities.has_stream_chunked()
_KNOWN_LIMIT = 500

# Types whose values are the same from both formats, and faster from the binary one: bool, bytea, int2/4/8, text, varchar, bpchar, name,
# float8, uuid, date, time, timestamp, timestamptz.
_BINARY_TYPES = frozenset([16, 17, 18, 19, 20, 21, 23, 25, 26, 701, 1042, 1043, 1082, 1083, 1114, 1184, 2950])


_TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK")


class Known:
    """What a link remembers of one SQL text: how often it ran, its prepared forms by parameter types, its result's shape."""

    __slots__ = ("arrays", "begins", "binary", "casts", "formats", "is_word", "may_prepare", "names", "only_reads", "prepared", "runs", "sql", "types", "used")

    def __init__(self, sql: str) -> None:
        self.sql = sql.encode()
        self.casts, self.arrays = cast_parameters(sql)
        self.formats: list[PyFormat] = []
        self.types: tuple[int, ...] | None = None
        self.prepared: dict[tuple[int, ...], bytes] = {}
        self.runs = 0
        self.used = True
        self.may_prepare = is_preparable(sql)
        self.is_word = sql in _TRANSACTION_WORDS
        self.begins = begins_transaction(sql)
        self.only_reads = only_reads(sql)
        self.names: tuple[str, ...] | None = None
        self.binary = pq.Format.TEXT

    def formats_for(self, count: int) -> list[PyFormat]:
        """Return the format of each parameter: text where the SQL says the type, else as psycopg likes it."""
        if len(self.formats) != count:
            self.formats = [_TEXT if place in self.casts else _AUTO for place in range(count)]
            self.types = (0,) * count if _AUTO not in self.formats else None
        return self.formats


_WORDS = {sql: Known(sql) for sql in _TRANSACTION_WORDS}
"""Shared by all links, since nothing is learned of them."""
_DONE = Fetched([])
"""What they bring back: the same each time."""


Single: TypeAlias = tuple[str, Params, Reader | None]
Queue: TypeAlias = list[tuple[Known | None, Reader | None]]


class Spoilt:
    """In the place of a result: its rows came, and could not be read."""

    status = _FATAL

    def __init__(self, error: Exception) -> None:
        self.error = error


class PsycopgShared(Link):
    """The parts of a link that do not wait; `handle` is psycopg's connection, whatever is unread of it."""

    def __init__(self, raw: Any, driver: Driver) -> None:
        self.handle = raw
        self.unanswered = False
        self.has_written = False
        super().__init__(raw, driver)
        self.pgconn = raw.pgconn
        self.server_version = server_version(raw.info.server_version)
        self.threshold: int | None = raw.prepare_threshold
        self.known: dict[str, Known] = {}
        self.retired: list[bytes] = []
        self.prepared_count = 0
        self.cursor_count = 0
        self.encoding = raw.info.encoding
        deserializer = getattr(driver.dialect, "json_deserializer", None)
        if deserializer is not None:
            set_json_loads(deserializer, raw)
        self.transformer = Transformer(raw)
        raw.prepare_threshold = None  # whoever uses the raw connection prepares nothing behind our back

    @property
    def raw(self) -> Any:
        """psycopg's connection for others to use, who may do anything with it."""
        if self.unanswered:
            self.hear()
        self.has_written = True
        return self.handle

    @raw.setter
    def raw(self, raw: Any) -> None:
        assert raw is self.handle

    @property
    def in_transaction(self) -> bool:
        return not self.unanswered and bool(self.pgconn.transaction_status != _IDLE)

    def refresh(self) -> None:
        """Use adapters that a `connect` listener may have registered."""
        self.transformer = Transformer(self.handle)

    def roll_back_at_once(self) -> bool:
        pgconn = self.pgconn
        if self.has_written or pgconn.transaction_status != _IN_TRANSACTION:
            return False
        try:
            for _ in ("the server's goodbye", "the end of the connection"):
                pgconn.consume_input()  # raises at the end
            pgconn.enter_pipeline_mode()
            pgconn.send_query_params(b"ROLLBACK", None)
            pgconn.pipeline_sync()
            self.unanswered = True
            self.is_broken = bool(pgconn.flush())
        except psycopg.Error:
            self.settle()
        return not self.is_broken

    def answered(self) -> Waiting:
        """Read the answer to a ROLLBACK that nobody waited for."""
        for _ in ("ROLLBACK", "Sync"):
            yield from generators.fetch_many(self.pgconn)
        self.unanswered = False

    def hear(self) -> None:
        """Wait for the answer to a ROLLBACK: it was sent some time ago."""
        try:
            waiting.wait(self.answered(), self.pgconn.socket)
        except psycopg.Error:
            self.is_broken = True
        finally:
            self.settle()

    def recall(self, sql: str) -> Known:
        """Return what is known of a statement, forgetting one that was not used lately if there are too many."""
        found = self.known.get(sql) or _WORDS.get(sql)
        if found is None:
            found = Known(sql)
            if found.may_prepare:
                self.make_room()
                self.known[sql] = found
        found.used = True
        if not found.only_reads:
            self.has_written = not found.begins
        return found

    def make_room(self) -> None:
        """Forget the oldest statement that was not used since the last look at it."""
        while len(self.known) >= _KNOWN_LIMIT:
            sql = next(iter(self.known))
            oldest = self.known.pop(sql)
            if oldest.used:
                oldest.used = False
                self.known[sql] = oldest
            else:
                self.retired += [b"DEALLOCATE " + name for name in oldest.prepared.values()]

    def is_due(self, known: Known) -> bool:
        """Whether a statement has run often enough to be prepared."""
        return known.may_prepare and self.threshold is not None and known.runs >= self.threshold

    def forget_prepared(self) -> None:
        """Drop all prepared statements, here now and on the server with the next pipeline."""
        self.known.clear()
        self.retired = [*self.retired_cursors(), b"DEALLOCATE ALL"]

    def retired_cursors(self) -> list[bytes]:
        """Return the commands that close abandoned cursors."""
        return [command for command in self.retired if command.startswith(b"CLOSE")]

    def tidy(self) -> None:
        """Have cursors that outlive transactions closed with the next pipeline."""
        if not self.in_transaction:
            self.retired += [b"CLOSE " + name.encode() for name in self.cursors]
        self.cursors.clear()

    def dump(self, known: Known, params: Params) -> tuple[Sequence[Any], tuple[int, ...], Any]:
        """Turn parameters into bytes, type oids and formats."""
        if known.arrays:
            return self.dump_arrays(known, params)
        transformer = self.transformer
        try:
            values = transformer.dump_sequence(params, known.formats_for(len(params)))
        except Exception as error:
            raise self.unsendable(error, known, params) from error
        if known.types is not None:
            return values, known.types, transformer.formats
        types: tuple[int, ...] = transformer.types or ()
        if known.casts:
            casts = known.casts
            types = tuple([0 if place in casts else oid for place, oid in enumerate(types)])
        return values, types, transformer.formats

    def dump_arrays(self, known: Known, params: Params) -> tuple[Sequence[Any], tuple[int, ...], Any]:
        """As `dump`, for statements with typed arrays; what cannot be sent in binary (mixed types, only NULLs) goes as text."""
        ready = {place: found for place, kind in known.arrays.items() if (found := packed(kind, params[place])) is not None}
        if len(ready) == len(params):
            return [value for value, _ in ready.values()], tuple([oid for _, oid in ready.values()]), [_BINARY_FORMAT] * len(ready)
        if not ready:
            return self.dump_mixed(known, params)
        rest = [None if place in ready else value for place, value in enumerate(params)]
        values, types, formats = map(list, self.dump_mixed(known, rest))
        for place, (value, oid) in ready.items():
            values[place], types[place], formats[place] = value, oid, _BINARY_FORMAT
        return values, tuple(types), formats

    def dump_mixed(self, known: Known, params: Params) -> tuple[Sequence[Any], tuple[int, ...], Any]:
        """Have psycopg dump parameters with typed arrays among them."""
        transformer = self.transformer
        casts, arrays = known.casts, known.arrays
        for array_format in (_BINARY, _TEXT):
            formats = [
                array_format if place in arrays and value else _TEXT if place in casts or place in arrays else _AUTO
                for place, value in enumerate(params)
            ]
            try:
                values = transformer.dump_sequence(params, formats)
            except Exception as error:
                if array_format is _BINARY:
                    continue
                raise self.unsendable(error, known, params) from error
            types: tuple[int, ...] = transformer.types or ()
            return values, tuple([0 if one is _TEXT else oid for one, oid in zip(formats, types, strict=True)]), transformer.formats
        raise AssertionError("unreachable")

    def unsendable(self, error: Exception, known: Known, params: Params) -> errors.AmboError:
        """Name the parameter that cannot be sent."""
        sql = known.sql.decode()
        for place, (value, wanted) in enumerate(zip(params, known.formats_for(len(params)), strict=True), 1):
            try:
                self.transformer.dump_sequence([value], [wanted])
            except Exception as single:
                text = f"parameter {place} is {value!r} ({type(value).__name__}): {single}"
                if isinstance(single, driver_errors.ProgrammingError):
                    return errors.ProgrammingError(sql, params, single, message=f"(psycopg.{type(single).__name__}) {text}")
                return value_error(single, sql, params, text)
        return self.translate(error, sql, params)

    def send(self, sql: str, params: Params) -> Known | None:
        """Send one statement; None if it is to be sent as a pipeline, since it must be prepared first, or one is under way."""
        if self.unanswered:
            return None
        known = self.recall(sql)
        if known.is_word:
            self.pgconn.send_query(known.sql)  # the simple protocol: one message instead of five
            return known
        values, types, formats = self.dump(known, params) if params else _NO_PARAMETERS
        name = known.prepared.get(types)
        if name is not None:
            self.pgconn.send_query_prepared(name, values, formats, known.binary)
            return known
        if self.is_due(known):
            return None
        known.runs += 1
        self.pgconn.send_query_params(known.sql, values, types or None, formats, known.binary)
        return known

    def take(self, known: Known, results: Results) -> Fetched:
        """Turn a statement's result into rows; raises the server's error."""
        result = results[-1] if results else None
        if result is None:
            raise driver_errors.InternalError("got no result from the query")
        if isinstance(result, Spoilt):
            raise result.error
        status = result.status
        if status == _TUPLES:
            transformer = self.transformer
            transformer.set_pgresult(result)
            count = result.ntuples
            names = known.names
            if names is None or len(names) != result.nfields:
                names = self.learn(known, result)
            load = transformer.load_rows
            rows = load(0, count, tuple) if count < MANY else undisturbed(load, 0, count, tuple)
            read = results[0]
            return Fetched(rows, names, read if type(read) is int else result.command_tuples)
        if status in (_OK, _EMPTY):
            if known.is_word:
                return _DONE
            if not known.may_prepare and changes_tables(result.command_status):
                self.forget_prepared()
            affected = result.command_tuples
            return Fetched([], (), -1 if affected is None else affected)
        if status == _FATAL:
            raise driver_errors.error_from_result(result, encoding=self.encoding)
        if status == _ABORTED:
            raise driver_errors.PipelineAborted("an earlier statement of the same batch failed")
        raise driver_errors.NotSupportedError(f"unexpected answer {pq.ExecStatus(status).name}; COPY needs the raw connection")

    def learn(self, known: Known, result: Any) -> tuple[str, ...]:
        """Note the names of a result's columns, and whether all of them may come in binary."""
        fields = range(result.nfields)
        known.names = tuple([result.fname(place).decode(self.encoding) for place in fields])
        if all(result.ftype(place) in _BINARY_TYPES for place in fields):
            known.binary = pq.Format.BINARY
        return known.names

    def settle(self) -> None:
        """After an error or interruption: leave pipeline mode, or note that the connection is broken."""
        self.unanswered = False
        if self.pgconn.status == _BAD:
            self.is_broken = True
            return
        if self.pgconn.pipeline_status:
            try:
                self.pgconn.exit_pipeline_mode()
            except psycopg.Error:
                self.is_broken = True
        if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            self.is_broken = True

    def prepare(self, known: Known, types: tuple[int, ...]) -> bytes:
        """Queue the preparation of a statement, and the end of those retired; pipeline mode only."""
        self.prepared_count += 1
        name = f"ambo_{self.prepared_count}".encode()
        self.pgconn.send_prepare(name, known.sql, types or None)
        return name

    def enqueue(self, sql: str, params: Params, queue: Queue, pending: list[tuple[Known, tuple[int, ...], bytes]], reader: Reader | None) -> None:
        """Queue a statement in pipeline mode, preparing it if it is due."""
        known = self.recall(sql)
        if known.is_word:
            self.pgconn.send_query_params(known.sql, None)
            queue.append((known, None))
            return
        values, types, formats = self.dump(known, params) if params else _NO_PARAMETERS
        name = known.prepared.get(types)
        if name is None and self.is_due(known):
            name = self.prepare(known, types)
            queue.append((None, None))
            pending.append((known, types, name))
            known.prepared[types] = name
        if name is not None:
            self.pgconn.send_query_prepared(name, values, formats, known.binary)
        else:
            known.runs += 1
            self.pgconn.send_query_params(known.sql, values, types or None, formats, known.binary)
        queue.append((known, reader))

    def pipelined(self, statements: Sequence[Single]) -> Waiting:
        """Run statements in one pipeline; a generator for `wait`, returning a result for each (an error is raised).

        Whether a result is an error is looked at only when all have been read.
        """
        queue: Queue = []
        pending: list[tuple[Known, tuple[int, ...], bytes]] = []
        if not self.unanswered:
            self.pgconn.enter_pipeline_mode()
        try:
            if self.retired:
                for command in self.retired:
                    self.pgconn.send_query_params(command, None)
                    queue.append((None, None))
                self.retired = []
            for sql, params, reader in statements:
                self.enqueue(sql, params, queue, pending, reader)
        except BaseException:
            self.undo(pending)
            yield from self.synchronised([(None, None)] * len(queue))
            raise
        reading = self.synchronised(queue)
        found = yield from (undisturbed_but_for_waits(reading) if any(reader is not None for _, reader in queue) else reading)
        if pending and any(results and results[-1].status not in (_OK, _TUPLES, _EMPTY) for results in found):
            self.undo(pending)
        return [(known, results) for (known, _), results in zip(queue, found, strict=True)]

    def may_repeat(self, error: BaseException | None) -> bool:
        """Whether a prepared statement met a table that was changed meanwhile, outside of a transaction.

        Then the prepared statements are forgotten, and it is to be run again.
        """
        if not is_stale_plan(error):
            return False
        self.forget_prepared()
        return not self.in_transaction

    def undo(self, pending: list[tuple[Known, tuple[int, ...], bytes]]) -> None:
        """Forget statements whose preparation may have failed."""
        for known, types, _ in pending:
            known.prepared.pop(types, None)

    def synchronised(self, queue: Queue) -> Waiting:
        """Send what is queued and a Sync, read the results and the Sync's, and leave pipeline mode."""
        self.pgconn.pipeline_sync()
        yield from generators.send(self.pgconn)
        if self.unanswered:
            yield from self.answered()
        found = []
        for _, reader in queue:
            found.append((yield from (generators.fetch_many(self.pgconn) if reader is None else self.streamed(reader))))
        yield from generators.fetch_many(self.pgconn)
        self.pgconn.exit_pipeline_mode()
        return found

    def streamed(self, reader: Reader) -> Waiting:
        """Read a statement's rows part by part, giving each to the reader; return their number and the last result, which has none.

        Rows that cannot be read spoil it.
        """
        pgconn, transformer = self.pgconn, self.transformer
        try:
            pgconn.set_chunked_rows_mode(reader.part)
        except psycopg.OperationalError:  # a statement before this one failed, and it will not run
            return (yield from generators.fetch_many(pgconn))
        last: list[Any] = []
        read = 0
        spoilt: Spoilt | None = None
        while (result := (yield from generators.fetch(pgconn))) is not None:
            if result.status != _CHUNK:
                last = [result]
            elif spoilt is None:
                transformer.set_pgresult(result)
                try:
                    rows = transformer.load_rows(0, result.ntuples, tuple)
                except Exception as error:
                    spoilt = Spoilt(error)
                else:
                    read += len(rows)
                    reader(rows)
        if spoilt is not None:
            return [spoilt]
        return [read, *last] if last else []

    def taken(self, statements: Sequence[Single], answered: list[tuple[Known | None, Results]]) -> list[Fetched]:
        """Turn the results of a pipeline into rows; raises the first error, named after its statement."""
        found: list[Fetched] = []
        for known, results in answered:
            try:
                if known is not None:
                    found.append(self.take(known, results))
                elif results[-1].status == _FATAL:
                    raise driver_errors.error_from_result(results[-1], encoding=self.encoding)
            except Exception as error:
                sql, params, _ = statements[len(found)]
                raise self.translate(error, sql, params) from error
        return found

    def may_pipeline(self, statements: Statements) -> bool:
        """Whether a batch means the same as one pipeline: not if each statement is to be durable on its own."""
        if self.in_transaction or begins_transaction(statements[0].sql):
            return True
        return all(is_query(one.sql) for one in statements)

    def terminate(self) -> None:
        self.mark_closed()
        self.pgconn.finish()

    @classmethod
    def drop(cls, raw: Any) -> None:
        raw.pgconn.finish()


def flattened(statements: Statements) -> tuple[list[Single], list[int]]:
    """Return every single execution of a batch, and how many belong to each of its effects (nothing: one to each)."""
    if not any(type(one) is ExecuteMany for one in statements):
        return [(one.sql, one.params, one.reader if _CAN_STREAM else None) for one in statements], []  # type: ignore[union-attr]
    singles: list[Single] = []
    counts: list[int] = []
    for one in statements:
        if type(one) is ExecuteMany:
            singles += [(one.sql, row, None) for row in one.param_rows]
            counts.append(len(one.param_rows))
        else:
            singles.append((one.sql, one.params, one.reader if _CAN_STREAM else None))  # type: ignore[union-attr]
            counts.append(1)
    return singles, counts


def gathered(statements: Statements, fetched: list[Fetched], counts: list[int]) -> list[Fetched]:
    """Return one result for each effect of a batch."""
    if not counts:
        return fetched
    found: list[Fetched] = []
    start = 0
    for one, count in zip(statements, counts, strict=True):
        part = fetched[start : start + count]
        found.append(part[0] if type(one) is Execute else summed(part))
        start += count
    return found


def summed(parts: Sequence[Fetched]) -> Fetched:
    """Return the result of an `ExecuteMany`: the sum of the row counts."""
    return Fetched([], (), sum(max(0, one.rowcount) for one in parts))


def cursor_result(link: PsycopgShared, cursor: Any, rows: list[Any]) -> Fetched:
    """Make a result of what an ordinary cursor fetched."""
    if changes_tables((cursor.statusmessage or "").encode()):
        link.forget_prepared()
    names = tuple([one.name for one in cursor.description]) if cursor.description else ()
    return Fetched(rows, names, cursor.rowcount)


def declared(link: PsycopgShared, sql: str) -> tuple[str, str]:
    """Return a fresh cursor's name and the statement that declares it."""
    link.cursor_count += 1
    name = f"ambo_cursor_{link.cursor_count}"
    hold = "" if link.in_transaction else "WITH HOLD "
    if hold:
        link.cursors.add(name)
    return name, f"DECLARE {name} NO SCROLL CURSOR {hold}FOR {sql}"


def failed(link: PsycopgShared) -> bool:
    """Whether the transaction failed, so that its cursors are gone or about to go."""
    return link.is_broken or link.closed or link.pgconn.transaction_status in (pq.TransactionStatus.INERROR, pq.TransactionStatus.UNKNOWN)


def buffered(fetched: Fetched) -> Cursor:
    """Make a cursor of rows that are here already."""
    return Cursor(fetched.rows[::-1], fetched.names)


def next_part(backwards: list[Any], size: int) -> list[Any]:
    """Take the next rows of a buffered cursor."""
    part = backwards[-size:][::-1]
    del backwards[-size:]
    return part


def is_stale_plan(error: BaseException | None) -> bool:
    """Whether a prepared statement is of no more use."""
    return isinstance(error, driver_errors.InvalidSqlStatementName) or (
        isinstance(error, driver_errors.FeatureNotSupported) and "cached plan" in str(error)
    )
