"""`Enum`, and `SchemaType`: the mark of types that bring something of their own into the schema (a CHECK, a CREATE TYPE).

A type here only says what it needs; the schema layer attaches the CHECK, the DDL layer emits CREATE TYPE.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from ambo.errors import ArgumentError
from ambo.statements.operators import OperatorType, concat_op
from ambo.statements.types.base import DialectFacts, Processor, TypeEngine, to_instance
from ambo.statements.types.strings import STRINGTYPE, String


class _Unset:
    """An argument that was not given, where None means something."""

    def __repr__(self) -> str:
        return "unset"


UNSET: Any = _Unset()


class SchemaType:
    """Mixed into types that have a name in the database: `name`, `schema`, and the MetaData they belong to.

    A type without `schema` and `metadata` lives in the schema of its table; `inherit_schema` says so, or not, in any case.
    """

    name: str | None = None
    schema: str | None = None
    metadata: Any = None
    inherit_schema: bool = True

    def __init__(
        self, name: str | None = None, schema: str | None = None, metadata: Any = None, inherit_schema: bool | None = None, **kw: Any
    ) -> None:
        self.name = name
        self._take_schema(schema, metadata, inherit_schema)

    def _take_schema(self, schema: str | None, metadata: Any, inherit: bool | None) -> None:
        self.schema = metadata.schema if schema is None and metadata is not None else schema
        self.metadata = metadata
        self.inherit_schema = (schema is None and metadata is None) if inherit is None else inherit

    def _for_schema(self, schema: str | None) -> Any:
        """Return this type as the column of a table in that schema has it."""
        if not self.inherit_schema or self.schema == schema:
            return self
        return self.copy(schema=schema)  # type: ignore[attr-defined]  # always mixed into a TypeEngine

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """Create the type in the database, if it is one that has to be."""
        bind._run_schema_verb("create", self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """Drop the type from the database, if it is one that has to be created."""
        bind._run_schema_verb("drop", self, checkfirst=checkfirst)


class Enum(SchemaType, String):
    """One of a few texts, given as strings or as a Python enumeration.

    Of a Python enumeration the members' *names* are stored; `values_callable` (class -> list of str) stores something
    else. `native_enum` makes it a type of its own on PostgreSQL and MariaDB, VARCHAR elsewhere; `create_constraint`
    adds a CHECK there. `validate_strings` refuses unknown strings on their way in; unknown ones on their way out are
    always an error.

    Example: `Column("state", Enum("new", "done", name="state"))` or `Enum(State)`.
    """

    __visit_name__ = "enum"

    def __init__(
        self,
        *enums: Any,
        name: str | None = None,
        native_enum: bool = True,
        create_constraint: bool = False,
        length: Any = UNSET,
        schema: str | None = None,
        metadata: Any = None,
        inherit_schema: bool | None = None,
        validate_strings: bool = False,
        values_callable: Callable[[Any], Sequence[str]] | None = None,
        sort_key_function: Any = UNSET,
        omit_aliases: bool = True,
        collation: str | None = None,
        quote: bool | None = None,
        **kw: Any,
    ) -> None:
        if len(enums) == 1 and not isinstance(enums[0], (str, type)):
            enums = tuple(enums[0])
        self.values_callable = values_callable
        self.omit_aliases = omit_aliases
        self._take_values(enums)
        longest = max((len(one) for one in self.enums), default=0)
        if not native_enum and length not in (None, UNSET) and length < longest:
            raise ValueError(f"Enum length {length} is less than its longest value, {longest} characters")
        String.__init__(self, length=longest if length is UNSET else length, collation=collation)
        self._given_length = length
        self.native_enum = native_enum
        self.create_constraint = create_constraint
        self.validate_strings = validate_strings
        self._sort_key_function = sort_key_function
        self.name = name if name is not None or self.enum_class is None else self.enum_class.__name__.lower()
        self._take_schema(schema, metadata, inherit_schema)

    def _take_values(self, enums: Sequence[Any]) -> None:
        self.enum_class: type[enum.Enum] | None = None
        members: Sequence[Any] = enums
        if len(enums) == 1 and isinstance(enums[0], type) and hasattr(enums[0], "__members__"):
            self.enum_class = enums[0]
            found = {name: one for name, one in self.enum_class.__members__.items() if not self.omit_aliases or one.name == name}
            names = list(self.values_callable(self.enum_class)) if self.values_callable else list(found)
            members = list(found.values())
        else:
            names = list(enums)
            if wrong := [one for one in names if not isinstance(one, str)]:
                raise ArgumentError(f"Enum takes strings or one enum.Enum class, not {wrong[0]!r}")
        self.enums = names
        self._to_db: dict[Any, str] = dict(zip(members, names, strict=False))
        self._from_db: dict[str, Any] = dict(zip(names, members, strict=False))
        if self.enum_class is not None:
            self._to_db.update({name: name for name in names if name not in self._to_db})

    @property
    def python_type(self) -> type[Any]:
        return self.enum_class or str

    @property
    def native(self) -> bool:
        """Whether it is a type of the database where that has such types."""
        return self.native_enum

    @property
    def sort_key_function(self) -> Callable[[Any], Any] | None:  # type: ignore[override]  # a fact of each enumeration
        """What members are sorted by: what is stored, unless something else was given."""
        found: Callable[[Any], Any] | None = self.to_db if self._sort_key_function is UNSET else self._sort_key_function
        return found

    def to_db(self, value: Any) -> str:
        """Return what is stored for a member or name.

        Raises LookupError if it is none of the enumeration's.
        """
        try:
            return self._to_db[value]
        except (KeyError, TypeError):
            if not self.validate_strings and isinstance(value, str):
                return value
            raise self._unknown(value) from None

    def from_db(self, value: str) -> Any:
        """Return the member for what is stored.

        Raises LookupError if it is none of the enumeration's.
        """
        try:
            return self._from_db[value]
        except KeyError:
            raise self._unknown(value) from None

    def _unknown(self, value: Any) -> LookupError:
        shown = (", ".join(self.enums[:5]) + (", …" if len(self.enums) > 5 else "")) or "None"
        return LookupError(f"'{value}' is not among the defined enum values. Enum name: {self.name}. Possible values: {shown}")

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        write = self.to_db
        return lambda value: None if value is None else write(value)

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        read = self.from_db
        return lambda value: None if value is None else read(value)

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        quote = super().literal_processor(dialect)
        assert quote is not None
        return lambda value: quote(self.to_db(value))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self if isinstance(value, (str, enum.Enum)) else super().coerce_compared_value(op, value)

    @property
    def _token(self) -> Any:
        found = self.__dict__.get("_enum_token")
        if found is None:
            variants = tuple((name, one._token) for name, one in self._variants.items())
            values = (self.enum_class, *self.enums, self.name, self.schema, self.native_enum, self.validate_strings)
            found = self.__dict__["_enum_token"] = (type(self), values, variants)
        return found

    def result_type(self, op: OperatorType, other: TypeEngine[Any]) -> TypeEngine[Any]:
        return STRINGTYPE if op is concat_op else self

    def _arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments other than the values."""
        names = ("name", "schema", "metadata", "values_callable", "validate_strings", "omit_aliases", "native_enum", "create_constraint", "collation")
        found = {name: getattr(self, name) for name in names}
        found |= {"inherit_schema": self.inherit_schema, "length": self._given_length, "sort_key_function": self._sort_key_function}
        return found

    def __repr__(self) -> str:
        plain = {"native_enum": True, "create_constraint": False, "validate_strings": False, "omit_aliases": True, "length": UNSET}
        shown = [repr(one) for one in self.enums]
        for name, value in self._arguments().items():
            if name in ("metadata", "sort_key_function", "values_callable", "inherit_schema") or value is None or plain.get(name, self) == value:
                continue
            shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine[Any]:
        found: TypeEngine[Any] = self.adapt(Enum)
        return found

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        values = (self.enum_class,) if self.enum_class else self.enums
        return cls(*values, **{**self._arguments(), **kw}) if issubclass(cls, Enum) else to_instance(cls)
