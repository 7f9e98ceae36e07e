"""`DeferredReflection`: declarative classes whose tables are read from the database before they are mapped.

    class Reflected(DeferredReflection): __abstract__ = True
    class User(Reflected, Base): __tablename__ = "user"
    Reflected.prepare(engine)            async: await connection.run_sync(Reflected.prepare)

Rule 1: until `prepare` the classes are not mapped.
"""

from __future__ import annotations

from typing import Any

from ambo.errors import ArgumentError
from ambo.mapping.class_body import own_bases
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.generated_bases import refusal_of, registry_of, waiting
from ambo.statements.tables import Table


class DeferredReflection:
    """Mixed into declarative classes that wait for `prepare()`."""

    _ambo_waits_for_reflection = True

    @classmethod
    def _ambo_refusal(cls) -> Exception | None:
        return refusal_of(cls, "DeferredReflection")

    @classmethod
    def prepare(cls, bind: Any, **reflection_options: Any) -> None:
        """Read the tables of all waiting classes below this one, and map them.

        `bind` is an Engine or a Connection; further arguments go to `Table`.
        """
        if not hasattr(bind, "_run_schema_verb"):
            raise ArgumentError(f"Expected Engine or Connection, got {bind!r}")
        reflection_options.pop("views", None)  # a view is read as a table is
        prepared = [one for one in waiting if issubclass(one, cls)]
        for class_ in prepared:
            waiting.remove(class_)
            map_class(registry_of(class_), class_, reflect={"autoload_with": bind, **reflection_options})
        for class_ in prepared:
            for prop in class_.__dict__["__entity__"].mapper.attributes.values():
                if prop.is_relationship:
                    _read_secondary(prop, getattr(class_, "metadata", None), bind)


def _read_secondary(prop: Any, metadata: Any, bind: Any) -> None:
    """Read the table between two classes, where only its name is known."""
    name = prop.given_secondary
    if isinstance(name, Table) and not len(name.c):
        Table(name.name, name.metadata, schema=name.schema, autoload_with=bind, extend_existing=True)
    elif isinstance(name, str) and metadata is not None and name not in metadata.tables and name.replace(".", "").isidentifier():
        schema, _, plain = name.rpartition(".")
        Table(plain, metadata, schema=schema or None, autoload_with=bind)


own_bases.add(DeferredReflection)
