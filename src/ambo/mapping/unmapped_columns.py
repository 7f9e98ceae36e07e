"""`unmapped_column()`: a column that a mapped class declares for its table, and that is no attribute of the class.

    class User(Base):
        __tablename__ = "user"
        id: Mapped[int] = mapped_column(primary_key=True)
        legacy_name: Unmapped[str | None] = unmapped_column()

`create_all` makes the column and reflection finds it; objects and `select(User)` know nothing of it. SQL that needs it
says `User.__table__.c.legacy_name`. Its `default` and `server_default` work, as for any column that a flush says nothing about.

Rule: it goes the way of `mapped_column()` until the table is made; then the mapper is told to leave it out.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from ambo.errors import ArgumentError, MappedAnnotationError
from ambo.mapping.mapped import Unmapped
from ambo.mapping.mapped_column import Class, MappedColumn, mapped_column
from ambo.mapping.markers import NO_ARG

T = TypeVar("T")

_OF_ATTRIBUTES = frozenset(
    {
        "active_history",
        "compare",
        "dataclass_metadata",
        "default_factory",
        "deferred",
        "deferred_group",
        "deferred_raiseload",
        "hash",
        "kw_only",
        "repr",
    }
)


class UnmappedColumn(MappedColumn[T], Unmapped[T]):
    """A column in a class body that becomes part of the table only."""

    def _refuse_without_type(self, class_: Class, key: str) -> None:
        raise MappedAnnotationError(
            f"{class_.__name__}.{key} has neither a type nor an Unmapped[] annotation; "
            f"write '{key}: Unmapped[int] = unmapped_column()' or 'unmapped_column(Integer)'"
        )


def unmapped_column(
    __name_pos: Any = None,
    __type_pos: Any = None,
    /,
    *args: Any,
    init: Literal[False] = False,
    default: Any = NO_ARG,
    insert_default: Any = NO_ARG,
    **kw: Any,
) -> UnmappedColumn[Any]:
    """Declare a column of a mapped class's table that is no attribute of the class.

        legacy_name: Unmapped[str | None] = unmapped_column(String(50), server_default="")

    Takes the arguments of `mapped_column()` that are about the column; `default` and `insert_default` are the same here. `init=False`
    is there for type checkers: the column is no field of a dataclass. A primary key may be unmapped if `__mapper_args__`
    names a `primary_key` of mapped columns.

    Raises ArgumentError for arguments that only an attribute can have, such as `deferred`.
    """
    wrong = sorted(_OF_ATTRIBUTES & set(kw))
    if init is not False:
        wrong.append("init")
    if wrong:
        raise ArgumentError(f"unmapped_column() declares no attribute and does not take {', '.join(wrong)}; mapped_column() does")
    if default is not NO_ARG and insert_default is not NO_ARG:
        raise ArgumentError("default and insert_default of unmapped_column() are the same; pass one of them")
    given = mapped_column(__name_pos, __type_pos, *args, insert_default=default if insert_default is NO_ARG else insert_default, **kw)
    return UnmappedColumn(
        given.column,
        use_existing_column=given.use_existing_column,
        sort_order=given._sort_order,
        explicit_name=given.explicit_name,
    )
