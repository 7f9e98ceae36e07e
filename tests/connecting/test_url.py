"""URLs: parsing, printing, changing, and what is said about wrong ones."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, strategies as st

from ambo.connecting.registry import driver_for, pool_class
from ambo.connecting.url import URL, make_url
from ambo.errors import ArgumentError, NoSuchModuleError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sqlite://", ("sqlite", None, None, None, None, None)),
        ("sqlite:///f.db", ("sqlite", None, None, None, None, "f.db")),
        ("sqlite:////abs/f.db", ("sqlite", None, None, None, None, "/abs/f.db")),
        ("sqlite+aiosqlite:///:memory:", ("sqlite+aiosqlite", None, None, None, None, ":memory:")),
        ("postgresql://me:p%40s%2Fs@host:5433/db", ("postgresql", "me", "p@s/s", "host", 5433, "db")),
        ("postgresql+asyncpg://me@host/db", ("postgresql+asyncpg", "me", None, "host", None, "db")),
        ("postgresql://me:@host/db", ("postgresql", "me", "", "host", None, "db")),
        ("postgresql://[::1]:5433/db", ("postgresql", None, None, "::1", 5433, "db")),
        ("postgresql:///db?host=/tmp", ("postgresql", None, None, None, None, "db")),
        ("postgresql://host", ("postgresql", None, None, "host", None, None)),
        ("mysql+pymysql://u:a:b@h/d", ("mysql+pymysql", "u", "a:b", "h", None, "d")),
    ],
)
def test_parts(text: str, parts: tuple[object, ...]) -> None:
    url = make_url(text)
    assert (url.drivername, url.username, url.password, url.host, url.port, url.database) == parts
    assert make_url(url.render_as_string(hide_password=False)) == url


def test_query() -> None:
    url = make_url("postgresql://h/d?sslmode=require&host=a:1&host=b&x=a%26b+c")
    assert url.query == {"sslmode": "require", "host": ("a:1", "b"), "x": "a&b c"}
    assert url.normalized_query["sslmode"] == ("require",)
    with pytest.raises(TypeError):
        url.query["y"] = "1"  # type: ignore[index]


def test_the_password_is_hidden_where_a_url_is_printed() -> None:
    url = make_url("postgresql://me:secret@h/d")
    assert str(url) == repr(url) == "postgresql://me:***@h/d"
    assert "secret" not in f"{url}"
    assert url.render_as_string(hide_password=False) == "postgresql://me:secret@h/d"


def test_changes_make_new_urls() -> None:
    url = make_url("postgresql://me:secret@h/d?a=1")
    assert url.set(database="e", password=None).render_as_string(False) == "postgresql://me@h/e?a=1"
    assert url.update_query_dict({"b": "2"}).query == {"a": "1", "b": "2"}
    assert url.update_query_string("a=2&a=3", append=True).query == {"a": ("1", "2", "3")}
    assert url.update_query_pairs([("a", "2")]).query == {"a": "2"}
    assert url.difference_update_query(["a", "z"]).query == {}
    assert url.query == {"a": "1"}
    with pytest.raises(AttributeError, match="url.set"):
        url.host = "x"
    assert (url.get_backend_name(), url.set(drivername="postgresql+asyncpg").get_driver_name()) == ("postgresql", "asyncpg")


def test_equal_hash_copy_pickle() -> None:
    url = make_url("postgresql://me:secret@h/d?a=1&a=2")
    assert url == make_url("postgresql://me:secret@h/d?a=1&a=2") != url.set(port=1)
    assert len({url, copy.copy(url), copy.deepcopy(url), pickle.loads(pickle.dumps(url))}) == 1


def test_translate_connect_args() -> None:
    url = make_url("postgresql://me:secret@h:1/d")
    assert url.translate_connect_args(username="user", database="db") == {"host": "h", "db": "d", "user": "me", "password": "secret", "port": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not a url", "not a database URL: 'not a url'"),
        ("postgresql:me:secret@h/d", "not a database URL"),
        ("postgresql://me:a@b:c@h/d", "percent-encoded"),
        (None, "expected a database URL"),
    ],
)
def test_wrong_urls(text: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make_url(text)


def test_a_wrong_url_does_not_show_its_password() -> None:
    with pytest.raises(ArgumentError) as caught:
        make_url("postgres ql://me:secret@h/d")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [({"drivername": ""}, "drivername"), ({"port": "x"}, "port"), ({"host": 5}, "host"), ({"query": {"a": 5}}, "query"), ({"query": {5: "a"}}, "query")],
)
def test_wrong_parts(kwargs: dict[str, object], message: str) -> None:
    with pytest.raises((ArgumentError, TypeError), match=message):
        URL.create(**{"drivername": "postgresql", **kwargs})  # type: ignore[arg-type]


def test_a_part_of_another_type_is_a_type_error() -> None:
    for kwargs in ({"host": 5}, {"drivername": 3}, {"query": {"a": 5}}):
        with pytest.raises(TypeError):
            URL.create(**{"drivername": "postgresql", **kwargs})  # type: ignore[arg-type]


def test_a_url_is_taken_apart_and_replaced_as_a_tuple_with_names() -> None:
    url = make_url("postgresql://u:p@h:1/d")
    assert list(url)[:6] == ["postgresql", "u", "p", "h", 1, "d"]
    assert url._replace(database="x") == url.set(database="x")


_text = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1)


@given(_text, _text, st.dictionaries(_text, _text | st.lists(_text, min_size=2, max_size=3).map(tuple), max_size=3))
def test_what_is_rendered_is_parsed_again(username: str, password: str, query: dict[str, str]) -> None:
    url = URL.create("postgresql", username, password, "h", query=query)
    assert make_url(url.render_as_string(hide_password=False)) == url


# ------------------------------------------------------------------------------------------------------------------ drivers
@pytest.mark.parametrize(
    ("text", "is_async", "name"),
    [
        ("sqlite://", False, "sqlite+pysqlite"),
        ("sqlite://", True, "sqlite+aiosqlite"),
        ("sqlite+aiosqlite://", True, "sqlite+aiosqlite"),
        ("postgresql://", False, "postgresql+psycopg"),
        ("postgresql://", True, "postgresql+psycopg_async"),
        ("postgresql+psycopg://", True, "postgresql+psycopg_async"),
        ("postgresql+asyncpg://", True, "postgresql+asyncpg"),
    ],
)
def test_which_driver(text: str, is_async: bool, name: str) -> None:
    assert driver_for(make_url(text), is_async=is_async).name == name


@pytest.mark.parametrize(
    ("text", "is_async", "error", "message"),
    [
        ("postgresql+psycopg2://", False, NoSuchModuleError, "write 'postgresql\\+psycopg' instead"),
        ("postgres://", False, NoSuchModuleError, "write 'postgresql' instead"),
        ("mysql+mysqldb://", False, NoSuchModuleError, "write 'mysql\\+pymysql' instead"),
        ("oracle+cx_oracle://", False, NoSuchModuleError, "ambo speaks PostgreSQL, SQLite"),
        ("mssql://", False, NoSuchModuleError, "ambo speaks PostgreSQL, SQLite"),
        ("postgresq://", False, NoSuchModuleError, "did you mean 'postgresql'"),
        ("postgresql+asyncpg://", False, ArgumentError, "create_async_engine"),
        ("sqlite+pysqlite://", True, ArgumentError, "'sqlite\\+aiosqlite'"),
    ],
)
def test_wrong_drivers(text: str, is_async: bool, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        driver_for(make_url(text), is_async=is_async)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "asyncpg", None)
    monkeypatch.delitem(sys.modules, "ambo.drivers.asyncpg", raising=False)
    with pytest.raises(NoSuchModuleError, match=r"pip install 'ambo\[asyncpg\]'"):
        driver_for(make_url("postgresql+asyncpg://"), is_async=True)


def test_which_pool() -> None:
    def name(text: str, is_async: bool) -> str:
        url = make_url(text)
        found: str = pool_class(driver_for(url, is_async=is_async), url).__name__
        return found

    assert name("sqlite://", False) == "SingletonThreadPool"
    assert name("sqlite:///x.db", False) == "QueuePool"
    assert name("sqlite://", True) == "AsyncStaticPool"
    assert name("sqlite:///x.db", True) == "AsyncAdaptedQueuePool"
    assert name("postgresql://", False) == "QueuePool"


# ------------------------------------------------------------------------------------------------- one URL, every driver
def test_one_url_dialect_for_both_postgresql_drivers() -> None:
    url = make_url("postgresql://me:p%40ss@h1:1/d?host=h2:2&sslmode=require&options=-csearch_path%3Ds&application_name=app&connect_timeout=3")
    assert driver_for(url, is_async=False).connect_args(url) == {
        "user": "me",
        "password": "p@ss",
        "dbname": "d",
        "host": "h1,h2",
        "port": "1,2",
        "sslmode": "require",
        "options": "-csearch_path=s",
        "application_name": "app",
        "connect_timeout": "3",
    }
    assert driver_for(url.set(drivername="postgresql+asyncpg"), is_async=True).connect_args(url) == {
        "user": "me",
        "password": "p@ss",
        "database": "d",
        "host": ["h1", "h2"],
        "port": [1, 2],
        "ssl": "require",
        "timeout": 3.0,
        "server_settings": {"search_path": "s", "application_name": "app"},
    }
    with pytest.raises(ArgumentError, match="did you mean 'require'"):
        driver_for(url.set(drivername="postgresql+asyncpg"), is_async=True).connect_args(url.set(query={"sslmode": "requre"}))


def test_sqlite_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/tmp")
    driver = driver_for(make_url("sqlite://"), is_async=False)
    assert driver.connect_args(make_url("sqlite://")) == {"database": ":memory:"}
    assert driver.connect_args(make_url("sqlite:///x.db?timeout=3")) == {"database": "/tmp/x.db", "timeout": 3.0}
    assert driver.connect_args(make_url("sqlite:///file:x.db?mode=ro&uri=true")) == {"database": "file:x.db?mode=ro", "uri": True}
    with pytest.raises(ArgumentError, match="sqlite:///relative"):
        driver.connect_args(make_url("sqlite://x.db"))
    with pytest.raises(ArgumentError, match="'mode'"):
        driver.connect_args(make_url("sqlite:///x.db?mode=ro"))
