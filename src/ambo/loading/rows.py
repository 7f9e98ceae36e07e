"""One row of a result: `Row` (a tuple with names), `RowMapping` (a dict-like view), and the shape they share.

Rule 1: a row costs what a tuple costs. Every shape makes one subclass of `Row` whose names are C-level getters; the subclass is made once,
when a row of that shape is first wanted, and lives as long as the plan of its statement.
Rule 2: a name that two columns share is an error when it is used, not before.
Rule 3: an object (column, label, entity) finds its value by identity, else by equal structure: the plan of a statement serves all
statements of the same structure, so the objects it was made from need not be those the user holds.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from functools import lru_cache
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

from ambo.errors import InvalidRequestError, NoSuchColumnError, suggestion

TP = TypeVar("TP", bound="tuple[Any, ...]")
AMBIGUOUS = -1
Pickled: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...]]"


class RowShape:
    """What the values of a row are called.

    `names` are the column names in order, `objects` for each the things a user may ask with (columns, labels, entities), `by_identity`
    tells for each whether uniqueness means "the same object" (entities) or "an equal value".
    """

    __slots__ = ("_index", "_row_class", "by_identity", "names", "objects")

    def __init__(
        self, names: Sequence[str], objects: Sequence[Sequence[Any]] | None = None, by_identity: Sequence[bool] | None = None
    ) -> None:
        self.names = tuple(names)
        self.objects = objects
        self.by_identity = by_identity if by_identity is not None and any(by_identity) else None
        self._index: dict[Any, int] | None = None
        self._row_class: type[Row[Any]] | None = None

    @property
    def row_class(self) -> type[Row[Any]]:
        """The subclass of `Row` that has these names."""
        found = self._row_class
        if found is None:
            found = self._row_class = _make_row_class(self)
        return found

    @property
    def index(self) -> dict[Any, int]:
        """Positions by name and object; a name used twice has position AMBIGUOUS."""
        found = self._index
        if found is None:
            found = self._index = _make_index(self.names, self.objects)
        return found

    def position(self, key: Any) -> int:
        """Return where the value of a name, column, label or entity stands.

        Raises NoSuchColumnError if there is none, InvalidRequestError if there are several.
        """
        position = self.index.get(key)
        if position is None:
            position = self._by_structure(key)
        if position == AMBIGUOUS:
            raise InvalidRequestError(f"the name {describe(key)} stands for several columns of this row; label them apart, or use positions")
        return position

    def has(self, key: Any) -> bool:
        """Tell whether a name, column, label or entity has a value here."""
        try:
            return self.position(key) is not None
        except (NoSuchColumnError, InvalidRequestError):
            return key in self.index

    def positions(self, keys: Sequence[Any]) -> tuple[int, ...]:
        """Return the positions of names, objects or integer positions."""
        return tuple(self.checked(key) if isinstance(key, int) else self.position(key) for key in keys)

    def checked(self, position: int) -> int:
        """Return an integer position, counted from the front."""
        if not -len(self.names) <= position < len(self.names):
            raise IndexError(f"a row of {len(self.names)} columns has no position {position}")
        return position % len(self.names)

    def narrow(self, positions: Sequence[int]) -> RowShape:
        """Return the shape of rows that hold only these positions."""
        return RowShape(
            [self.names[at] for at in positions],
            None if self.objects is None else [self.objects[at] for at in positions],
            None if self.by_identity is None else [self.by_identity[at] for at in positions],
        )

    def unique_key(self) -> Callable[[Any], Any]:
        """Return the function that tells what makes a row of this shape equal to another."""
        flags = self.by_identity
        if flags is None:
            return _value_key
        if len(flags) == 1:
            return (lambda row: id(row[0])) if flags[0] else itemgetter(0)
        return lambda row: tuple([id(value) if same else value for value, same in zip(row, flags, strict=True)])

    def tolerant_key(self) -> Callable[[Any], Any]:
        """Return the same for rows in which a value may be one that cannot be hashed: such a row is like no other."""
        strict = self.unique_key()

        def key(row: Any) -> Any:
            found = strict(row)
            return found if _hashable(found) else object()

        return key

    def _by_structure(self, key: Any) -> int:
        """Find a position for an object that is not among `objects` itself."""
        if not isinstance(key, str):
            for candidate in _alike(key):
                if candidate in self.index:
                    return self.index[candidate]
                position = _position_of_tokens(candidate, self.objects)
                if position is not None:
                    return position
            behind = _positions_behind(key, self.objects)
            if behind:
                return behind[0] if len(behind) == 1 else AMBIGUOUS
            name = getattr(key, "key", None) or getattr(key, "name", None)
            if self.objects is None and isinstance(name, str) and name in self.index:
                return self.index[name]
        near = suggestion(key, self.names) if isinstance(key, str) else ""
        raise NoSuchColumnError(f"a row has no column {describe(key)}; its columns are {list(self.names)}{near}")


SimpleResultMetaData = RowShape


def _positions_behind(key: Any, objects: Any) -> list[int]:
    """Return the positions of attributes that a table's column is behind."""
    return [at for at, those in enumerate(objects or ()) if any(getattr(one, "expression", None) is key for one in those)]


def _alike(key: Any) -> Iterator[Any]:
    """Iterate over what an attribute stands for: itself, its expression of the entity, the table's column."""
    yield key
    clause = getattr(key, "__clause_element__", None)
    if clause is not None:
        key = clause()
        yield key
    column = getattr(key, "expression", None)
    if column is not None and column is not key:
        yield column


def _position_of_tokens(key: Any, objects: Sequence[Sequence[Any]] | None) -> int | None:
    tokens = getattr(key, "_tokens", None)
    if not tokens:
        return None
    for position, alternatives in enumerate(objects or ()):
        for one in alternatives:
            if not isinstance(one, str) and getattr(one, "_tokens", None) == tokens:
                return position
    return None


def _value_key(row: Any) -> Any:
    """Tell apart by value; what cannot be hashed (a JSON document, a list) counts by identity."""
    try:
        hash(row)
    except TypeError:
        return tuple([value if _hashable(value) else id(value) for value in row])
    return row


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def describe(key: Any) -> str:
    """Name a key for a message."""
    return repr(key) if isinstance(key, (str, int)) else f"'{key}'"


def _make_index(names: tuple[str, ...], objects: Sequence[Sequence[Any]] | None) -> dict[Any, int]:
    index: dict[Any, int] = {}
    for position, alternatives in enumerate(objects or ()):
        for one in alternatives:
            if not isinstance(one, str):
                index.setdefault(one, position)
    by_name: dict[str, int] = {}
    for position, name in enumerate(names):
        by_name[name] = AMBIGUOUS if name in by_name else position
    for position, alternatives in enumerate(objects or ()):
        for one in alternatives:
            if isinstance(one, str):
                by_name.setdefault(one, position)
    return index | by_name


def _make_row_class(shape: RowShape) -> type[Row[Any]]:
    namespace: dict[str, Any] = {"__slots__": (), "_shape": shape, "__doc__": f"A row of {', '.join(shape.names)}."}
    for name, position in shape.index.items():
        if not isinstance(name, str) or (name.startswith("_") and hasattr(Row, name)):
            continue
        namespace[name] = property(itemgetter(position) if position != AMBIGUOUS else _ambiguous(name))
    return type("Row", (Row,), namespace)


def _ambiguous(name: str) -> Callable[[Any], Any]:
    def fail(row: Row[Any]) -> Any:
        return row._shape.position(name)

    return fail


class Row(tuple[Any, ...], Generic[TP]):
    """One row: a tuple whose values are also attributes by column name.

    `row[0]`, `a, b = row` and comparison work as for any tuple; `row._mapping["name"]` and `row._mapping[User.name]` look values up by
    name or column. A column named like a method (`count`, `index`) wins over the method.
    """

    __slots__ = ()
    _shape: RowShape = RowShape(())

    @property
    def _mapping(self) -> RowMapping:
        """The row as a mapping, keyed by names and columns."""
        return RowMapping(self._shape, self)

    @property
    def _fields(self) -> tuple[str, ...]:
        """The column names."""
        return self._shape.names

    def _asdict(self) -> dict[str, Any]:
        """Return the row as a plain dict."""
        return dict(zip(self._shape.names, self, strict=True))

    def _tuple(self) -> TP:
        """Return the row, typed as a tuple."""
        return self  # type: ignore[return-value]  # a Row is a tuple of these types

    def tuple(self) -> TP:
        """Return the row, typed as a tuple."""
        return self  # type: ignore[return-value]  # a Row is a tuple of these types

    @property
    def _t(self) -> TP:
        """The row, typed as a tuple."""
        return self  # type: ignore[return-value]  # a Row is a tuple of these types

    @property
    def t(self) -> TP:
        """The row, typed as a tuple."""
        return self  # type: ignore[return-value]  # a Row is a tuple of these types

    def __getattr__(self, name: str) -> Any:
        near = suggestion(name, self._shape.names)
        raise AttributeError(f"a row has no column {name!r}; its columns are {list(self._shape.names)}{near}")

    def __reduce__(self) -> Pickled:
        return restore_row, (self._shape.names, tuple(self))


@lru_cache(1024)
def shape_of_names(names: tuple[str, ...]) -> RowShape:
    """Return the shape of rows that know their column names and nothing else."""
    return RowShape(names)


def restore_row(names: tuple[str, ...], values: tuple[Any, ...]) -> Row[Any]:
    """Make a row again from its pickled form; column objects are not kept, names are."""
    return shape_of_names(names).row_class(values)


def restore_mapping(names: tuple[str, ...], values: tuple[Any, ...]) -> RowMapping:
    """Make a row mapping again from its pickled form."""
    return RowMapping(shape_of_names(names), values)


class ResultKeys(KeysView[str]):
    """The column names of a result, in order; column objects count as members too."""

    def __init__(self, shape: RowShape) -> None:
        self._shape = shape

    def __len__(self) -> int:
        return len(self._shape.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shape.names)

    def __contains__(self, key: object) -> bool:
        return not isinstance(key, int) and self._shape.has(key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Sequence, KeysView)) and list(self) == list(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # equal to lists, hence as unhashable as they are

    def __repr__(self) -> str:
        return f"ResultKeys({list(self._shape.names)})"


class _Values(ValuesView[Any]):
    """The values of a row in order, also where names repeat."""

    _mapping: RowMapping

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping._values)

    def __contains__(self, value: object) -> bool:
        return value in self._mapping._values


class _Items(ItemsView[str, Any]):
    """Pairs of name and value in order, also where names repeat."""

    _mapping: RowMapping

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return zip(self._mapping._shape.names, self._mapping._values, strict=True)

    def __contains__(self, item: object) -> bool:
        return item in list(self)


class RowMapping(Mapping[str, Any]):
    """A row as an immutable mapping: keys are column names; columns, labels and entities are understood too."""

    __slots__ = ("_shape", "_values")

    def __init__(self, shape: RowShape, values: tuple[Any, ...]) -> None:
        self._shape = shape
        self._values = values

    def __getitem__(self, key: Any) -> Any:
        position = self._shape.index.get(key)
        if position is None or position < 0:
            position = self._shape.position(key)
        return self._values[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shape.names)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return self._shape.has(key)

    def keys(self) -> ResultKeys:
        """Return the column names."""
        return ResultKeys(self._shape)

    def values(self) -> ValuesView[Any]:
        """Return the values in order."""
        return _Values(self)

    def items(self) -> ItemsView[str, Any]:
        """Return pairs of name and value in order."""
        return _Items(self)

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def __reduce__(self) -> Pickled:
        return restore_mapping, (self._shape.names, tuple(self._values))
