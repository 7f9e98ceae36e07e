"""`tstring()`: SQL written as a template string of Python 3.14, `tstring(t"SELECT * FROM {User} WHERE id = {number}")`.

What stands in braces is a value, which becomes a bound parameter, or a node, which is rendered where it stands; the text around is SQL as it is.

Rule: a template is what has `strings` and `interpolations`, of which the first has one more; so nothing here needs the syntax.
"""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from ambo.errors import ArgumentError
from ambo.statements.coercions import element_of, unwrap_statement
from ambo.statements.elements import TextClause
from ambo.statements.expressions import literal_bind
from ambo.statements.types import type_of_value


class Interpolation(Protocol):
    """What stands in one pair of braces."""

    @property
    def value(self) -> Any: ...

    @property
    def expression(self) -> str: ...

    @property
    def conversion(self) -> str | None: ...

    @property
    def format_spec(self) -> str: ...


class Template(Protocol):
    """What `t"..."` makes (`string.templatelib.Template`)."""

    @property
    def strings(self) -> tuple[str, ...]: ...

    @property
    def interpolations(self) -> tuple[Any, ...]: ...


class TString(TextClause):
    """SQL from a template string; see `tstring()`. It goes wherever `text()` does."""

    __slots__ = ()
    visit = "tstring"
    _nodes = ("_elements",)
    _strings: tuple[str, ...]
    _elements: tuple[Any, ...]

    def __init__(self, template: Template) -> None:
        if not _is_template(template):
            raise ArgumentError(f"tstring() takes a template string such as t'SELECT {{x}}' (Python 3.14), not {template!r}; text() takes a string")
        self._strings = tuple(template.strings)
        self._elements = tuple(_element(one) for one in template.interpolations)
        self.text = "?".join(self._strings)
        self._bindparams = ()
        self._set_tokens()

    def _set_tokens(self) -> None:
        self._tokens = None
        self._binds = ()

    def _key_parts(self) -> list[Any]:
        return ["tstring", self._strings, len(self._with_options), *self._elements, *self._with_options]

    def bindparams(self, *binds: Any, **names_to_values: Any) -> NoReturn:
        """Raise NotImplementedError: the values stand in the template, or are a `bindparam()` there."""
        raise NotImplementedError("tstring() has no bindparams(); put the value, or a bindparam('name'), into the template's braces")


def tstring(template: Template) -> TString:
    """Return SQL from a template string of Python 3.14; values in braces become parameters.

        tstring(t"SELECT name FROM {users} WHERE {users.c.id} = {number}")

    Columns, tables, subqueries, mapped classes and other templates are rendered in their place; the text between is not scanned for
    `:name`. `.columns()` names what is returned, as for `text()`.

    Raises ArgumentError for what is no template, and for `{x!r}` or `{x:>5}`, which would turn a value into text.
    """
    return TString(template)


def _is_template(given: Any) -> bool:
    strings, interpolations = getattr(given, "strings", None), getattr(given, "interpolations", None)
    return isinstance(strings, tuple) and isinstance(interpolations, tuple) and len(strings) == len(interpolations) + 1


def _element(one: Interpolation) -> Any:
    if one.conversion is not None or one.format_spec:
        raise ArgumentError(
            f"{{{one.expression}}} in a template has a conversion or a format, which would make text of the value; a parameter is sent as it is"
        )
    if _is_template(one.value):
        return TString(one.value)
    node = element_of(one.value)
    if node is None:
        return literal_bind(one.value, type_of_value(one.value), "param")
    return unwrap_statement(node)
