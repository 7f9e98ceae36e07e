"""The types of what users pass: names for their own annotations, as in `def search(*where: ColumnExpressionArgument[bool])`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union

from ambo.statements.nodes import ColumnElement

_T = TypeVar("_T")

ColumnExpressionArgument = Union[ColumnElement[_T], Callable[[], ColumnElement[_T]], Any]
ColumnExpressionOrLiteralArgument = Union[ColumnElement[_T], _T, Any]
ColumnExpressionOrStrLabelArgument = Union[ColumnElement[_T], str, Any]
ColumnsClauseArgument = Union[ColumnElement[_T], type[_T], Any]

ForUpdateArgument = Union[bool, Mapping[str, Any], None, Any]
TableArguments = Union[tuple[Any, ...], Mapping[str, Any]]

SingleParameters = Union[Mapping[str, Any], Sequence[Any]]
ManyParameters = Sequence[Mapping[str, Any]]
AnyParameters = Union[SingleParameters, ManyParameters]
ExecuteOptions = Mapping[str, Any]
IsolationLevel = Literal["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED", "AUTOCOMMIT"]

SynchronizeSession = Literal[False, "auto", "evaluate", "fetch"]
