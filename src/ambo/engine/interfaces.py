"""What engines are made of, at SQLAlchemy's path."""

from ambo.operations.listeners import ExceptionContext
from ambo.rendering.compiled import Compiled
from ambo.rendering.dialect import Dialect
from ambo.rendering.type_names import TypeNames as TypeCompiler
from ambo.statements.arguments import (
    AnyParameters as _CoreAnyExecuteParams,
    ExecuteOptions as CoreExecuteOptionsParameter,
    ExecuteOptions as _ExecuteOptions,
    IsolationLevel,
    ManyParameters as _CoreMultiExecuteParams,
    SingleParameters as _CoreSingleExecuteParams,
)

__all__ = [
    "Compiled",
    "CoreExecuteOptionsParameter",
    "Dialect",
    "ExceptionContext",
    "IsolationLevel",
    "TypeCompiler",
    "_CoreAnyExecuteParams",
    "_CoreMultiExecuteParams",
    "_CoreSingleExecuteParams",
    "_ExecuteOptions",
]
