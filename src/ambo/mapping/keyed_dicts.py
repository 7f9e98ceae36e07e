"""Collections that are dicts: related objects under a key taken from each: `attribute_keyed_dict("name")`.

Rule 1: the key is computed when an object comes in and when it goes out; an attribute that changes in between is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ambo.errors import InvalidRequestError
from ambo.mapping.collections import InstrumentedDict, collection
from ambo.mapping.inspection import object_mapper

_KT = TypeVar("_KT")
_VT = TypeVar("_VT")


class _Unpopulated:
    """The key of an object whose key attribute has no value yet."""

    def __repr__(self) -> str:
        return "no key"


UNPOPULATED = _Unpopulated()


class KeyFuncDict(InstrumentedDict[_KT, _VT]):
    """A dict whose keys a function of the values gives."""

    __slots__ = ("__dict__",)

    def __init__(self, keyfunc: Callable[[Any], Any], *dict_args: Any, ignore_unpopulated_attribute: bool = False) -> None:
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute
        super().__init__(*dict_args)

    @classmethod
    def _unreduce(cls, keyfunc: Any, values: Any, ignore: bool = False) -> KeyFuncDict[_KT, _VT]:
        made: KeyFuncDict[_KT, _VT] = cls(keyfunc, ignore_unpopulated_attribute=ignore)
        dict.update(made, values)
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        _, _, saved, _, _ = super().__reduce_ex__(protocol)
        rest = {key: value for key, value in self.__dict__.items() if key not in ("keyfunc", "ignore_unpopulated_attribute")}
        state = (saved[0], saved[1], rest)
        return (KeyFuncDict._unreduce, (self.keyfunc, {}, self.ignore_unpopulated_attribute), state, None, iter(list(self.items())))

    def key_of(self, value: Any) -> Any:
        """Return the key of a value.

        Raises InvalidRequestError if the attribute it comes from was never set.
        """
        key = self.keyfunc(value)
        if key is UNPOPULATED:
            if self.ignore_unpopulated_attribute:
                return UNPOPULATED
            raise InvalidRequestError(
                f"in event triggered from population of a keyed dict, the key attribute of {value!r} was not set yet; set it before the object "
                "joins the collection, or pass ignore_unpopulated_attribute=True"
            )
        return key

    @collection.appender
    def set(self, value: Any, _sa_initiator: Any = None) -> None:
        """Add a value under its key."""
        key = self.key_of(value)
        if key is not UNPOPULATED:
            self[key] = value

    @collection.remover
    def remove(self, value: Any, _sa_initiator: Any = None) -> None:
        """Remove a value, found by its key.

        Raises InvalidRequestError if something else stands under that key.
        """
        key = self.key_of(value)
        if key is UNPOPULATED:
            return
        if key not in self or self[key] is not value:
            found = next((one for one, other in self.items() if other is value), UNPOPULATED)
            if found is not UNPOPULATED or key not in self:
                raise InvalidRequestError(
                    f"can't remove {value!r} from the dict: its key is now {key!r}, and it stands under {found!r}; "
                    "was the key attribute changed after it was added?"
                )
        del self[key]


MappedCollection = KeyFuncDict


class _ByAttribute:
    """Takes the key from an attribute."""

    def __init__(self, attr_name: str) -> None:
        self.attr_name = attr_name

    def __call__(self, value: Any) -> Any:
        found = value.__dict__.get(self.attr_name, UNPOPULATED)
        if found is UNPOPULATED:
            found = getattr(value, self.attr_name, UNPOPULATED)
            if found is None:
                return UNPOPULATED
        return found


class _ByColumns:
    """Takes the key from the attributes that columns are mapped to."""

    def __init__(self, columns: tuple[Any, ...]) -> None:
        self.columns = columns

    def __reduce__(self) -> Any:
        return (_ByColumnNames, (tuple((one.key, getattr(one.table, "fullname", None)) for one in self.columns),))

    def columns_for(self, mapper: Any) -> Iterable[Any]:
        """Return the columns of a mapper that make the key."""
        return self.columns

    def __call__(self, value: Any) -> Any:
        mapper = object_mapper(value)
        found = []
        for column in self.columns_for(mapper):
            prop = mapper.property_of(column)
            if prop is None:
                own = mapper.persist_selectable.corresponding_column(column)
                prop = mapper.property_of(own)
            one = _ByAttribute(prop.key)(value)
            if one is UNPOPULATED:
                return UNPOPULATED
            found.append(one)
        return found[0] if len(found) == 1 else tuple(found)


class _ByColumnNames(_ByColumns):
    """The same, unpickled: columns are known by the names of column and table."""

    def __init__(self, names: tuple[tuple[str, str | None], ...]) -> None:
        self.names = names

    def __reduce__(self) -> Any:
        return (_ByColumnNames, (self.names,))

    def columns_for(self, mapper: Any) -> Iterable[Any]:
        """Return the columns of a mapper that make the key."""
        for key, table_name in self.names:
            tables = [one for one in mapper.tables if getattr(one, "fullname", None) == table_name]
            yield next(table.c[key] for table in tables if key in table.c)


def _keyed_by(keyfunc: Callable[[Any], Any], ignore: bool) -> type[KeyFuncDict[Any, Any]]:
    """Return a class of dicts that need no arguments: what `collection_class` is given."""

    def __init__(self: KeyFuncDict[Any, Any], *dict_args: Any) -> None:
        KeyFuncDict.__init__(self, keyfunc, *dict_args, ignore_unpopulated_attribute=ignore)

    return type("KeyedDict", (KeyFuncDict,), {"__init__": __init__, "__slots__": (), "__doc__": KeyFuncDict.__doc__})


def attribute_keyed_dict(attr_name: str, *, ignore_unpopulated_attribute: bool = False) -> type[KeyFuncDict[Any, Any]]:
    """Return a collection_class: a dict keyed by an attribute of the related objects.

        notes: Mapped[dict[str, "Note"]] = relationship(collection_class=attribute_keyed_dict("keyword"))
    """
    return _keyed_by(_ByAttribute(attr_name), ignore_unpopulated_attribute)


def column_keyed_dict(mapping_spec: Any, *, ignore_unpopulated_attribute: bool = False) -> type[KeyFuncDict[Any, Any]]:
    """Return a collection_class: a dict keyed by a column (or several) of the related objects."""
    given = mapping_spec if isinstance(mapping_spec, (list, tuple)) else (mapping_spec,)
    columns = tuple(one.__clause_element__() if hasattr(one, "__clause_element__") else one for one in given)
    plain = tuple(getattr(one, "expression", one) for one in columns)
    return _keyed_by(_ByColumns(plain), ignore_unpopulated_attribute)


def keyfunc_mapping(keyfunc: Callable[[Any], Any], *, ignore_unpopulated_attribute: bool = False) -> type[KeyFuncDict[Any, Any]]:
    """Return a collection_class: a dict keyed by a function of the related objects."""
    return _keyed_by(keyfunc, ignore_unpopulated_attribute)


attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
mapped_collection = keyfunc_mapping
