"""`ambo tour`: equal colours end with 0, a difference with 1; plain text in a pipe, JSON on request, a picture in a terminal."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import pty
import subprocess
import sys

import pytest
from rich.console import Console

from ambo.cli.tour import performing, programs
from ambo.cli.tour.picturing import picture
from ambo.cli.tour.telling import as_json, as_text


def ambo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", "from ambo.cli.app import main; main()", *arguments], capture_output=True, text=True, check=False)


def test_every_operation_is_equal_in_both_colours() -> None:
    outcomes = performing.perform(programs.PAIRS)
    assert {outcome.pair.name: outcome.differences for outcome in outcomes if not outcome.is_equal} == {}
    assert all(outcome.blocking.statements and outcome.blocking.round_trips for outcome in outcomes)


def test_on_postgresql_too(postgres_url: str) -> None:
    for url in (postgres_url, postgres_url.replace("postgresql:", "postgresql+asyncpg:")):
        outcomes = performing.perform(programs.PAIRS, url)
        assert {outcome.pair.name: outcome.differences for outcome in outcomes if not outcome.is_equal} == {}


def test_on_mariadb_too(mariadb_url: str) -> None:
    outcomes = performing.perform(programs.PAIRS, mariadb_url)
    assert {outcome.pair.name: outcome.differences for outcome in outcomes if not outcome.is_equal} == {}


def test_the_table_of_somebody_else_is_not_touched(tmp_path: object) -> None:
    from ambo import create_engine
    from ambo.errors import OperationalError

    url = f"sqlite:///{tmp_path}/mine.db"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE tour_users (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO tour_users VALUES (7)")
    with pytest.raises(OperationalError, match="tour_users"):
        performing.perform(programs.PAIRS, url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id FROM tour_users").scalar() == 7
    engine.dispose()


def test_in_a_pipe_it_is_plain_text() -> None:
    done = ambo("tour")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout and "│" not in done.stdout
    assert "await session.commit()" in done.stdout and "all 12 operations" in done.stdout


def test_json_has_code_sql_and_counts() -> None:
    done = ambo("tour", "--json", "--only", "get")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (get,) = found["operations"]
    assert found["equal"] and get["sync"]["code"] == "user = session.get(User, 1)" and get["async"]["code"] == "user = await session.get(User, 1)"
    assert get["sync"]["sql"] == get["async"]["sql"] and get["sync"]["round_trips"] >= 1


def test_a_difference_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from ambo.cli import commands

    broken = dataclasses.replace(programs.PAIRS[1], awaiting=programs.query_all_async)
    monkeypatch.setattr(commands, "PAIRS", (broken,))
    done = CliRunner().invoke(commands.app, ["tour"])
    assert done.exit_code == 1 and "DIFFERENT: result, SQL" in done.output


def test_an_unknown_operation_gets_a_suggestion() -> None:
    done = ambo("tour", "--only", "filterby")
    assert done.returncode == 2 and "did you mean 'filter_by'" in done.stderr


def test_a_wrong_url_is_one_sentence() -> None:
    done = ambo("tour", "--url", "orcale://x")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "orcale" in done.stderr


def test_without_typer_the_extra_is_named() -> None:
    code = "import sys; sys.modules['typer'] = None\nfrom ambo.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "tour"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "pip install 'ambo[cli]'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("width", [60, 100, 160])
def test_the_picture_fits_the_terminal(width: int) -> None:
    outcomes = performing.perform(programs.PAIRS[:3])
    screen = io.StringIO()
    picture(outcomes, Console(file=screen, force_terminal=True, width=width, color_system="truecolor"))
    lines = Console(width=width).render_str(screen.getvalue())
    assert "\x1b[" in screen.getvalue() and lines is not None
    plain = [line for line in screen.getvalue().splitlines() if "\x1b" not in line]
    assert all(len(line) <= width for line in plain)


def test_in_a_terminal_it_is_coloured() -> None:
    leader, follower = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", "from ambo.cli.app import main; main()", "tour", "--only", "get"], stdout=follower, env={**os.environ, "TERM": "xterm-256color"})
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(leader)
    assert child.wait() == 0 and b"\x1b[" in seen and "╭".encode() in seen


def test_json_and_text_of_an_outcome_agree() -> None:
    outcomes = performing.perform(programs.PAIRS[:1])
    assert as_json(outcomes)["operations"][0]["sync"]["statements"] == len(outcomes[0].blocking.statements)
    assert "new_user = User(" in as_text(outcomes)
