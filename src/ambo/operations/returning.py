"""Running a write of a mapped class; entities, attributes and bundles in its RETURNING become objects and values.

Rule 1: columns of RETURNING are told by their place; an entity's columns stand together.
Rule 2: what becomes of the rows is planned once for each structure, and kept in `engine.plans`, unless options may hold values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ambo.effects import Op
from ambo.loading.from_statement import FromStatement, ReturningPlanner
from ambo.loading.population import Loading
from ambo.loading.prepared import AS_DELIVERED, Prepared, prepare_rows
from ambo.loading.results import Result, Source
from ambo.loading.row_loader import RowLoader
from ambo.loading.rows import RowShape
from ambo.operations import execute as core
from ambo.operations.channel import Channel
from ambo.operations.eager import taken
from ambo.statements.keys import statement_key

Options = Mapping[str, Any]


def run_write(
    session: Any, channel: Channel, statement: Any, sets: Any, options: Options, then: Callable[[Any], None] | None = None
) -> Op[Result[Any]]:
    """Run a write; make objects of the entities in its RETURNING. `then` is called with its result before that."""
    found = yield from core.run(channel, statement, sets, {**channel.options, **options})
    if then is not None:
        then(found)
    if not any(_is_orm(one) for one in statement._returning):
        return found
    return (yield from objects_result(session, channel, statement, list(found._tuples()), found._shape, options))


def objects_result(session: Any, channel: Channel, statement: Any, rows: Sequence[Any], shape: RowShape, options: Options) -> Op[Result[Any]]:
    """Return the result of a write whose rows have come."""
    prepared = _prepared(channel, statement, shape, options.get("schema_translate_map", channel.options.get("schema_translate_map")))
    loading = Loading(session, bool(options.get("populate_existing")), options.get("identity_token"), options=options)
    loader = prepared.loader
    items: Iterable[Any]
    if loader is None or loader.gathering:
        items = yield from taken(channel, prepared, rows, loading)
    else:
        items = _when_read(loading, loader, rows)
    made: Any = Result(Source(items, prepared.single, prepared.plan.repeats), prepared.shape)
    return made  # type: ignore[no-any-return]  # a Result without a row count


def _when_read(loading: Loading, loader: RowLoader, rows: Sequence[Any]) -> Iterator[Any]:
    """Make objects of rows when the first of them is asked for; until then objects in memory are as the write left them."""
    items = loading.read(loader, rows)
    if loading.has_listeners:
        loading.finish()
    yield from items


def _prepared(channel: Channel, statement: Any, shape: RowShape, schemas: Any) -> Prepared:
    plans = channel.bind.plans
    known_as = None if statement._with_options else ("returning", statement_key(statement).key, schemas and tuple(schemas.items()))
    found: Prepared | None = None if known_as is None else plans.get(known_as)
    if found is None:
        reading = FromStatement(statement._returning, statement, statement._with_options)
        found = prepare_rows(reading, shape.names, shape.objects or [()] * len(shape.names), AS_DELIVERED, ReturningPlanner)
        found.schemas = schemas
        if known_as is not None:
            plans.put(known_as, found)
    return found


def _is_orm(item: Any) -> bool:
    return any(getattr(item, name, False) for name in ("is_entity", "is_entity_column", "is_bundle"))
