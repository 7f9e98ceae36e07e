"""Identifiers: when they are quoted and how, and the full names of tables, columns and constraints."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from ambo.errors import IdentifierError, InvalidRequestError
from ambo.statements.names import NO_NAME, quoted_name, shortened, truncated_name
from ambo.statements.naming import conventional_name

_PLAIN = re.compile(r"^[a-z_][a-z0-9_$]*$")


class Identifiers:
    """Quotes names where a database needs it, and remembers what it found.

    `preparer.quote("user")` is `"user"` on PostgreSQL, where it is a reserved word, and `user` elsewhere.
    """

    def __init__(self, features: Any, reserved: frozenset[str], open_quote: str = '"', close_quote: str = '"') -> None:
        self.features = features
        self.reserved_words = reserved
        self.initial_quote = open_quote
        self.final_quote = close_quote
        self.escape_percents = False
        self._known: dict[str, str] = {}
        self._schemas: Mapping[str | None, str | None] = {}

    # -- quoting

    def quote(self, name: str, force: Any = None) -> str:
        """Return a name, quoted if it has to be."""
        if name.__class__ is str:
            known = self._known.get(name)
            if known is None:
                known = self.quote_identifier(name) if self.requires_quotes(name) else name
                if len(self._known) < 10_000:
                    self._known[name] = known
            return known
        wanted = getattr(name, "quote", None)
        text = str.__str__(name)
        if wanted is None:
            return self.quote(text)
        return self.quote_identifier(text) if wanted else text

    def requires_quotes(self, name: str) -> bool:
        """Tell whether a name means something else without quotes."""
        return _PLAIN.match(name) is None or name in self.reserved_words

    def quote_identifier(self, name: str) -> str:
        """Return a name in quotes."""
        escaped = name.replace(self.final_quote, self.final_quote * 2)
        if self.escape_percents:
            escaped = escaped.replace("%", "%%")
        return f"{self.initial_quote}{escaped}{self.final_quote}"

    def quote_schema(self, schema: str, force: Any = None) -> str:
        """Return a schema's name; one with dots that is not a `quoted_name` is quoted part by part."""
        if isinstance(schema, quoted_name) and schema.quote:
            return self.quote_identifier(schema)
        return ".".join(self.quote(part) for part in str(schema).split("."))

    # -- full names

    def translated(self, names: Mapping[str | None, str | None]) -> Identifiers:
        """Return a preparer that writes other schemas in the place of some; None stands for no schema."""
        made = copy.copy(self)
        made._schemas = names
        return made

    def schema_of(self, item: Any) -> str | None:
        """Return the schema to write before an item's name, or None."""
        own = getattr(item, "schema", None)
        return self._schemas.get(own, own) if self._schemas else own

    def format_table(self, table: Any, use_schema: bool = True, name: str | None = None) -> str:
        """Return a table's name with its schema."""
        found = self.quote(table.name if name is None else name)
        schema = self.schema_of(table) if use_schema else None
        return f"{self.quote_schema(schema)}.{found}" if schema else found

    def format_column(self, column: Any, use_table: bool = False, name: str | None = None, table_name: str | None = None) -> str:
        """Return a column's name, with its table's if asked."""
        found = self.quote(column.name if name is None else name)
        if not use_table:
            return found
        return f"{self.format_table(column.table, use_schema=False, name=table_name)}.{found}"

    def format_sequence(self, sequence: Any, use_schema: bool = True) -> str:
        """Return a sequence's name with its schema."""
        found = self.quote(sequence.name)
        schema = self.schema_of(sequence) if use_schema else None
        return f"{self.quote_schema(schema)}.{found}" if schema else found

    def format_type(self, type_: Any, schema: str | None = None) -> str:
        """Return the name of a type that the schema defines (an enumeration, a domain)."""
        found = self.quote(type_.name)
        return f"{self.quote_schema(schema)}.{found}" if schema else found

    def format_constraint(self, constraint: Any) -> str | None:
        """Return a constraint's name, shortened if it was made by a convention; None if it has none."""
        name = self._given_name(constraint)
        if name is None:
            return None
        return self._fitting(name, self.features.max_constraint_name_length)

    def format_index(self, index: Any) -> str:
        """Return an index's name."""
        name = self._given_name(index)
        if name is None:
            raise InvalidRequestError(f"an index on {index.table} has no name; CREATE INDEX and DROP INDEX need one")
        return self._fitting(name, self.features.max_index_name_length)

    def _given_name(self, item: Any) -> Any:
        if item.name is None and getattr(item, "table", None) is not None and getattr(item, "_type_bound", False):
            return conventional_name(item, item.table, None)
        return None if item.name is NO_NAME else item.name

    def _fitting(self, name: str, longest: int | None) -> str:
        limit = longest or self.features.max_identifier_length
        if len(name) <= limit:
            return self.quote(name)
        if isinstance(name, truncated_name):
            return self.quote(shortened(str(name), limit))
        raise IdentifierError(f"identifier {name!r} exceeds the maximum length of {limit} characters")

    def unformat_identifiers(self, identifiers: str) -> list[str]:
        """Split `"a"."b".c` into its names."""
        pattern = re.compile(
            rf"{re.escape(self.initial_quote)}((?:[^{re.escape(self.final_quote)}]|{re.escape(self.final_quote) * 2})+){re.escape(self.final_quote)}|([^.]+)"
        )
        return [(quoted or plain).replace(self.final_quote * 2, self.final_quote) for quoted, plain in pattern.findall(identifiers)]
