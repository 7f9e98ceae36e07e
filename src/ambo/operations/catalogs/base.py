"""`Catalog`: the questions that reflection and `checkfirst` ask a database, one class a database.

Answers have the shape that `Inspector` hands to users (lists of dicts, as SQLAlchemy's). Every method is an operation. A
`schema` of None is the default one. Names come as the database keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ambo.effects import Op
from ambo.operations.channel import Channel
from ambo.operations.transaction import send

Described = dict[str, Any]


def ask(channel: Channel, sql: str, params: Sequence[Any] = ()) -> Op[list[Any]]:
    """Run a query of the catalog and return its rows."""
    return (yield from send(channel, sql, params)).rows


class Catalog:
    """See the module's docstring."""

    def default_schema(self, channel: Channel) -> Op[str | None]:
        """Return the schema of names that have none."""
        raise NotImplementedError

    def schema_names(self, channel: Channel) -> Op[list[str]]:
        """Return the schemas."""
        raise NotImplementedError

    def table_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        """Return the tables of a schema, in order of their names."""
        raise NotImplementedError

    def temp_table_names(self, channel: Channel) -> Op[list[str]]:
        """Return the temporary tables."""
        raise NotImplementedError

    def view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        """Return the views of a schema."""
        raise NotImplementedError

    def materialized_view_names(self, channel: Channel, schema: str | None) -> Op[list[str]]:
        """Return the materialized views of a schema."""
        yield from ()
        return []

    def view_definition(self, channel: Channel, name: str, schema: str | None) -> Op[str | None]:
        """Return the SELECT of a view, None if there is no such view."""
        raise NotImplementedError

    def relation_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        """Return everything that occupies a table's name in a schema."""
        raise NotImplementedError

    def sequence_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        """Return the sequences of a schema."""
        yield from ()
        return set()

    def type_names(self, channel: Channel, schema: str | None) -> Op[set[str]]:
        """Return the types with names of their own."""
        yield from ()
        return set()

    def index_names(self, channel: Channel, table: str, schema: str | None) -> Op[set[str]]:
        """Return the names of a table's indexes."""
        return {str(one["name"]) for one in (yield from self.indexes(channel, table, schema))}

    def columns(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        """Return name, type, nullable, default and more for each column; an empty list if there is no such table."""
        raise NotImplementedError

    def primary_key(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        """Return constrained_columns and name."""
        raise NotImplementedError

    def foreign_keys(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        """Return name, constrained_columns, referred_schema, referred_table, referred_columns and options."""
        raise NotImplementedError

    def unique_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        """Return name and column_names."""
        raise NotImplementedError

    def indexes(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        """Return name, column_names, unique and more."""
        raise NotImplementedError

    def check_constraints(self, channel: Channel, table: str, schema: str | None) -> Op[list[Described]]:
        """Return name and sqltext."""
        raise NotImplementedError

    def table_comment(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        """Return {"text": the comment or None}."""
        raise NotImplementedError

    def table_options(self, channel: Channel, table: str, schema: str | None) -> Op[Described]:
        """Return options as keyword arguments of Table."""
        yield from ()
        return {}

    def enums(self, channel: Channel, schema: str | None) -> Op[list[Described]]:
        """Return the enumerated types."""
        yield from ()
        return []
