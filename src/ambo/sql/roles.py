"""Places in a statement, at SQLAlchemy's path."""

from ambo.statements.roles import (
    ColumnArgumentRole,
    ColumnsClauseRole,
    DMLTableRole,
    ExpressionElementRole,
    FromClauseRole,
    GroupByRole,
    JoinTargetRole,
    OnClauseRole,
    OrderByRole,
    Role as SQLRole,
    SelectStatementRole,
    StatementRole,
    TypedColumnsClauseRole,
    WhereHavingRole,
)

__all__ = [
    "TypedColumnsClauseRole",
    "ColumnArgumentRole",
    "ColumnsClauseRole",
    "DMLTableRole",
    "ExpressionElementRole",
    "FromClauseRole",
    "GroupByRole",
    "JoinTargetRole",
    "OnClauseRole",
    "OrderByRole",
    "SQLRole",
    "SelectStatementRole",
    "StatementRole",
    "WhereHavingRole",
]
