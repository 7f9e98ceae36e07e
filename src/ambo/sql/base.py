"""What statements have in common, at SQLAlchemy's path."""

from ambo.loading.options import ExecutableOption
from ambo.statements.columns import ColumnCollection, ColumnCollection as DedupeColumnCollection, ReadOnlyColumnCollection
from ambo.statements.executable import Executable
from ambo.statements.syntax_extensions import SyntaxExtension

__all__ = [
    "ColumnCollection",
    "DedupeColumnCollection",
    "Executable",
    "ExecutableOption",
    "ReadOnlyColumnCollection",
    "SyntaxExtension",
]
