"""Types for UUIDs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ambo.statements.types.base import RESULT_NAMES, DialectFacts, Processor, TypeEngine, value_types, wrong_value


class Uuid(TypeEngine[Any]):
    """UUIDs: the database's own type where it has one, otherwise CHAR(32) with the hex digits.

    Values are `uuid.UUID`, or text with hyphens if `as_uuid` is False. `native_uuid=False` means CHAR(32) everywhere.
    """

    __visit_name__ = "uuid"
    _is_affinity = True

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def python_type(self) -> type[Any]:
        return uuid.UUID if self.as_uuid else str

    def _is_native(self, dialect: DialectFacts) -> bool:
        return bool(self.native_uuid and dialect.features.native_uuid)

    def _checked(self, value: Any) -> uuid.UUID:
        """Return the UUID a value means."""
        if isinstance(value, uuid.UUID):
            return value
        if not isinstance(value, str):
            raise wrong_value(self, value, "a uuid.UUID or the text of one")
        try:
            return uuid.UUID(value)
        except ValueError:
            raise ValueError(f"{self!r} takes a uuid.UUID or the text of one, not {value!r}") from None

    def bind_processor(self, dialect: DialectFacts) -> Processor | None:
        check = self._checked
        if self._is_native(dialect):
            return lambda value: None if value is None else check(value)
        return lambda value: None if value is None else check(value).hex

    def result_processor(self, dialect: DialectFacts, coltype: object) -> Processor | None:
        if self._is_native(dialect):
            return None if self.as_uuid else lambda value: None if value is None else str(value)
        if self.as_uuid:
            return lambda value: None if value is None else uuid.UUID(value)
        return lambda value: None if value is None else str(uuid.UUID(value))

    def result_expression(self, dialect: DialectFacts) -> str | None:
        if self._is_native(dialect):
            return None if self.as_uuid else "str({v})"
        return "UUID({v})" if self.as_uuid else "str(UUID({v}))"

    def literal_processor(self, dialect: DialectFacts) -> Callable[[Any], str] | None:
        if self._is_native(dialect):
            return lambda value: f"'{value}'"
        return lambda value: f"'{self._checked(value).hex}'"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self if isinstance(value, str) else super().coerce_compared_value(op, value)


class UUID(Uuid):
    """UUIDs, named UUID everywhere."""

    __visit_name__ = "UUID"

    def __init__(self, as_uuid: bool = True) -> None:
        super().__init__(as_uuid, native_uuid=True)


value_types[uuid.UUID] = Uuid()
RESULT_NAMES.update({"UUID": uuid.UUID, "str": str})
