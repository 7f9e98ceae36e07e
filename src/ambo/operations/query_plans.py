"""What a session's statements have in common whether their rows come at once (`query.py`) or part by part (`session_streams.py`).

Rule 1: nothing here sends anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.loading.from_statement import FromStatement
from ambo.loading.prepared import Prepared, prepare_rows
from ambo.loading.results import Result
from ambo.statements.keys import StatementKey
from ambo.statements.traversal import iterate

Options = Mapping[str, Any]
NOTHING: Options = {}
_SELECTS = re.compile(r"[\s(]*SELECT\b", re.IGNORECASE)


def given_parameters(params: Any) -> Options | None:
    """Return the one set of parameters a SELECT takes.

    Raises ArgumentError if there are several.
    """
    if params is None or isinstance(params, Mapping):
        return params
    if isinstance(params, Sequence) and len(params) <= 1:
        return params[0] if params else None
    raise ArgumentError("a SELECT takes one dictionary of parameters, not a list of several")


def subject_of(statement: Any) -> Any:
    """Return the mapper of the first entity that a SELECT names, which decides about the engine; None if it names none."""
    for item in statement._raw_columns:
        mapper = getattr(item, "mapper", None) or getattr(getattr(item, "entity", None), "mapper", None)
        if mapper is not None:
            return mapper
    return _subject_inside((*statement._raw_columns, *statement._from_obj))


def _subject_inside(items: Sequence[Any]) -> Any:
    """Return the mapper of the first entity in expressions such as `func.count(User.id)`."""
    for item in items:
        for node in iterate(item):
            mapper = getattr(getattr(node, "entity", node), "mapper", None)
            if mapper is not None:
                return mapper
    return None


def prepared_for_rows(channel: Any, statement: FromStatement, key: StatementKey, planned: Any, names: Sequence[str]) -> Prepared:
    """Return what becomes of the rows of another statement, whose columns have these names."""
    plans = channel.bind.plans
    cached_as = ("rows", key.key, tuple(names))
    found: Prepared | None = plans.get(cached_as)
    if found is None:
        objects = planned.shape_for(cached_as[2]).objects or [()] * len(names)
        found = prepare_rows(statement, cached_as[2], objects, channel.dialect)
        plans.put(cached_as, found)
    return found


def is_streamed(session: Any, statement: Any, options: Options) -> bool:
    """Tell whether the options ask for rows part by part: only a blocking session can, its results may fetch when they are read.

    Of text only what begins with SELECT is streamed, since databases open cursors for nothing else.
    """
    if session.is_async or options.get("prebuffer_rows") or not (options.get("yield_per") or options.get("stream_results")):
        return False
    sent = statement.element if statement.visit in ("from_statement", "textual_select") else statement
    if getattr(sent, "is_text", False):
        return _SELECTS.match(sent.text) is not None
    return bool(getattr(sent, "returns_rows", False)) and not getattr(sent, "is_dml", False)


def refuse_cut(prepared: Prepared) -> None:
    """Refuse to read a query in parts whose objects take several rows.

    Raises InvalidRequestError.
    """
    if prepared.plan.repeats is not None:
        raise InvalidRequestError(
            f"{prepared.plan.repeats} is loaded by a join against a collection, whose rows a stream would cut apart; "
            "use selectinload() for it, or execute the statement without streaming"
        )


def in_parts(result: Result[Any], options: Options) -> Result[Any]:
    """Give a result that was fetched at once the size of its parts."""
    return result.yield_per(options["yield_per"]) if options.get("yield_per") else result
