"""`index_property`: one element of a JSON, ARRAY or HSTORE column, as an attribute of its own.

    class Person(Base):
        data = mapped_column(JSON)
        name = index_property("data", "name")

    Person(name="Ann").data          ->  {"name": "Ann"}
    select(Person).where(Person.name == "Ann")

Rule: a change of the element marks the column as changed, so the flush writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ambo.mapping.access import flag_modified
from ambo.mapping.hybrids import hybrid_property
from ambo.statements.types import ARRAY

_T = TypeVar("_T")
_NO_DEFAULT: Any = object()


class index_property(hybrid_property[Any]):
    """An element of an indexable column; on the class it is the SQL for it.

    Arguments: `attr_name` is the column's attribute (or another index_property's), `index` the key or Python-side position; `default`
    is returned where there is no element, else reading raises AttributeError; `datatype` makes the container for the first element;
    `mutable=False` refuses changes; `onebased` says that SQL counts an array's elements from 1.

    Derive from it and override `expr(model)` to change the SQL, such as adding a cast.
    """

    def __init__(
        self,
        attr_name: str,
        index: int | str,
        default: Any = _NO_DEFAULT,
        datatype: Callable[[], Any] | None = None,
        mutable: bool = True,
        onebased: bool = True,
    ) -> None:
        self.attr_name = attr_name
        self.index = index
        self.default = default
        self.datatype = datatype or self._container
        self.onebased = onebased
        super().__init__(self.get_element, self.set_element if mutable else None, self.delete_element if mutable else None, self.expr)
        self.__name__ = str(index)

    def __set_name__(self, owner: Any, name: str) -> None:
        self.__name__ = name

    def _container(self) -> Any:
        return [None] * (self.index + 1) if isinstance(self.index, int) else {}

    def get_element(self, obj: Any) -> Any:
        """Return the element of an object; raises AttributeError if there is none and no default."""
        try:
            return getattr(obj, self.attr_name)[self.index]
        except (KeyError, IndexError, TypeError):
            if self.default is _NO_DEFAULT:
                raise AttributeError(f"{type(obj).__name__}.{self.attr_name} has no element {self.index!r}") from None
            return self.default

    def set_element(self, obj: Any, value: Any) -> None:
        """Put a value into the container of an object, making one if there is none."""
        container = getattr(obj, self.attr_name, None)
        if container is None:
            container = self.datatype()
            setattr(obj, self.attr_name, container)
        container[self.index] = value
        self._changed(obj, container)

    def delete_element(self, obj: Any) -> None:
        """Take the element out of the container of an object; raises AttributeError if there is none."""
        container: Any = getattr(obj, self.attr_name, None)
        try:
            del container[self.index]
        except (KeyError, IndexError, TypeError):
            raise AttributeError(f"{type(obj).__name__}.{self.attr_name} has no element {self.index!r}") from None
        self._changed(obj, container)

    def _changed(self, obj: Any, container: Any) -> None:
        setattr(obj, self.attr_name, container)
        if self.attr_name in type(obj)._sa_class_manager.tracked:
            flag_modified(obj, self.attr_name)

    def expr(self, model: Any) -> Any:
        """Return the SQL of the element."""
        column = getattr(model, self.attr_name)
        counts_from_one = self.onebased and isinstance(self.index, int) and isinstance(getattr(column, "type", None), ARRAY)
        return column[self.index + 1 if counts_from_one and isinstance(self.index, int) else self.index]
