"""Types for annotations, at SQLAlchemy's path."""

from ambo.statements.arguments import (
    ColumnExpressionArgument as _ColumnExpressionArgument,
    ColumnExpressionArgument as _OnClauseArgument,
    ColumnExpressionOrLiteralArgument as _ColumnExpressionOrLiteralArgument,
    ColumnExpressionOrStrLabelArgument as _ColumnExpressionOrStrLabelArgument,
    ColumnsClauseArgument as _ColumnsClauseArgument,
)
from ambo.statements.sources import FromClause as _FromClauseArgument

__all__ = [
    "_ColumnExpressionArgument",
    "_ColumnExpressionOrLiteralArgument",
    "_ColumnExpressionOrStrLabelArgument",
    "_ColumnsClauseArgument",
    "_FromClauseArgument",
    "_OnClauseArgument",
]
