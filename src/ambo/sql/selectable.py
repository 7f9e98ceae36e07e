"""Statements that return rows and what they select from, at SQLAlchemy's path."""

from ambo.statements.aliased_sources import CTE, Alias, AliasedSource as AliasedReturnsRows, Lateral, Subquery, TableSample
from ambo.statements.aliases import alias, cte, lateral, subquery, table, values
from ambo.statements.arguments import ForUpdateArgument as ForUpdateParameter, Selectable
from ambo.statements.compounds import (
    CompoundSelect,
    Exists,
    ScalarSelect,
    TextualSelect,
    TextualSelect as TextAsFrom,
    except_,
    except_all,
    exists,
    intersect,
    intersect_all,
    union,
    union_all,
)
from ambo.statements.froms import join, outerjoin, tablesample
from ambo.statements.labels import (
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    SelectLabelStyle,
)
from ambo.statements.row_statements import ReturnsRows, SelectBase
from ambo.statements.select_parts import ForUpdateArg
from ambo.statements.selects import GenerativeSelect, Select, select
from ambo.statements.sources import FromClause, Join, TableClause
from ambo.statements.table_values import TableValuedAlias, Values

__all__ = [
    "Selectable",
    "ForUpdateParameter",
    "Alias",
    "AliasedReturnsRows",
    "CTE",
    "CompoundSelect",
    "Exists",
    "ForUpdateArg",
    "FromClause",
    "GenerativeSelect",
    "Join",
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Lateral",
    "ReturnsRows",
    "ScalarSelect",
    "Select",
    "SelectBase",
    "SelectLabelStyle",
    "Subquery",
    "TableClause",
    "TableSample",
    "TableValuedAlias",
    "TextAsFrom",
    "TextualSelect",
    "Values",
    "alias",
    "cte",
    "except_",
    "except_all",
    "exists",
    "intersect",
    "intersect_all",
    "join",
    "lateral",
    "outerjoin",
    "select",
    "subquery",
    "table",
    "tablesample",
    "union",
    "union_all",
    "values",
]
