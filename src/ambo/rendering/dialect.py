"""`Dialect`: everything a database does in its own way, put together: facts, names, quoting, DDL, transactions.

A dialect is a value that engines share; a driver or an engine with options of its own takes a changed copy
(`with_driver`, `configured`). It answers for types too: `bind_processor`, `result_processor`, `literal_processor` and
`result_expression` look up once for each type and remember.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Self

from ambo.rendering.ddl import DDLRenderer
from ambo.rendering.features import Features
from ambo.rendering.identifiers import Identifiers
from ambo.rendering.transactions import STANDARD, TransactionSQL
from ambo.rendering.type_names import TypeNames
from ambo.statements.keys import LRU
from ambo.statements.schema_items import verbs_of
from ambo.statements.types import Processor, TypeEngine

_NOTHING: Any = object()


_FACTS = {
    "supports_alter": "alter_constraints",
    "supports_native_boolean": "native_boolean",
    "supports_native_decimal": "native_decimal",
    "supports_native_enum": "native_enum",
    "supports_native_uuid": "native_uuid",
    "supports_sequences": "sequences",
    "sequences_optional": "optional_sequences",
    "supports_comments": "comments",
    "inline_comments": "inline_comments",
    "supports_schemas": "schemas",
    "supports_identity_columns": "identity_columns",
    "supports_default_values": "empty_insert",
    "supports_default_metavalue": "default_in_values",
    "supports_multivalues_insert": "multi_values",
    "supports_empty_insert": "empty_insert",
    "supports_sane_rowcount": "rowcount_matched",
    "postfetch_lastrowid": "lastrowid",
    "tuple_in_values": "tuple_in",
    "insert_executemany_returning": "insert_returning",
}


class Adapters:
    """How a driver wants what only one database has; each is a function or None for "text will do".

    `range_in` takes (lower, upper, bounds, empty), `multirange_in` a list of what `range_in` made, `bits_in` the text
    of a bit string; `bits_out` turns the driver's bit string into text.
    """

    __slots__ = ("bits_in", "bits_out", "multirange_in", "range_in")

    def __init__(
        self,
        range_in: Callable[..., Any] | None = None,
        multirange_in: Callable[[list[Any]], Any] | None = None,
        bits_in: Callable[[str], Any] | None = None,
        bits_out: Callable[[Any], str] | None = None,
    ) -> None:
        self.range_in = range_in
        self.multirange_in = multirange_in
        self.bits_in = bits_in
        self.bits_out = bits_out


class Dialect:
    """One database's SQL, for one driver.

    `paramstyle` is how placeholders are written: "qmark", "numeric_dollar", "format", "pyformat" or "named".
    """

    name: str = "default"
    driver: str = "default"
    paramstyle: str = "named"
    features: Features = Features()
    transactions: TransactionSQL = STANDARD
    reserved_words: ClassVar[frozenset[str]] = frozenset()
    quotes: ClassVar[tuple[str, str]] = ('"', '"')
    type_names_class: ClassVar[type[TypeNames]] = TypeNames
    ddl_class: ClassVar[type[DDLRenderer]] = DDLRenderer
    catalog: ClassVar[str] = "none"
    """Which system catalog describes its tables; a name in `operations/catalogs`."""
    default_schema_name: str | None = None
    server_version_info: tuple[int, ...] | None = None
    is_async: bool = False
    json_serializer: Callable[[Any], str] | None = None
    json_deserializer: Callable[[Any], Any] | None = None

    def __init__(self, paramstyle: str | None = None, **options: Any) -> None:
        if paramstyle is not None:
            self.paramstyle = paramstyle
        self.adapters = Adapters()
        self.options = options
        self._refresh()

    def _refresh(self) -> None:
        """Make anew what depends on the features."""
        self.preparer = self._make_preparer()
        self.type_names = self.type_names_class(self)
        self.ddl = self.ddl_class(self)
        self._processors: tuple[LRU[Any, Any], ...] = tuple(LRU(1000) for _ in range(4))

    def _make_preparer(self) -> Identifiers:
        found = Identifiers(self.features, self.reserved_words, *self.quotes)
        found.escape_percents = self.paramstyle in ("format", "pyformat")
        return found

    @property
    def identifier_preparer(self) -> Identifiers:
        """What quotes names."""
        return self.preparer

    @property
    def type_compiler(self) -> TypeNames:
        """What names types."""
        return self.type_names

    type_compiler_instance = type_compiler

    @property
    def positional(self) -> bool:
        """Whether parameters are given as a sequence."""
        return self.paramstyle not in ("named", "pyformat")

    @property
    def max_identifier_length(self) -> int:
        """The longest name the database takes."""
        return self.features.max_identifier_length

    # -- facts under SQLAlchemy's names, see `__getattr__`

    supports_sane_rowcount = supports_sane_multi_rowcount = True
    update_executemany_returning = delete_executemany_returning = False
    supports_server_side_cursors = True

    # -- changed copies

    def with_driver(self, driver: str, *, adapters: Adapters | None = None, paramstyle: str | None = None, **features: Any) -> Self:
        """Return this dialect as a driver needs it: other facts, other adapters."""
        made = copy.copy(self)
        made.driver = driver
        made.adapters = adapters or self.adapters
        made.paramstyle = paramstyle or self.paramstyle
        if features:
            made.features = dataclasses.replace(self.features, **features)
        made._refresh()
        return made

    def configured(
        self,
        *,
        json_serializer: Callable[[Any], str] | None = None,
        json_deserializer: Callable[[Any], Any] | None = None,
        server_version_info: tuple[int, ...] | None = None,
        **features: Any,
    ) -> Self:
        """Return this dialect as an engine's options want it."""
        made = copy.copy(self)
        made.json_serializer = json_serializer or self.json_serializer
        made.json_deserializer = json_deserializer or self.json_deserializer
        made.server_version_info = server_version_info or self.server_version_info
        if features:
            made.features = dataclasses.replace(self.features, **features)
        made._refresh()
        return made

    # -- types

    def bind_processor(self, type_: TypeEngine[Any]) -> Processor | None:
        """Return what turns values of a type into what the driver takes, or None."""
        return self._remembered(0, type_, lambda impl: impl.bind_processor(self))  # type: ignore[no-any-return]

    def result_processor(self, type_: TypeEngine[Any], coltype: object = None) -> Processor | None:
        """Return what turns what the driver delivers into values of a type, or None."""
        return self._remembered(1, type_, lambda impl: impl.result_processor(self, coltype))  # type: ignore[no-any-return]

    def literal_processor(self, type_: TypeEngine[Any]) -> Callable[[Any], str] | None:
        """Return what writes values of a type into SQL text, or None."""
        return self._remembered(2, type_, lambda impl: impl.literal_processor(self))  # type: ignore[no-any-return]

    def result_expression(self, type_: TypeEngine[Any]) -> str | None:
        """Return what `result_processor` does, as source text over `{v}` for values that are not None; or None."""
        return self._remembered(3, type_, self._expression)  # type: ignore[no-any-return]

    def _expression(self, impl: TypeEngine[Any]) -> str | None:
        """Leave types alone whose own class replaced the processor but not the expression."""
        for cls in type(impl).__mro__:
            if "result_expression" in cls.__dict__:
                return impl.result_expression(self)
            if "result_processor" in cls.__dict__:
                return None
        return None

    def _remembered(self, which: int, type_: TypeEngine[Any], make: Callable[[TypeEngine[Any]], Any]) -> Any:
        memo = self._processors[which]
        token = type_._token
        found = memo.get(token)
        if found is None:
            found = make(type_.dialect_impl(self))
            memo.put(token, _NOTHING if found is None else found)
            return found
        return None if found is _NOTHING else found

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Tell whether there is a table or view of that name; `inspect(connection).has_table(name)` is the same question."""
        return table_name in verbs_of(connection)("question", None, method="relation_names", table=None, schema=schema)

    def type_descriptor(self, type_: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return a type as this dialect has it; what `load_dialect_impl` of a TypeDecorator returns."""
        return type_

    def bind_cast(self, type_: TypeEngine[Any]) -> str | None:
        """Return the type that a placeholder is cast to, as in `$1::INTEGER`, or None."""
        if not self.features.bind_casts:
            return None
        impl = type_.dialect_impl(self)
        return self.type_names.cast_name(impl)

    def __getattr__(self, name: str) -> Any:
        """Answer for the facts by the names they have in SQLAlchemy: `supports_native_boolean`, `insert_returning`."""
        if name[:1] != "_":
            fact = _FACTS.get(name, name)
            if fact in Features.__dataclass_fields__:
                return getattr(self.features, fact)
        raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Change a fact by the name it has in SQLAlchemy: `engine.dialect.supports_native_boolean = False`."""
        fact = _FACTS.get(name, name)
        if fact in Features.__dataclass_fields__:
            changes: dict[str, Any] = {fact: bool(value)}
            self.features = dataclasses.replace(self.features, **changes)
            self._refresh()
        else:
            super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"<dialect {self.name}+{self.driver}>"
