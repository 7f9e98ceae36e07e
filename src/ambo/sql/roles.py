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
    WhereHavingRole,
)

__all__ = [
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
