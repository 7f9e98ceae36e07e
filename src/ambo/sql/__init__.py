"""The expression language, at SQLAlchemy's path. Re-exports only."""

from ambo.sql import (
    base,
    coercions,
    compiler,
    ddl,
    dml,
    elements,
    expression,
    functions,
    naming,
    operators,
    roles,
    schema,
    selectable,
    sqltypes,
    type_api,
    util,
    visitors,
)
from ambo.sql.dml import *
from ambo.sql.elements import *
from ambo.sql.selectable import *
from ambo.statements.arguments import ColumnExpressionArgument
from ambo.statements.columns import ColumnCollection
from ambo.statements.ddl import DDL, DDLElement, ExecutableDDLElement
from ambo.statements.executable import Executable, Statement as StatementLambdaElement
from ambo.statements.function_elements import Function, FunctionElement, ScalarFunctionColumn
from ambo.statements.functions import func, modifier
from ambo.statements.operators import ColumnOperators, Operators, custom_op
from ambo.statements.selects import lambda_stmt
from ambo.statements.syntax_extensions import SyntaxExtension
from ambo.statements.traversal import ClauseVisitor
from ambo.statements.writes import from_dml_column

__all__ = [
    "ClauseVisitor",
    "ColumnCollection",
    "ColumnExpressionArgument",
    "ColumnOperators",
    "DDL",
    "DDLElement",
    "Executable",
    "ExecutableDDLElement",
    "Function",
    "FunctionElement",
    "Operators",
    "ScalarFunctionColumn",
    "StatementLambdaElement",
    "SyntaxExtension",
    "base",
    "coercions",
    "compiler",
    "custom_op",
    "ddl",
    "dml",
    "elements",
    "expression",
    "from_dml_column",
    "func",
    "functions",
    "lambda_stmt",
    "modifier",
    "naming",
    "operators",
    "roles",
    "schema",
    "selectable",
    "sqltypes",
    "type_api",
    "util",
    "visitors",
]
__all__ += dml.__all__
__all__ += elements.__all__
__all__ += selectable.__all__
