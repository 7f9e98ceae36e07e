"""`Compiled`: the SQL of one statement structure, and how the values of any statement of that structure become parameters.

The SQL is kept as pieces of text with bind slots between them. Without lists (`IN`) it is joined once; with lists the
number of placeholders depends on the values, and the SQL is joined for each padded length and remembered.

Rule: nothing here holds a statement's values; `parameters` takes the binds of the statement at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ambo.errors import InvalidRequestError, StatementError
from ambo.statements.keys import LRU
from ambo.statements.types import TupleType, TypeEngine

_PAD_FROM = 8
Piece = Any
"""A str, or the index of a bind slot."""


class ResultColumn:
    """One column of a result: its name, its type, and what a row may be asked for to get it."""

    __slots__ = ("name", "objects", "type")

    def __init__(self, name: str, type_: TypeEngine[Any], objects: tuple[Any, ...]) -> None:
        self.name = name
        self.type = type_
        self.objects = objects

    def __repr__(self) -> str:
        return f"ResultColumn({self.name!r}, {self.type!r})"


class BindSlot:
    """A place for a value: which bind of the statement's key fills it, and how the value is converted.

    `index` is None for a constant that lowering or rendering added; `constant` is then its value. `as_array` says that
    a list is sent as one array.
    """

    __slots__ = ("as_array", "cast", "constant", "dynamic", "expanding", "index", "name", "negated", "prefix", "processor", "required", "type")

    def __init__(self, index: int | None, name: str, type_: TypeEngine[Any], processor: Any, constant: Any = None) -> None:
        self.index = index
        self.name = name
        self.type = type_
        self.processor = processor
        self.constant = constant
        self.expanding = False
        self.as_array = False
        self.negated = False
        self.cast = ""
        self.dynamic = False
        self.required = False
        self.prefix = ""

    def __repr__(self) -> str:
        return f"BindSlot({self.index}, {self.name!r}, {self.type!r})"


class Compiled:
    """The SQL of a statement for one dialect; see the module's docstring.

    `plain_sql` is the SQL if the values of a statement's binds are its parameters, just as they stand; else None. `takes_list` tells
    that one list is all the statement wants to know, and `parameters_of_list` may be asked.
    """

    kind: str = "select"
    returns_rows: bool = False
    result_columns: tuple[ResultColumn, ...] = ()
    known_columns: tuple[ResultColumn, ...] = ()
    """Those that are known where text stands among them, so that `result_columns` is empty."""
    is_textual: bool = False
    """Whether the database may return other columns than `result_columns` says (`SELECT *`)."""

    _placeholders: ClassVar[dict[str, str]] = {"qmark": "?", "format": "%s"}

    def __init__(self, statement: Any, dialect: Any, pieces: Sequence[Piece], slots: Sequence[BindSlot], key: Any) -> None:
        self.statement = statement
        self.dialect = dialect
        self.pieces = tuple(pieces)
        self.bind_slots = tuple(slots)
        self.key = key
        self._dynamic = any(one.dynamic for one in slots)
        self._lists = [at for at, one in enumerate(slots) if one.expanding and not one.as_array]
        self._by_length: LRU[Any, tuple[str, tuple[Any, ...]]] = LRU(64)
        self.sql, order = self._joined({})
        self.order: tuple[int, ...] = tuple(order)
        ordered = [slots[at] for at in order]
        self._plain = not (self._lists or self._dynamic or any(one.index is None or one.as_array for one in slots))
        self._indexes: Any = tuple([one.index for one in ordered])
        self._processors = tuple([one.processor for one in ordered]) if any(one.processor for one in ordered) else None
        as_bound = self._plain and self._processors is None and self._indexes == tuple(range(len(key.binds) if key is not None else 0))
        self.plain_sql: str | None = self.sql if as_bound else None
        self.takes_list = len(slots) == 1 and _is_simple_list(slots[0]) and sum(one.__class__ is not str for one in pieces) == 1

    # -- what is shown

    @property
    def string(self) -> str:
        """The SQL."""
        return self.sql

    def __str__(self) -> str:
        return self.sql

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.sql!r}>"

    @property
    def params(self) -> dict[str, Any]:
        """The values by name, for display."""
        return self.construct_params()

    def construct_params(self, params: Mapping[str, Any] | None = None, **kw: Any) -> dict[str, Any]:
        """Return the values by name, some replaced."""
        found = {one.name: self._raw(one, self.key.binds) for one in self.bind_slots}
        found.update({name: value for name, value in (params or {}).items() if name in found})
        return found

    @property
    def positiontup(self) -> list[str] | None:
        """The names of the parameters in the order of their placeholders; None where they are named."""
        return [self.bind_slots[at].name for at in self.order] if self.dialect.positional else None

    @property
    def binds(self) -> dict[str, Any]:
        """The names of the parameters."""
        return {one.name: one for one in self.bind_slots}

    @property
    def bind_names(self) -> dict[Any, str]:
        """The names of the parameters, by their binds."""
        return {self.key.binds[one.index]: one.name for one in self.bind_slots if one.index is not None}

    # -- parameters

    def parameters(self, binds: Sequence[Any], given: Mapping[str, Any] | None = None) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL and the driver's parameters for a statement with these binds; `given` are values by name.

        Raises StatementError if a value is missing or of a wrong type.
        """
        if given or not self._plain:
            return self._general(binds, given or {})
        processors = self._processors
        if processors is None:
            return self.sql, tuple([binds[at].value for at in self._indexes])
        try:
            return self.sql, tuple(
                [
                    binds[at].value if process is None else process(binds[at].value)
                    for at, process in zip(self._indexes, processors, strict=True)
                ]
            )
        except (TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise self._wrong_value(binds, {}, error) from error

    def _general(self, binds: Sequence[Any], given: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        values = [self._value(slot, binds, given) for slot in self.bind_slots]
        sql, order = self.sql, self.order
        lengths: dict[int, int] = {}
        for at in self._lists:
            values[at] = padded(values[at])
            lengths[at] = len(values[at])
        if lengths:
            sql, order = self._for_lengths(lengths)
        params: list[Any] = []
        for at in order:
            slot = self.bind_slots[at]
            if not slot.expanding:
                params.append(self._processed(slot, values[at]))
            elif slot.as_array:
                params.append([self._processed(slot, one) for one in values[at]])
            else:
                params += self._spread(slot, values[at])
        return sql, tuple(params)

    def parameters_of_list(self, values: list[Any]) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL and the driver's parameters of a statement that `takes_list`.

        Raises StatementError if a value is of a wrong type.
        """
        slot = self.bind_slots[0]
        if len(values) > _PAD_FROM and not slot.as_array:
            values = padded(values)
        if slot.processor is not None:
            values = [self._processed(slot, one) for one in values]
        return (self.sql, (values,)) if slot.as_array else (self._for_lengths({0: len(values)})[0], tuple(values))

    def _for_lengths(self, lengths: dict[int, int]) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL for lists of these lengths, and the order of its slots."""
        memo = tuple(lengths.values())
        known = self._by_length.get(memo)
        if known is None:
            joined = self._joined(lengths)
            known = (joined[0], tuple(joined[1]))
            self._by_length.put(memo, known)
        return known

    def _value(self, slot: BindSlot, binds: Sequence[Any], given: Mapping[str, Any]) -> Any:
        if given and slot.name in given:
            value = given[slot.name]
        elif slot.index is None:
            if slot.required:
                raise self._missing(slot, given)
            value = slot.constant
        else:
            bind = binds[slot.index]
            if bind.required and bind.value is None and bind.callable is None:
                raise self._missing(slot, given)
            try:
                value = bind.effective_value
            except InvalidRequestError as error:  # an object's value that is not to be had any more
                raise self._refused(slot, None, error) from error
        if slot.expanding:
            return list(value) if value is not None else []
        return value

    def _missing(self, slot: BindSlot, given: Mapping[str, Any]) -> StatementError:
        message = f"A value is required for bind parameter {slot.name!r}"
        return StatementError(message, self.sql, dict(given), InvalidRequestError(message))

    def _raw(self, slot: BindSlot, binds: Sequence[Any]) -> Any:
        return slot.constant if slot.index is None else binds[slot.index].effective_value

    def _processed(self, slot: BindSlot, value: Any) -> Any:
        if slot.processor is None:
            return value
        try:
            return slot.processor(value)
        except (TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise self._refused(slot, value, error) from error

    def _spread(self, slot: BindSlot, values: list[Any]) -> list[Any]:
        if not isinstance(slot.type, TupleType):
            return [self._processed(slot, one) for one in values]
        processors = [self.dialect.bind_processor(one) for one in slot.type.types]
        return [
            item if process is None else process(item) for one in values for item, process in zip(one, processors, strict=False)
        ]

    def _wrong_value(self, binds: Sequence[Any], given: Mapping[str, Any], error: Exception) -> Exception:
        for slot in self.bind_slots:
            value = self._raw(slot, binds)
            if slot.processor is not None:
                try:
                    slot.processor(value)
                except (TypeError, ValueError, LookupError, ArithmeticError):
                    return self._refused(slot, value, error)
        return error

    def _refused(self, slot: BindSlot, value: Any, error: Exception) -> StatementError:
        kind = type(error)
        message = f"({kind.__module__}.{kind.__qualname__}) parameter {slot.name!r}: {error}"
        return StatementError(message, self.sql, {slot.name: value}, error)

    # -- joining

    def _joined(self, lengths: Mapping[int, int]) -> tuple[str, list[int]]:
        """Join the pieces; return the SQL and the slots in the order the driver wants their values."""
        style = self.dialect.paramstyle
        text: list[str] = []
        order: list[int] = []
        numbers: dict[int, int] = {}
        total = 0
        for piece in self.pieces:
            if piece.__class__ is str:
                text.append(piece)
                continue
            slot = self.bind_slots[piece]
            spread = slot.expanding and not slot.as_array
            if spread and piece not in lengths:
                text.append(f"__[POSTCOMPILE_{slot.name}]")
                continue
            width = _width(slot) * lengths[piece] if spread else 1
            if style == "numeric_dollar":
                if piece not in numbers:
                    numbers[piece] = total + 1
                    order.append(piece)
                    total += width
                start = numbers[piece]
                marks = [f"${start + at}{slot.cast}" for at in range(width)]
            else:
                order.append(piece)
                mark = self._placeholders.get(style) or (f":{slot.name}" if style == "named" else f"%({slot.name})s")
                marks = [mark] * width if style in self._placeholders or not spread else [f":{slot.name}_{at + 1}" for at in range(width)]
            text.append(", ".join(marks) if not spread else _list_text(slot, marks))
        return "".join(text), order


def _is_simple_list(slot: BindSlot) -> bool:
    """Whether a slot takes a list of single values that come with the statement."""
    return slot.expanding and not slot.dynamic and slot.index is not None and not isinstance(slot.type, TupleType)


def _width(slot: BindSlot) -> int:
    return len(slot.type.types) if isinstance(slot.type, TupleType) else 1


def _list_text(slot: BindSlot, marks: list[str]) -> str:
    """Return what stands between the parentheses of IN; an empty list makes it false whatever is on the left."""
    if not marks:
        return empty_list_text(slot.negated, _width(slot) if isinstance(slot.type, TupleType) else 0)
    if isinstance(slot.type, TupleType):
        width = _width(slot)
        rows = [f"({', '.join(marks[at : at + width])})" for at in range(0, len(marks), width)]
        return slot.prefix + ", ".join(rows)
    return ", ".join(marks)


def empty_list_text(negated: bool, width: int = 0) -> str:
    """Return the inside of `IN (...)` for no values at all."""
    nulls = f"({', '.join(['NULL'] * width)})" if width else "NULL"
    return f"{nulls}) OR (1 = 1" if negated else f"{nulls}) AND (1 != 1"


def padded(values: list[Any]) -> list[Any]:
    """Return a list brought to a power of two by repeating its last value, so that few forms of the SQL exist."""
    count = len(values)
    if count <= _PAD_FROM or count & (count - 1) == 0:
        return values
    wanted = 1 << count.bit_length()
    return values if wanted > 16384 else values + [values[-1]] * (wanted - count)


class CompiledWrite(Compiled):
    """A compiled INSERT, UPDATE or DELETE.

    `prefetch` are the columns whose values Python computes before each row (its callable default is
    `column.default`, or `column.onupdate` for UPDATE), under the names of their slots; `postfetch` those the database
    makes up and does not return; `returning_defaults` those that RETURNING brings back (they come first of the
    returned columns unless the statement had a RETURNING of its own); `primary_key` one entry a key column of the
    table: ("given", slot name), ("returned", position), ("lastrowid", None) or ("unknown", None).
    """

    prefetch: tuple[Any, ...] = ()
    postfetch: tuple[Any, ...] = ()
    returning_defaults: tuple[Any, ...] = ()
    primary_key: tuple[tuple[str, Any], ...] = ()
    implicit_returning: bool = False
    table: Any = None
    column_slots: dict[str, str] = {}
    """The slot name of each column written as a plain value, by column key."""
