"""The expression language, at SQLAlchemy's path: expressions, statements, writes, and functions."""

from ambo.sql import dml, elements, selectable
from ambo.sql.dml import *
from ambo.sql.elements import *
from ambo.sql.selectable import *
from ambo.statements.columns import ColumnCollection
from ambo.statements.executable import Executable
from ambo.statements.function_elements import Function, FunctionElement, ScalarFunctionColumn
from ambo.statements.functions import func, modifier
from ambo.statements.operators import ColumnOperators, Operators, custom_op
from ambo.statements.syntax_extensions import SyntaxExtension
from ambo.statements.writes import from_dml_column

__all__ = [
    "ColumnCollection",
    "ColumnOperators",
    "Executable",
    "Function",
    "FunctionElement",
    "Operators",
    "ScalarFunctionColumn",
    "SyntaxExtension",
    "custom_op",
    "from_dml_column",
    "func",
    "modifier",
]
__all__ += dml.__all__
__all__ += elements.__all__
__all__ += selectable.__all__
