"""Types for annotations, at SQLAlchemy's path."""

from ambo.statements.arguments import ExecuteOptions as OrmExecuteOptionsParameter, SynchronizeSession as SynchronizeSessionArgument

__all__ = [
    "OrmExecuteOptionsParameter",
    "SynchronizeSessionArgument",
]
