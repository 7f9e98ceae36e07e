"""`DeferredReflection`: declarative classes whose tables are read from the database before they are mapped.

    class Reflected(DeferredReflection): __abstract__ = True
    class User(Reflected, Base): __tablename__ = "user"
    Reflected.prepare(engine)            async: await connection.run_sync(Reflected.prepare)

Rule 1: until `prepare` the classes are not mapped.
"""

from __future__ import annotations

from typing import Any

from ambo.mapping.class_body import own_bases
from ambo.mapping.declarative_mapping import map_class
from ambo.mapping.generated_bases import registry_of, waiting


class DeferredReflection:
    """Mixed into declarative classes that wait for `prepare()`."""

    _ambo_waits_for_reflection = True

    @classmethod
    def prepare(cls, bind: Any, **reflection_options: Any) -> None:
        """Read the tables of all waiting classes below this one, and map them.

        `bind` is an Engine or a Connection; further arguments go to `Table`.
        """
        for class_ in [one for one in waiting if issubclass(one, cls)]:
            waiting.remove(class_)
            map_class(registry_of(class_), class_, reflect={"autoload_with": bind, **reflection_options})


own_bases.add(DeferredReflection)
