"""Writing the rows of a flush: INSERT, UPDATE and DELETE of one table, as few statements as can be told apart afterwards.

    insert   nothing to fetch                     arrays (unnest), or VALUES of many rows, or executemany
             key chosen by the client             the same with RETURNING, rows matched by key
             one generated integer key            the same with RETURNING, rows matched by the order of the keys
             anything else                        row by row, in one pipeline where the driver has one
    update   equal column sets, no version        executemany or arrays; else row by row, each row counted
    delete   by key, many at once; with a version counter row by row

Rule 1: fewer rows than objects is an error (StaleDataError, FlushError), never silence.
Rule 2: what came back is stored on the objects here, whatever form the statement had.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from ambo.effects import Execute, Fetched, Op
from ambo.errors import AmboWarning, FlushError, StaleDataError
from ambo.operations import transaction
from ambo.operations.core_values import Execution
from ambo.operations.expression_write import insert_expressions, update_expressions
from ambo.operations.transaction import Channel
from ambo.unitofwork.rows import Row
from ambo.unitofwork.table_map import TableMap
from ambo.unitofwork.write_plan import Shape, WritePlan, make_plan

_FEW = 2
"""From this many rows on, one statement for all of them is tried."""
_MANY = 512
"""At most this many rows go into one VALUES; above `_EXACT` in powers of two, so that few different statements come into being."""
_EXACT = 32


def context_of(channel: Channel) -> Execution | None:
    """Return what listeners are shown about a statement, if there are any."""
    return Execution(channel, channel.options) if channel.heard else None


def plan_of(channel: Channel, tmap: TableMap, shape: Shape) -> WritePlan | None:
    """Return the plan of a shape, from the engine's plans if it was made before."""
    schemas = channel.options.get("schema_translate_map")
    key = (tmap.token, shape, tuple(schemas.items()) if schemas else None)
    plans = channel.bind.plans
    found = plans.get(key)
    if found is None:
        found = make_plan(tmap, channel.dialect, shape, schemas) or False
        plans.put(key, found)
    return found or None


# ---- insert


def insert_rows(channel: Channel, tmap: TableMap, rows: Sequence[Row]) -> Op[None]:
    """Insert rows of one table in their order, and store what the server made."""
    for same in alike(rows):
        first = same[0]
        if first.expressions:
            yield from insert_expressions(channel, tmap, first)
        else:
            yield from _insert_group(channel, tmap, tuple(first.shape), tuple(first.fetch), same)


def alike(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Split rows, in their order, into those of one statement."""
    found: list[Sequence[Row]] = []
    start, count = 0, len(rows)
    while start < count:
        first = rows[start]
        shape, fetch = first.shape, first.fetch
        end = start + 1
        if not first.expressions:
            while end < count and rows[end].shape == shape and rows[end].fetch == fetch and not rows[end].expressions:
                end += 1
        found.append(rows if end - start == count else rows[start:end])
        start = end
    return found


def _insert_group(channel: Channel, tmap: TableMap, columns: tuple[int, ...], fetch: tuple[int, ...], rows: Sequence[Row]) -> Op[None]:
    features = channel.dialect.features
    if len(rows) >= _FEW and columns and (not fetch or features.insert_returning):
        matching = _matching(tmap, columns, fetch)
        if matching is not None:
            done = yield from _insert_many(channel, tmap, columns, matching, rows)
            if done:
                return
    plan = plan_of(channel, tmap, Shape("insert", columns, fetch))
    if plan is None:
        for row in rows:
            yield from insert_expressions(channel, tmap, row)
        return
    if len(rows) == 1:
        results = [(yield from transaction.send(channel, plan.sql, plan.bound(rows[0].values), context_of(channel)))]
    elif not fetch:
        yield from transaction.send_many(channel, plan.sql, [plan.bound(row.values) for row in rows], context_of(channel))
        return
    else:
        results = yield from transaction.send_batch(channel, [Execute(None, plan.sql, plan.bound(row.values)) for row in rows], context_of(channel))
    if not fetch:
        return
    if not features.insert_returning:
        yield from _fetch_after_insert(channel, tmap, fetch, rows, results)
        return
    if not all(result.rows for result in results):
        raise _lost(tmap, len(rows), len([result for result in results if result.rows]))
    plan.store_all(rows, [result.rows[0] for result in results])


def _matching(tmap: TableMap, columns: tuple[int, ...], fetch: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return what a statement of many rows must fetch so that rows and objects can be matched; None if they cannot."""
    if not fetch:
        return ()
    key = [slot.index for slot in tmap.key]
    if all(index in columns for index in key):
        return (*key, *(index for index in fetch if index not in key))
    if len(key) == 1 and key[0] in fetch and _counts_up(tmap):
        return fetch
    return None


def _counts_up(tmap: TableMap) -> bool:
    """Tell whether the server makes ascending integer keys in the order of the rows."""
    column = tmap.key[0].column
    identity = column.identity
    if identity is not None:
        return not identity.cycle and (identity.increment is None or identity.increment > 0)
    return column is tmap.table.autoincrement_column and column.server_default is None


def _insert_many(channel: Channel, tmap: TableMap, columns: tuple[int, ...], fetch: tuple[int, ...], rows: Sequence[Row]) -> Op[bool]:
    """Insert many rows by few statements; False if there is no such form for these columns."""
    plan = plan_of(channel, tmap, Shape("insert", columns, fetch, -1))
    if plan is not None:
        result = yield from transaction.send(channel, plan.sql, plan.arrays([row.values for row in rows]), context_of(channel))
        _store_matched(tmap, plan, columns, rows, result)
        return True
    if not channel.dialect.features.multi_values:
        return False
    sizes = _sizes(len(rows), min(_MANY, max(1, channel.dialect.features.max_parameters // len(columns))))
    plans = {size: plan_of(channel, tmap, Shape("insert", columns, fetch, size)) for size in set(sizes)}
    statements: list[Execute] = []
    chunks: list[tuple[WritePlan, Sequence[Row]]] = []
    start = 0
    for size in sizes:
        plan = plans[size]
        if plan is None:
            return False
        chunk = rows[start : start + size]
        start += size
        statements.append(Execute(None, plan.sql, plan.flat([row.values for row in chunk])))
        chunks.append((plan, chunk))
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    for (plan, chunk), result in zip(chunks, results, strict=True):
        _store_matched(tmap, plan, columns, chunk, result)
    return True


def _sizes(count: int, largest: int) -> list[int]:
    """Split a number of rows into powers of two, and a rest that is small enough to be sent as it is."""
    found = []
    size = 1 << (largest.bit_length() - 1)
    while count > min(_EXACT, largest):
        while size > count:
            size >>= 1
        found.append(size)
        count -= size
    return [*found, count] if count else found


def _store_matched(tmap: TableMap, plan: WritePlan, columns: tuple[int, ...], rows: Sequence[Row], result: Fetched) -> None:
    if not plan.results:
        return
    if len(result.rows) != len(rows):
        raise _lost(tmap, len(rows), len(result.rows))
    at = plan.key_at
    if tmap.key[0].index in columns:
        places = [columns.index(slot.index) for slot in tmap.key]
        processors = [plan.results[index][1] for index in at]
        by_key = {_key_of(found, at, processors): found for found in result.rows}
        for row in rows:
            found = by_key.get(tuple([row.values[place] for place in places]))
            if found is None:
                raise _lost(tmap, len(rows), len(by_key))
            plan.store(row, found)
        return
    plan.store_all(rows, sorted(result.rows, key=itemgetter(at[0])))


def _key_of(found: Any, at: Sequence[int], processors: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([found[index] if process is None else process(found[index]) for index, process in zip(at, processors, strict=True)])


def _lost(tmap: TableMap, sent: int, found: int) -> FlushError:
    return FlushError(
        f"INSERT into {tmap.table.name!r} sent {sent} row(s) and {found} came back: the database (a trigger, a rule, a policy) kept some from being "
        "inserted, or changed their primary key, so the objects cannot be matched with rows"
    )


def _fetch_after_insert(channel: Channel, tmap: TableMap, fetch: tuple[int, ...], rows: Sequence[Row], results: Sequence[Fetched]) -> Op[None]:
    """Read back what the server made, where INSERT returns nothing: the generated key first, then the rest by key."""
    for row, result in zip(rows, results, strict=True):
        have = row.obj.__dict__
        rest = list(fetch)
        for slot in tmap.key:
            if slot.index in rest and slot.column is tmap.table.autoincrement_column:
                have[slot.key] = result.lastrowid
                rest.remove(slot.index)
        if rest:
            yield from fetch_back(channel, tmap, tuple(rest), row)


def fetch_back(channel: Channel, tmap: TableMap, fetch: tuple[int, ...], row: Row) -> Op[None]:
    """Read columns of a row back by its key."""
    plan = plan_of(channel, tmap, Shape("select", (), fetch))
    assert plan is not None
    have = row.obj.__dict__
    result = yield from transaction.send(channel, plan.sql, plan.bound([have.get(slot.key) for slot in tmap.key]), context_of(channel))
    if not result.rows:
        raise _lost(tmap, 1, 0)
    plan.store(row, result.rows[0])


# ---- update


def update_rows(channel: Channel, tmap: TableMap, rows: Sequence[Row]) -> Op[None]:
    """Update rows of one table, and store what the server changed.

    Raises StaleDataError if a row is not there any more, or has another version.
    """
    for same in alike(rows):
        first = same[0]
        if first.expressions:
            found = yield from update_expressions(channel, tmap, first)
            check_count(tmap, "UPDATE", 1, found)
        else:
            yield from _update_group(channel, tmap, tuple(first.shape), tuple(first.fetch), same)


def _update_group(channel: Channel, tmap: TableMap, columns: tuple[int, ...], fetch: tuple[int, ...], rows: Sequence[Row]) -> Op[None]:
    plan = plan_of(channel, tmap, Shape("update", columns, fetch))
    if plan is None:
        for row in rows:
            found = yield from update_expressions(channel, tmap, row)
            check_count(tmap, "UPDATE", 1, found)
        return
    if len(rows) > 1 and not fetch and tmap.version is None:
        yield from _update_many(channel, tmap, columns, plan, rows)
        return
    statements = [Execute(None, plan.sql, plan.bound([*row.values, *row.where])) for row in rows]
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    check_count(tmap, "UPDATE", len(rows), _total(results))
    if not fetch:
        return
    returning = channel.dialect.features.update_returning
    for row, result in zip(rows, results, strict=True):
        if returning:
            plan.store(row, result.rows[0])
        else:
            yield from fetch_back(channel, tmap, fetch, row)


def _total(results: Sequence[Fetched]) -> int:
    """Return how many rows were matched in all; -1 if one of the answers does not tell."""
    counts = [len(result.rows) if result.rows else result.rowcount for result in results]
    return -1 if -1 in counts else sum(counts)


def _update_many(channel: Channel, tmap: TableMap, columns: tuple[int, ...], plan: WritePlan, rows: Sequence[Row]) -> Op[None]:
    arrays = plan_of(channel, tmap, Shape("update", columns, (), -1)) if _distinct(rows) else None
    if arrays is not None:
        result = yield from transaction.send(channel, arrays.sql, arrays.arrays([[*row.values, *row.where] for row in rows]), context_of(channel))
    else:
        result = yield from transaction.send_many(channel, plan.sql, [plan.bound([*row.values, *row.where]) for row in rows], context_of(channel))
    check_count(tmap, "UPDATE", len(rows), result.rowcount)


def _distinct(rows: Sequence[Row]) -> bool:
    return len({row.where for row in rows}) == len(rows)


def check_count(tmap: TableMap, verb: str, expected: int, matched: int) -> None:
    """Raise StaleDataError if a statement matched other than the expected number of rows; -1 is "the driver does not say"."""
    if matched not in (expected, -1):
        raise StaleDataError(
            f"{verb} statement on table '{tmap.table.description}' expected to {verb.lower()} {expected} row(s); {matched} were matched. "
            "Another transaction changed or deleted them; roll back, load the objects again and repeat."
        )


# ---- delete


def delete_rows(channel: Channel, tmap: TableMap, keys: Sequence[tuple[Any, ...]]) -> Op[None]:
    """Delete rows of one table by their keys (and versions).

    Raises StaleDataError if a row of a versioned table is not there; otherwise warns.
    """
    plan = plan_of(channel, tmap, Shape("delete", (), ()))
    assert plan is not None
    if tmap.version is None and len(keys) > 1 and len(set(keys)) == len(keys):
        matched = yield from _delete_many(channel, tmap, keys)
    else:
        results = yield from transaction.send_batch(channel, [Execute(None, plan.sql, plan.bound(key)) for key in keys], context_of(channel))
        matched = _total(results)
    if tmap.version is not None:
        check_count(tmap, "DELETE", len(keys), matched)
    elif matched not in (len(keys), -1) and tmap.mapper.confirm_deleted_rows:
        warnings.warn(
            f"DELETE statement on table '{tmap.table.description}' expected to delete {len(keys)} row(s); {matched} were matched. "
            "Please set confirm_deleted_rows=False within the mapper configuration to prevent this warning.",
            AmboWarning,
            stacklevel=2,
        )


def _delete_many(channel: Channel, tmap: TableMap, keys: Sequence[tuple[Any, ...]]) -> Op[int]:
    plan = plan_of(channel, tmap, Shape("delete", (), (), -1))
    if plan is not None:
        result = yield from transaction.send(channel, plan.sql, plan.arrays(keys), context_of(channel))
        return result.rowcount
    single = plan_of(channel, tmap, Shape("delete", (), ()))
    assert single is not None
    if len(tmap.key) > 1:
        result = yield from transaction.send_many(channel, single.sql, [single.bound(key) for key in keys], context_of(channel))
        return result.rowcount
    statements = []
    for start in range(0, len(keys), _MANY):
        chunk = list(keys[start : start + _MANY])
        chunk += [chunk[-1]] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
        shaped = plan_of(channel, tmap, Shape("delete", (), (), len(chunk)))
        assert shaped is not None
        statements.append(Execute(None, shaped.sql, [single.bound(key)[0] for key in chunk]))
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    return _total(results)
