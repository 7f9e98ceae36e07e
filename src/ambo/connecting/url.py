"""Database URLs, written and behaving as in SQLAlchemy: `make_url`, `URL`.

    postgresql+asyncpg://user:p%40ss@host:5432/database?sslmode=require&host=standby:5433

Rule: a URL is immutable and says nothing of drivers; `registry.py` finds the driver, the driver reads the URL.
A password is percent-encoded in the text, plain in the attribute, and hidden wherever a URL is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from ambo.errors import ArgumentError, NoSuchModuleError, suggestion
from ambo.rendering.default import DefaultDialect
from ambo.rendering.dialect import Dialect
from ambo.rendering.mariadb import MariaDBDialect, MySQLDialect
from ambo.rendering.postgresql import PostgreSQLDialect
from ambo.rendering.sqlite import SQLiteDialect

_DIALECTS: dict[str, type[Dialect]] = {
    "sqlite": SQLiteDialect,
    "postgresql": PostgreSQLDialect,
    "mysql": MySQLDialect,
    "mariadb": MariaDBDialect,
    "default": DefaultDialect,
}

QueryValue = str | tuple[str, ...]
GivenQuery = Mapping[str, str | Sequence[str]]

_PATTERN = re.compile(
    r"""(?P<drivername>[\w+]+)://
    (?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?(?::(?P<port>[^/?]*))?)?
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?$""",
    re.X | re.S,
)
_NO_NAME = re.compile(r"[^\w+]")
_UNSET: Any = object()


class URL:
    """The parts of a database URL.

    Make one with `make_url(text)` or `URL.create(drivername, username=…, …)`; change one with `set` and the `update_query_…`
    methods, each of which returns a new URL. `str(url)` hides the password; `render_as_string(hide_password=False)` does not.

        >>> URL.create("postgresql", "me", "p@ss", "db", database="app").render_as_string(hide_password=False)
        'postgresql://me:p%40ss@db/app'
    """

    __slots__ = ("_query", "database", "drivername", "host", "password", "port", "username")

    drivername: str
    username: str | None
    password: Any
    host: str | None
    port: int | None
    database: str | None
    _query: dict[str, QueryValue]

    def __init__(
        self,
        drivername: str,
        username: str | None = None,
        password: Any = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: GivenQuery = MappingProxyType({}),
    ) -> None:
        put = object.__setattr__
        put(self, "drivername", checked_name(drivername))
        put(self, "username", checked_text("username", username))
        put(self, "password", password)
        put(self, "host", checked_text("host", host))
        put(self, "port", checked_port(port))
        put(self, "database", checked_text("database", database))
        put(self, "_query", checked_query(query))

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: Any = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: GivenQuery = MappingProxyType({}),
    ) -> URL:
        """Make a URL of its parts, none of them percent-encoded.

        Raises ArgumentError if a part is not of its type.
        """
        return cls(drivername, username, password, host, port, database, query)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a URL cannot be changed; make another one: url.set({name}=…)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a URL cannot be changed")

    @property
    def query(self) -> Mapping[str, QueryValue]:
        """What stands behind the `?`: names to strings, or to tuples where a name is repeated."""
        return MappingProxyType(self._query)

    def _parts(self) -> tuple[Any, ...]:
        password = None if self.password is None else str(self.password)
        return (self.drivername, self.username, password, self.host, self.port, self.database)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and self._parts() == other._parts() and self._query == other._query

    def __hash__(self) -> int:
        return hash((self._parts(), tuple(sorted(self._query.items(), key=repr))))

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: Any) -> URL:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return URL, (self.drivername, self.username, self.password, self.host, self.port, self.database, dict(self._query))

    def set(
        self,
        drivername: str = _UNSET,
        username: str | None = _UNSET,
        password: Any = _UNSET,
        host: str | None = _UNSET,
        port: int | None = _UNSET,
        database: str | None = _UNSET,
        query: GivenQuery = _UNSET,
    ) -> URL:
        """Return a URL with some parts replaced."""
        given = (drivername, username, password, host, port, database, query)
        own = (self.drivername, self.username, self.password, self.host, self.port, self.database, self._query)
        return URL(*[old if new is _UNSET else new for old, new in zip(own, given, strict=True)])

    def _replace(self, **parts: Any) -> URL:
        """As `set`; the name that tuples with names have."""
        return self.set(**parts)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.drivername, self.username, self.password, self.host, self.port, self.database, self.query))

    def update_query_string(self, query_string: str, append: bool = False) -> URL:
        """Return a URL whose query holds that of a text as well; `append` keeps the values of repeated names."""
        return self.update_query_pairs(parse_qsl(query_string), append=append)

    def update_query_pairs(self, key_value_pairs: Iterable[tuple[str, str | Sequence[str]]], append: bool = False) -> URL:
        """Return a URL whose query holds those pairs as well; `append` keeps the values of repeated names."""
        fresh = gathered(key_value_pairs)
        merged = dict(self._query)
        for key, value in fresh.items():
            merged[key] = (*values_of(merged[key]), *values_of(value)) if append and key in merged else value
        return self.set(query=merged)

    def update_query_dict(self, query_parameters: GivenQuery, append: bool = False) -> URL:
        """Return a URL whose query holds those of a dict as well; `append` keeps the values of repeated names."""
        return self.update_query_pairs(query_parameters.items(), append=append)

    def difference_update_query(self, names: Iterable[str]) -> URL:
        """Return a URL without those names in its query."""
        dropped = set(names)
        return self.set(query={key: value for key, value in self._query.items() if key not in dropped})

    @property
    def normalized_query(self) -> Mapping[str, Sequence[str]]:
        """The query with a tuple for every name."""
        return {key: values_of(value) for key, value in self._query.items()}

    def get_backend_name(self) -> str:
        """Return the database's name: `postgresql` of `postgresql+asyncpg`."""
        return self.drivername.partition("+")[0]

    def get_dialect(self, _is_async: bool = False) -> type[Dialect]:
        """Return the class of the database's dialect, to compile statements without an engine: `statement.compile(dialect=url.get_dialect()())`.

        Raises NoSuchModuleError for a database that ambo does not speak.
        """
        found = _DIALECTS.get(self.get_backend_name())
        if found is None:
            raise NoSuchModuleError(f"Can't load dialect {self.get_backend_name()!r}{suggestion(self.get_backend_name(), _DIALECTS)}; known are {', '.join(_DIALECTS)}")
        return found

    def get_driver_name(self) -> str:
        """Return the driver's name as written, or an empty string."""
        return self.drivername.partition("+")[2]

    def translate_connect_args(self, names: Sequence[str] = (), **renamed: str) -> dict[str, Any]:
        """Return the parts that are given, under their own names or those asked for."""
        order = ("host", "database", "username", "password", "port")
        wanted = dict(zip(order, names, strict=False)) if names else {}
        found = {}
        for part in order:
            key = renamed.get(part, wanted.get(part, part))
            value = getattr(self, part)
            if key and value:
                found[key] = str(value) if part == "password" else value
        return found

    def render_as_string(self, hide_password: bool = True) -> str:
        """Return the URL's text, with `***` for the password unless told otherwise."""
        text = self.drivername + "://"
        if self.username is not None:
            text += quote(self.username, safe=" +")
            if self.password is not None:
                text += ":" + ("***" if hide_password else quote(str(self.password), safe=" +"))
            text += "@"
        if self.host is not None:
            text += f"[{self.host}]" if ":" in self.host else self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.database is not None:
            text += "/" + quote(self.database, safe=" +/")
        if self._query:
            pairs = [(key, one) for key in sorted(self._query) for one in values_of(self._query[key])]
            text += "?" + "&".join(f"{quote_plus(key)}={quote_plus(one)}" for key, one in pairs)
        return text

    def __str__(self) -> str:
        return self.render_as_string()

    __repr__ = __str__

    def __to_string__(self, hide_password: bool = True) -> str:
        return self.render_as_string(hide_password)


def make_url(name_or_url: str | URL) -> URL:
    """Parse a URL; a URL is returned as it is.

    Raises ArgumentError if the text is not a URL.
    """
    if isinstance(name_or_url, URL):
        return name_or_url
    if not isinstance(name_or_url, str):
        raise ArgumentError(f"expected a database URL as a string or URL, got {name_or_url!r}")
    found = _PATTERN.match(name_or_url)
    if found is None:
        raise ArgumentError(f"not a database URL: {redacted(name_or_url)!r}; expected something like postgresql://user:password@host/database")
    port = found["port"]
    if port and not port.isdigit():
        raise ArgumentError(
            f"invalid port {port!r} in a database URL; a password that contains ':', '/' or '@' has to be percent-encoded "
            "(urllib.parse.quote_plus), or use URL.create(...)"
        )
    return URL(
        found["drivername"],
        None if found["username"] is None else unquote(found["username"]),
        None if found["password"] is None else unquote(found["password"]),
        found["ipv6"] or found["host"],
        int(port) if port else None,
        None if found["database"] is None else unquote(found["database"]),
        gathered(parse_qsl(found["query"] or "")),
    )


def redacted(text: str) -> str:
    """Hide what may be a password in a text that is not a URL."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", text)


def values_of(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one or several values as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def gathered(pairs: Iterable[tuple[str, str | Sequence[str]]]) -> dict[str, QueryValue]:
    """Return a dict of pairs, with tuples for names that come more than once."""
    found: dict[str, QueryValue] = {}
    for key, value in pairs:
        new: QueryValue = value if isinstance(value, str) else tuple(value)
        found[key] = (*values_of(found[key]), *values_of(new)) if key in found else new
    return found


def checked_name(name: Any) -> str:
    """Return a drivername, or complain."""
    if not isinstance(name, str):
        raise TypeError(f"a URL's drivername must be a string like 'postgresql' or 'postgresql+asyncpg', not {name!r}")
    if not name or _NO_NAME.search(name):
        raise ArgumentError(f"a URL's drivername must be like 'postgresql' or 'postgresql+asyncpg', not {name!r}")
    return name


def checked_text(part: str, value: Any) -> str | None:
    """Return a part that is a string or None, or complain."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"a URL's {part} must be a string, not {value!r}")
    return value


def checked_port(value: Any) -> int | None:
    """Return a port number, or complain."""
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"a URL's port must be a number, not {value!r}") from None


def checked_query(query: Any) -> dict[str, QueryValue]:
    """Return a copy of a query with strings and tuples of strings only, or complain."""
    found: dict[str, QueryValue] = {}
    for key, value in dict(query).items():
        if not isinstance(key, str):
            raise TypeError(f"names in a URL's query must be strings, not {key!r}")
        if isinstance(value, str):
            found[key] = value
            continue
        if not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
            raise TypeError(f"values in a URL's query must be strings or sequences of strings, not {value!r}")
        found[key] = value[0] if len(value) == 1 else tuple(value)
    return found
