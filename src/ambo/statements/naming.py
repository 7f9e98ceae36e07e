"""Naming conventions: `MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "fk": "fk_%(table_name)s_…"})`.

A convention is a template by kind of constraint: "ix", "uq", "ck", "fk", "pk", or the class itself. Its tokens:
`table_name`, `referred_table_name`, `constraint_name`, and for columns `column_0_name`, `column_0_key`,
`column_0_label` (with the table's name before it), `column_0N_name` and `column_0_N_name` (all columns, joined by
nothing or `_`), the same with `referred_` before them. A function of (constraint, table) may stand under a name of your own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ambo.errors import InvalidRequestError, NoReferenceError
from ambo.statements.names import NO_NAME, conv

DEFAULT_CONVENTION: Mapping[Any, Any] = {"ix": "ix_%(column_0_label)s"}

_COLUMN_TOKEN = re.compile(r"^(referred_)?column_(\d+)(_?N)?(_\w+)?$")


class _Tokens(Mapping[str, Any]):
    """The tokens of one constraint, computed when the template asks for them."""

    def __init__(self, constraint: Any, table: Any, convention: Mapping[Any, Any], given: Any) -> None:
        self.constraint = constraint
        self.table = table
        self.convention = convention
        self.given = given

    def __getitem__(self, key: str) -> Any:
        if key in self.convention:
            return self.convention[key](self.constraint, self.table)
        if key == "table_name":
            return self.table.name
        if key == "constraint_name":
            return self._constraint_name()
        if key == "referred_table_name":
            return self._referred()[1]
        found = _COLUMN_TOKEN.match(key)
        if found is None:
            raise KeyError(key)
        return self._columns(*found.groups())

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def _constraint_name(self) -> str:
        if self.given is None or self.given is NO_NAME:
            raise InvalidRequestError(
                f"the naming convention of table {self.table.name!r} uses %(constraint_name)s, which requires that the "
                f"{type(self.constraint).__name__} is explicitly named: pass name='...'"
            )
        return str(self.given)

    def _referred(self) -> tuple[str | None, str, str | None]:
        """Return schema, table and column that the first foreign key names, without resolving it."""
        found: tuple[str | None, str, str | None] = self.constraint.elements[0]._target_parts()
        return found

    def _columns(self, referred: str | None, index: str, many: str | None, suffix: str | None) -> str:
        names = [self._name(one, bool(referred), suffix or "_name") for one in range(self._count())]
        if many:
            return ("_" if many == "_N" else "").join(names[int(index) :])
        return names[int(index)] if int(index) < len(names) else ""

    def _count(self) -> int:
        elements = getattr(self.constraint, "elements", None)
        return len(elements) if elements else len(self.constraint.columns)

    def _name(self, index: int, referred: bool, suffix: str) -> str:
        if referred:
            fk = self.constraint.elements[index]
            schema, table, column = fk._target_parts()
            try:
                if fk.parent is None:  # the constraint is being named before its columns know of it
                    target = self.table.metadata.tables.get(f"{schema}.{table}" if schema else table)
                    column = target.c[column].name if target is not None and column in target.c else column
                else:
                    column = fk.column.name
            except NoReferenceError:
                pass  # the other table comes later; its column is called what the key says
            return {"_name": f"{column}", "_key": f"{column}", "_label": f"{table}_{column}"}[suffix]
        column = self.constraint.columns[index]
        return {"_name": str(column.name), "_key": str(column.key), "_label": f"{self.table.name}_{column.name}"}[suffix]


def conventional_name(constraint: Any, table: Any, given: Any = None) -> Any:
    """Return the name a convention gives a constraint, or the given one if there is no convention for it."""
    convention = table.metadata.naming_convention
    if isinstance(given, conv) or given is NO_NAME:
        return given
    template = _template(constraint, convention)
    if template is None:
        return given
    if given is not None and "constraint_name" not in template:
        return given
    if given is None and getattr(constraint, "_type_bound", False) and "constraint_name" in template:
        return None  # Boolean() without a name: its CHECK has none either
    return conv(template % _Tokens(constraint, table, convention, given))


def _template(constraint: Any, convention: Mapping[Any, Any]) -> Any:
    for cls in type(constraint).__mro__:
        if cls in convention:
            return convention[cls]
        kind = cls.__dict__.get("_naming_kind")
        if kind is not None and kind in convention:
            return convention[kind]
    return None
