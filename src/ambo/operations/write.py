"""Writing the rows of a flush: INSERT, UPDATE and DELETE of one table, as few statements as can be told apart afterwards.

    insert   one row                              RETURNING, or no more than the last row id where that is the key
             nothing to fetch                     arrays (unnest), or VALUES of many rows, or executemany
             key chosen by the client             the same with RETURNING, rows matched by key
             one generated integer key            the same with RETURNING, rows matched by the order of the keys
             anything else                        row by row, in one pipeline where the driver has one
    update   equal column sets, no version        arrays, rows of VALUES, or executemany; else row by row, each row counted
             the same with a version counter      rows of VALUES where the database joins them; else row by row
    delete   by key, many at once; with a version counter row by row

Rule 1: fewer rows than objects is an error (StaleDataError, FlushError), never silence.
Rule 2: what came back is stored on the objects here, whatever form the statement had.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any

from ambo.collecting import MANY, undisturbed
from ambo.effects import Execute, Fetched, Op
from ambo.errors import AmboWarning, FlushError, StaleDataError
from ambo.listening import clock
from ambo.operations import transaction
from ambo.operations.channel import Channel
from ambo.operations.core_values import Execution
from ambo.operations.expression_write import insert_expressions, update_expressions
from ambo.unitofwork.rows import Row, Rows
from ambo.unitofwork.table_map import TableMap
from ambo.unitofwork.write_plan import Shape, WritePlan, make_plan

_FEW = 2
"""From this many rows on, one statement for all of them is tried."""
_MANY = 512
"""At most this many rows go into one VALUES; above `_EXACT` in powers of two, so that few different statements come into being."""
_EXACT = 32
_WIDE = 16
"""From this many rows on, an UPDATE takes its values FROM (VALUES …), where the database can and knows no arrays."""
_ROWS = attrgetter("rows")
_shape = lru_cache(1024)(Shape)


def context_of(channel: Channel) -> Execution | None:
    """Return what listeners are shown about a statement, if there are any."""
    return Execution(channel, channel.options) if channel.quiet_since != clock.now and channel.heard else None


def plan_of(channel: Channel, tmap: TableMap, shape: Shape) -> WritePlan | None:
    """Return the plan of a shape, from the engine's plans if it was made before."""
    key = _plan_key(channel, tmap, shape)
    found = channel.bind.plans.get(key)
    if found is None:
        found = make_plan(tmap, channel.dialect, shape, channel.options.get("schema_translate_map")) or False
        channel.bind.plans.put(key, found)
    return found or None


def keep_plan(channel: Channel, tmap: TableMap, shape: Shape, plan: WritePlan) -> None:
    """Put a better plan in the place of a shape's."""
    channel.bind.plans.put(_plan_key(channel, tmap, shape), plan)


def _plan_key(channel: Channel, tmap: TableMap, shape: Shape) -> tuple[Any, ...]:
    """Return what a shape's plan is kept under."""
    schemas = channel.options.get("schema_translate_map") if channel.options else None
    return tmap.token, shape, tuple(schemas.items()) if schemas else None


# ---- insert


def insert_rows(channel: Channel, tmap: TableMap, groups: Sequence[Rows], alone: bool = False) -> Op[None]:
    """Insert rows of one table in their order, and store what the server made.

    `alone` says that this is all of a transaction, whose COMMIT is next: a single row needs none if nothing can go wrong after it.
    """
    return _insert_alike(channel, tmap, groups[0], alone) if len(groups) == 1 else _insert_each(channel, tmap, groups)


def _insert_each(channel: Channel, tmap: TableMap, groups: Sequence[Rows]) -> Op[None]:
    for rows in groups:
        yield from _insert_alike(channel, tmap, rows)


def _insert_alike(channel: Channel, tmap: TableMap, rows: Rows, alone: bool = False) -> Op[None]:
    if rows.expressions:
        return _insert_singly(channel, tmap, rows)
    if len(rows.members) > 1:
        return _insert_group(channel, tmap, rows)
    plan = plan_of(channel, tmap, _shape("insert", rows.shape, rows.fetch, 0))
    return _insert_singly(channel, tmap, rows) if plan is None else _insert_one(channel, tmap, plan, rows, alone)


def _insert_singly(channel: Channel, tmap: TableMap, rows: Rows) -> Op[None]:
    for row in rows.singles():
        yield from insert_expressions(channel, tmap, row)


def _insert_group(channel: Channel, tmap: TableMap, rows: Rows) -> Op[None]:
    features = channel.dialect.features
    columns, fetch = rows.shape, rows.fetch
    if columns and (not fetch or features.insert_returning):
        matching = _matching(tmap, columns, fetch)
        if matching is not None:
            done = yield from _insert_many(channel, tmap, matching, rows)
            if done:
                return
    plan = plan_of(channel, tmap, _shape("insert", columns, fetch))
    if plan is None:
        yield from _insert_singly(channel, tmap, rows)
        return
    sent = plan.each(rows) if len(rows.members) < MANY else undisturbed(plan.each, rows)
    if not fetch:
        yield from transaction.send_many(channel, plan.sql, sent, context_of(channel))
        return
    results = yield from transaction.send_batch(channel, [Execute(None, plan.sql, params) for params in sent], context_of(channel))
    if features.insert_returning:
        _store_returned(tmap, plan, rows, list(chain.from_iterable(map(_ROWS, results))))
    else:
        yield from _fetch_after_insert(channel, tmap, rows, results)


def _insert_one(channel: Channel, tmap: TableMap, plan: WritePlan, rows: Rows, alone: bool) -> Op[None]:
    """Insert a single row. Its generated key comes with RETURNING until that was seen to be what the driver tells by itself."""
    values = next(zip(*rows.columns, strict=True), ())
    params = plan.bound(values)
    context = None if channel.quiet_since == clock.now else context_of(channel)
    if alone and context is None and plan.is_proven and not (plan.sent_key and None in plan.key_of(values)):
        result = yield from transaction.send_alone(channel, plan.sql, params)
        if channel.link.in_transaction:  # the user has told the driver to begin one with each statement
            channel.begun = True
    else:
        result = yield from transaction.send(channel, plan.sql, params, context)
    if plan.told is not None:
        if result.rowcount != 1:
            raise _lost(tmap, 1, 0)
        rows.members[0][1].__dict__[plan.told] = result.lastrowid
    elif not rows.fetch:
        return
    elif channel.dialect.features.insert_returning:
        _store_returned(tmap, plan, rows, result.rows)
        if not plan.is_proven:
            _prove(channel, tmap, plan, rows, result)
    else:
        yield from _fetch_after_insert(channel, tmap, rows, [result])


def _store_returned(tmap: TableMap, plan: WritePlan, rows: Rows, found: Sequence[Any]) -> None:
    if len(found) < len(rows.members):
        raise _lost(tmap, len(rows.members), len(found))
    plan.store_all(rows, found)


def _prove(channel: Channel, tmap: TableMap, plan: WritePlan, rows: Rows, result: Fetched) -> None:
    """Learn from the first row that came back as it should: the next may be committed with its INSERT.

    If the key is all that came back, and is the driver's last row id, the next is inserted without RETURNING: a fifth of SQLite's time.
    """
    found = result.rows[0]
    if any(process is not None for _, process in plan.results) or any(found[at] is None for at in plan.key_at):
        return
    proven = replace(plan, is_proven=True)
    is_key = len(tmap.key) == 1 and rows.fetch == (tmap.key[0].index,) and _counts_up(tmap)
    if is_key and result.lastrowid is not None and found == (result.lastrowid,):
        without = plan_of(channel, tmap, _shape("insert", rows.shape, ()))
        if without is not None:
            proven = replace(without, told=plan.results[0][0], is_proven=True)
    keep_plan(channel, tmap, _shape("insert", rows.shape, rows.fetch, 0), proven)


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


def _insert_many(channel: Channel, tmap: TableMap, fetch: tuple[int, ...], rows: Rows) -> Op[bool]:
    """Insert many rows by few statements; False if there is no such form for these columns."""
    columns = rows.shape
    plan = plan_of(channel, tmap, Shape("insert", columns, fetch, -1))
    if plan is not None:
        result = yield from transaction.send(channel, plan.sql, undisturbed(plan.arrays, rows.columns), context_of(channel))
        undisturbed(_store_matched, tmap, plan, rows, result.rows)
        return True
    if not channel.dialect.features.multi_values:
        return False
    sizes = _sizes(len(rows), min(_MANY, max(1, channel.dialect.features.max_parameters // len(columns))))
    plans: dict[int, WritePlan] = {}
    for size in set(sizes):
        plan = plan_of(channel, tmap, Shape("insert", columns, fetch, size))
        if plan is None:
            return False
        plans[size] = plan
    plan = plans[sizes[0]]
    statements = undisturbed(_in_portions, plan, rows, [(plans[size].sql, size) for size in sizes])
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    if fetch:
        undisturbed(_store_each, tmap, plan, rows, sizes, results)
    return True


def _in_portions(plan: WritePlan, rows: Rows, portions: Iterable[tuple[str, int]]) -> list[Execute]:
    """Return statements that each take the next few rows."""
    found, start, width = [], 0, len(rows.columns)
    values: list[Any] = [None] * (len(rows) * width)
    for at, column in enumerate(plan.arrays(rows.columns)):
        values[at::width] = column
    for sql, size in portions:
        found.append(Execute(None, sql, values[start : start + size * width]))
        start += size * width
    return found


def _store_each(tmap: TableMap, plan: WritePlan, rows: Rows, sizes: Sequence[int], results: Sequence[Fetched]) -> None:
    """Store what statements of some rows each brought back."""
    found: list[Any] = []
    for size, result in zip(sizes, results, strict=True):
        if len(result.rows) != size:
            raise _lost(tmap, size, len(result.rows))
        found += result.rows
    _store_matched(tmap, plan, rows, found)


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


def _store_matched(tmap: TableMap, plan: WritePlan, rows: Rows, found: Sequence[Any]) -> None:
    """Store what came back from rows that were inserted together, matched by the key that was sent or by the order of the keys made."""
    if not plan.results:
        return
    if len(found) != len(rows):
        raise _lost(tmap, len(rows), len(found))
    at = plan.key_at
    if tmap.key[0].index in rows.shape:
        processors = [plan.results[index][1] for index in at]
        by_key = {_key_of(one, at, processors): one for one in found}
        keys = zip(*[rows.columns[rows.shape.index(slot.index)] for slot in tmap.key], strict=True)
        try:
            found = [by_key[key] for key in keys]
        except KeyError:
            raise _lost(tmap, len(rows), len(by_key)) from None
        plan.store_all(rows, found)
        return
    plan.store_all(rows, sorted(found, key=itemgetter(at[0])))


def _key_of(found: Any, at: Sequence[int], processors: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([found[index] if process is None else process(found[index]) for index, process in zip(at, processors, strict=True)])


def _lost(tmap: TableMap, sent: int, found: int) -> FlushError:
    return FlushError(
        f"INSERT into {tmap.table.name!r} sent {sent} row(s) and {found} came back: the database (a trigger, a rule, a policy) kept some from being "
        "inserted, or changed their primary key, so the objects cannot be matched with rows"
    )


def _fetch_after_insert(channel: Channel, tmap: TableMap, rows: Rows, results: Sequence[Fetched]) -> Op[None]:
    """Read back what the server made, where INSERT returns nothing: the generated key first, then the rest by key."""
    for row, result in zip(rows.singles(), results, strict=True):
        have = row.obj.__dict__
        rest = list(rows.fetch)
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


def update_rows(channel: Channel, tmap: TableMap, groups: Sequence[Rows]) -> Op[None]:
    """Update rows of one table, and store what the server changed.

    Raises StaleDataError if a row is not there any more, or has another version.
    """
    for rows in groups:
        if rows.expressions:
            yield from _update_singly(channel, tmap, rows)
        else:
            yield from _update_group(channel, tmap, rows)


def _update_singly(channel: Channel, tmap: TableMap, rows: Rows) -> Op[None]:
    for row in rows.singles():
        found = yield from update_expressions(channel, tmap, row)
        check_count(tmap, "UPDATE", 1, found)


def _update_group(channel: Channel, tmap: TableMap, rows: Rows) -> Op[None]:
    fetch = rows.fetch
    plan = plan_of(channel, tmap, Shape("update", rows.shape, fetch))
    if plan is None:
        yield from _update_singly(channel, tmap, rows)
        return
    if len(rows) > 1 and not fetch and (tmap.version is None or channel.dialect.features.update_join_values):
        yield from _update_many(channel, tmap, plan, rows)
        return
    statements = [Execute(None, plan.sql, params) for params in plan.each(rows)]
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    check_count(tmap, "UPDATE", len(rows), _total(results))
    if not fetch:
        return
    returning = channel.dialect.features.update_returning
    for row, result in zip(rows.singles(), results, strict=True):
        if returning:
            plan.store(row, result.rows[0])
        else:
            yield from fetch_back(channel, tmap, fetch, row)


def _total(results: Sequence[Fetched]) -> int:
    """Return how many rows were matched in all; -1 if one of the answers does not tell."""
    counts = [len(result.rows) if result.rows else result.rowcount for result in results]
    return -1 if -1 in counts else sum(counts)


def _update_many(channel: Channel, tmap: TableMap, plan: WritePlan, rows: Rows) -> Op[None]:
    is_distinct = _count_distinct(rows.columns[len(rows.shape) :]) == len(rows)
    arrays = plan_of(channel, tmap, Shape("update", rows.shape, (), -1)) if is_distinct else None
    if arrays is not None:
        results = [(yield from transaction.send(channel, arrays.sql, arrays.arrays(rows.columns), context_of(channel)))]
    elif is_distinct and (portions := _wide_updates(channel, tmap, rows)):
        results = yield from transaction.send_batch(channel, undisturbed(_in_portions, plan, rows, portions), context_of(channel))
    else:
        results = [(yield from transaction.send_many(channel, plan.sql, plan.each(rows), context_of(channel)))]
    check_count(tmap, "UPDATE", len(rows), _total(results))


def _wide_updates(channel: Channel, tmap: TableMap, rows: Rows) -> list[tuple[str, int]]:
    """Return statements that update several rows each, with their numbers; none if the database or these columns do not allow it."""
    features = channel.dialect.features
    if len(rows) < (_FEW if features.update_join_values else _WIDE if features.update_from_values else len(rows) + 1):
        return []
    largest = min(_MANY, features.max_parameters // len(rows.columns))
    plans = [(plan_of(channel, tmap, Shape("update", rows.shape, (), size)), size) for size in _sizes(len(rows), largest)]
    return [] if (None in [plan for plan, _ in plans]) else [(plan.sql, size) for plan, size in plans if plan is not None]


def _count_distinct(keys: Sequence[Sequence[Any]]) -> int:
    """Return how many different keys there are; more rows than that means that one is written twice."""
    return len(set(keys[0] if len(keys) == 1 else zip(*keys, strict=True)))


def check_count(tmap: TableMap, verb: str, expected: int, matched: int) -> None:
    """Raise StaleDataError if a statement matched other than the expected number of rows; -1 is "the driver does not say"."""
    if matched not in (expected, -1):
        raise StaleDataError(
            f"{verb} statement on table '{tmap.table.description}' expected to {verb.lower()} {expected} row(s); {matched} were matched. "
            "Another transaction changed or deleted them; roll back, load the objects again and repeat."
        )


# ---- delete


def delete_rows(channel: Channel, tmap: TableMap, columns: Sequence[Sequence[Any]]) -> Op[None]:
    """Delete rows of one table by their keys (and versions), given column by column.

    Raises StaleDataError if a row of a versioned table is not there; otherwise warns.
    """
    count = len(columns[0])
    if tmap.version is None and count > 1 and _count_distinct(columns) == count:
        matched = yield from _delete_many(channel, tmap, columns)
    else:
        plan = _delete_plan(channel, tmap)
        statements = [Execute(None, plan.sql, plan.bound(key)) for key in zip(*columns, strict=True)]
        results = yield from transaction.send_batch(channel, statements, context_of(channel))
        matched = _total(results)
    if tmap.version is not None:
        check_count(tmap, "DELETE", count, matched)
    elif matched not in (count, -1) and tmap.mapper.confirm_deleted_rows:
        warnings.warn(
            f"DELETE statement on table '{tmap.table.description}' expected to delete {count} row(s); {matched} were matched. "
            "Please set confirm_deleted_rows=False within the mapper configuration to prevent this warning.",
            AmboWarning,
            stacklevel=2,
        )


def _delete_plan(channel: Channel, tmap: TableMap) -> WritePlan:
    plan = plan_of(channel, tmap, _shape("delete", (), ()))
    assert plan is not None
    return plan


def _delete_many(channel: Channel, tmap: TableMap, columns: Sequence[Sequence[Any]]) -> Op[int]:
    plan = plan_of(channel, tmap, _shape("delete", (), (), -1))
    if plan is not None:
        result = yield from transaction.send(channel, plan.sql, plan.arrays(columns), context_of(channel))
        return result.rowcount
    single = _delete_plan(channel, tmap)
    arrays = single.arrays(columns)
    if len(arrays) > 1:
        result = yield from transaction.send_many(channel, single.sql, list(zip(*arrays, strict=True)), context_of(channel))
        return result.rowcount
    values = arrays[0]
    statements = []
    for start in range(0, len(values), _MANY):
        chunk = values[start : start + _MANY]
        chunk += [chunk[-1]] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))
        shaped = plan_of(channel, tmap, _shape("delete", (), (), len(chunk)))
        assert shaped is not None
        statements.append(Execute(None, shaped.sql, chunk))
    results = yield from transaction.send_batch(channel, statements, context_of(channel))
    return _total(results)
