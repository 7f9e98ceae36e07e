"""Results that were kept outside of a session, brought back into one: what a cache of query results needs.

    @event.listens_for(Session, "do_orm_execute")
    def cached(state):
        frozen = cache.get(key) or cache.put(key, state.invoke_statement().freeze())
        return merge_frozen_result(state.session, state.statement, frozen, load=False)()
"""

from __future__ import annotations

from typing import Any

from ambo.loading.results import FrozenResult


def merge_frozen_result(session: Any, statement: Any, frozen_result: FrozenResult[Any], load: bool = True) -> FrozenResult[Any]:
    """Return a frozen result whose objects belong to a session.

    Arguments: `statement` is what the result came from, `load` as in `Session.merge`; with False nothing is asked of the database.
    """
    entities = [described["entity"] is not None and described["expr"] is described["entity"] for described in statement.column_descriptions]
    rows = [
        tuple([session.merge(value, load=load) if is_entity and value is not None else value for is_entity, value in zip(entities, row, strict=True)])
        for row in frozen_result.rewrite_rows()
    ]
    return frozen_result.with_new_rows(rows)
