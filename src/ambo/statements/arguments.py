"""The types of what users pass: names for their own annotations, as in `def search(*where: ColumnExpressionArgument[bool])`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

from ambo.statements.expressions import ColumnElement
from ambo.statements.row_statements import ReturnsRows
from ambo.statements.sources import FromClause

_T = TypeVar("_T")

ColumnExpressionArgument = ColumnElement[_T] | Callable[[], ColumnElement[_T]] | Any
ColumnExpressionOrLiteralArgument: TypeAlias = ColumnElement[_T] | _T | Any
ColumnExpressionOrStrLabelArgument = ColumnElement[_T] | str | Any
ColumnsClauseArgument = ColumnElement[_T] | type[_T] | Any

ForUpdateArgument = bool | Mapping[str, Any] | None | Any
TableArguments = tuple[Any, ...] | Mapping[str, Any]

SingleParameters = Mapping[str, Any] | Sequence[Any]
ManyParameters = Sequence[Mapping[str, Any]]
AnyParameters = SingleParameters | ManyParameters
ExecuteOptions = Mapping[str, Any]
IsolationLevel = Literal["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED", "AUTOCOMMIT"]

SynchronizeSession = Literal[False, "auto", "evaluate", "fetch"]

Selectable = FromClause | ReturnsRows
