"""The benchmark's arithmetic, its tables and what it calls a fault; no time is compared, and none of the peers' packages is needed."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from bench import cases, figures, page, proxy, results, roster, running, schema, seen, summaries, tables


@pytest.fixture
def report() -> results.Report:
    """Two rounds of two cases: ambo takes twice the driver's time, SQLAlchemy ten times, async ambo three times."""
    machine = results.Machine("a processor", 2, "4 GB", "Linux", "CPython 3.13", "3.45", "18")
    made = results.Report("2026-11-22T16:20+00:00", "python -m bench", 2, cases.QUICK, machine, distances={"cp5": 0.0055})
    factors = {"floor_sqlite3": 1, "ambo_sync": 2, "ambo_asyncpg": 3, "sqlalchemy_sync": 10, "sqlalchemy_async": 12}
    for case in ("b", "h"):
        for peer, factor in factors.items():
            times = [0.003 * factor, 0.001 * factor, 0.002 * factor]
            made.runs.append(results.Run("sqlite", case, peer, times, [one / 2 for one in times]))
    made.introductions = [results.Introduction("sqlite", peer, {}, {"ambo": "1"}) for peer in factors]
    made.objects = [results.ObjectCost("floor_sqlite3", 290.4, None, None), results.ObjectCost("ambo_sync", 500, 16, 140)]
    made.imports = [results.ImportTime("ambo", "ambo.orm", [0.2, 0.1, 0.15])]
    return made


def entry(name: str, database: str = "sqlite") -> roster.Entry:
    return next(one for one in roster.ROSTER[database] if one.name == name)


def test_a_figure_is_the_median_divided_by_the_floors_median(report: results.Report) -> None:
    found = figures.figures(report, "sqlite", "b", entry("ambo_sync"))
    assert found is not None
    assert (found.wall, found.cpu, found.least_wall) == (0.004, 0.002, 0.002)
    assert (found.to_floor, found.cpu_to_floor, found.least_to_floor) == (2, 2, 2)
    assert found.to_rival == pytest.approx(0.2)


def test_without_a_floor_there_is_no_ratio(report: results.Report) -> None:
    report.runs = [run for run in report.runs if run.peer == "ambo_sync"]
    found = figures.figures(report, "sqlite", "b", entry("ambo_sync"))
    assert found is not None
    assert (found.to_floor, found.to_rival) == (None, None)
    assert "4.00 ms (2.00)" in tables.main_tables(report)


def test_each_peer_is_divided_by_the_driver_of_its_kind() -> None:
    floors = {one.name: one.floor for one in roster.ROSTER["postgresql"]}
    assert (floors["ambo_sync"], floors["ambo_psycopg"], floors["ambo_asyncpg"]) == (
        "floor_psycopg",
        "floor_psycopg_async",
        "floor_asyncpg",
    )
    assert {one.floor for one in roster.ROSTER["sqlite"]} == {"floor_sqlite3"}
    rivals = [roster.rival("postgresql", entry(name, "postgresql")).name for name in ("ambo_sync", "ambo_psycopg", "ambo_asyncpg")]
    assert rivals == ["sqlalchemy_sync", "sqlalchemy_psycopg", "sqlalchemy_async"]


def test_choosing_peers_brings_their_floors() -> None:
    assert [one.name for one in roster.chosen("postgresql", {"oxyde_async"})] == ["floor_asyncpg", "oxyde_async"]
    with pytest.raises(SystemExit, match="there is no peer 'oxide'"):
        roster.chosen("sqlite", {"oxide"})


def test_every_peer_has_a_module_and_every_module_a_peer() -> None:
    folder = Path(roster.__file__).parent / "peers"
    shared = {"__init__", "mapped", "peewee_models", "postgres_sql", "session_cases", "taking_part"}
    assert {path.stem for path in folder.glob("*.py")} - shared == {one.name for entries in roster.ROSTER.values() for one in entries}


def test_the_table_has_ratios_and_the_fastest_in_bold(report: results.Report) -> None:
    text = tables.main_tables(report)
    assert "| sqlite3, sync | 2.00 ms (1.00) |" in text
    assert "| ambo sync (sqlite3) | **2.00 (2.0)** |" in text
    assert "| SQLAlchemy async (aiosqlite) | 12.00 (12.0) |" in text
    assert "* **b**: 2,000 users as objects" in text


def test_equal_notes_share_a_footnote(report: results.Report) -> None:
    for one in report.introductions[3:]:
        one.notes = {"*": "no identity map", "h": "ten threads"}
    text = tables.main_tables(report)
    assert "| SQLAlchemy sync (sqlite3)<sup>1</sup> | 10.00 (10.0) |" in text
    assert "| SQLAlchemy async (aiosqlite)<sup>1</sup> | 12.00 (12.0)<sup>2</sup> |" in text
    assert text.endswith("1. no identity map\n2. ten threads")


def test_a_fault_stands_in_place_of_times_and_is_explained(report: results.Report) -> None:
    run = report.run("sqlite", "b", "ambo_sync")
    assert run is not None
    run.fault = "counted 3 where the bare driver has 4"
    text = tables.main_tables(report)
    assert "| ambo sync (sqlite3) | fault<sup>1</sup> |" in text
    assert "1. ambo sync (sqlite3), b: counted 3 where the bare driver has 4" in text
    assert figures.fastest(report, "sqlite", "b") == "ambo_asyncpg"


def answer(count: int = 4, **more: object) -> dict[str, object]:
    return {"wall": 1.0, "cpu": 1.0, "count": count, "sum": 7, "sample": "user (1, True)", "written": None, **more}


def test_a_peer_that_did_something_else_than_the_bare_driver_is_at_fault() -> None:
    answers = {
        "floor": answer(),
        "good": answer(),
        "fewer": answer(3),
        "strings": answer(sum=8, sample="user (1, 1)"),
        "rows": answer(written=[1, 2]),
        "broken": {"error": "ValueError: no"},
        "unable": {"missing": True},
    }
    assert running.faults(answers) == {
        "fewer": "counted 3 where the bare driver has 4",
        "strings": "saw user (1, 1) where the bare driver has user (1, True)",
        "rows": "left in the table [1, 2] where the bare driver has None",
        "broken": "ValueError: no",
        "unable": running.MISSING,
    }


def test_what_was_seen_depends_on_types_and_not_on_order() -> None:
    made = datetime.datetime(2026, 1, 1)
    rows = [(1, "a", "a@b", 20, made, True), (2, "b", "a@b", 20, made, False)]

    def total(shown: list[tuple[object, ...]]) -> int:
        watching = seen.Seen(tuple, tuple, tuple)
        watching.users(shown)
        return watching.sum()

    assert total(rows) == total([*rows[::-1], rows[0]])
    assert total(rows) != total([rows[0], (*rows[1][:5], 0)])
    assert total(rows) != total([rows[0], (*rows[1][:4], str(made), False)])


def test_objects_without_keys_are_noticed() -> None:
    watching = seen.Seen()
    watching.made([1, None])
    assert watching.keys_known is False


def test_async_stands_beside_sync(report: results.Report) -> None:
    text = summaries.headline(report)
    assert "| b: load all | 4.00 ms | 1.50 | 20.0 ms | 1.20 |" in text
    assert "| geometric mean |  | **1.50** |  | **1.20** |" in text


def test_whoever_is_ahead_of_ambo_stands_in_bold(report: results.Report) -> None:
    run = report.run("sqlite", "h", "sqlalchemy_async")
    assert run is not None
    run.wall = [0.003]
    text = summaries.next_best(report)
    assert "| SQLite, b: load all | 4.00 ms | SQLAlchemy, 20.0 ms | 5.00 | 6.00 ms | SQLAlchemy, 24.0 ms | 4.00 |" in text
    assert "| 6.00 ms | SQLAlchemy, 3.00 ms | **0.50** |" in text


def test_the_other_tables(report: results.Report) -> None:
    assert "| SQLite: ambo sync (sqlite3) | 0.20 (0.20) | 0.20 (0.20) |" in summaries.rivalry(report)
    assert "| SQLite, b | 2.2 | **2.00** | 3.00 | - |" in summaries.targets(report)
    assert "| sqlite3, sync, a tuple | 290 | - | - |" in summaries.objects(report)
    assert "| `ambo.orm` | 150 ms | 100 ms |" in summaries.imports(report)
    assert "| ambo sync (sqlite3) | 4.00 ms | 2.00 ms | 2.00 ms | 2.00 |" in summaries.details(report)


def test_a_report_comes_back_from_json(report: results.Report, tmp_path: Path) -> None:
    report.save(tmp_path / "results.json")
    assert results.loaded(tmp_path / "results.json") == report
    assert json.loads((tmp_path / "results.json").read_text())["sizes"]["users"] == 2000


def test_a_second_part_of_a_run_adds_its_notes(report: results.Report) -> None:
    more = results.Measured(introductions=[results.Introduction("sqlite", "ambo_sync", {"cp": "far"}, {})])
    report.add(more)
    assert report.note("sqlite", "ambo_sync", "cp") == ["far"]
    assert len(report.introductions) == 5


def test_the_page_names_machine_versions_and_date(report: results.Report) -> None:
    text = page.page(report, ["ratios-sqlite.svg"])
    for part in (
        "22 November 2026, 16:20 UTC",
        "a processor, 2 cores",
        "ambo 1",
        "quick run",
        "5.5 ms in cp5",
        "(benchmarks/ratios-sqlite.svg)",
    ):
        assert part in text
    assert "$" not in text


def test_the_page_in_docs_is_made_of_this_text() -> None:
    docs = Path(__file__).parent.parent.parent / "docs"
    opening = (Path(page.__file__).parent / "page.md").read_text().partition("Measured on")[0]
    assert (docs / "benchmarks.md").read_text().startswith(opening)


def test_a_url_leads_through_the_proxy() -> None:
    assert proxy.through("postgresql://postgres:@/postgres?host=/tmp/x", 77) == "postgresql://postgres@127.0.0.1:77/postgres"
    assert proxy.through("postgresql://me:secret@far:5432/shop", 77) == "postgresql://me:secret@127.0.0.1:77/shop"


def test_ambo_does_what_the_bare_driver_does(tmp_path: Path) -> None:
    few = cases.Sizes(users=40, gets=3, parents=8, selects=2, inserts=20, commits=2, changes=6, tasks=12)
    path = str(tmp_path / "bench.db")
    schema.fill_sqlite(path, few.users)
    peers = [entry(name) for name in ("floor_sqlite3", "ambo_sync", "ambo_asyncpg")]
    near = [case for case in cases.CASES if not case.distance]
    found = running.measure("sqlite", path, peers, near, 1, few, with_objects=True)
    assert [run.fault for run in found.runs] == [""] * 33
    assert all(len(run.wall) == len(run.cpu) == 1 for run in found.runs)
    assert [cost.peer for cost in found.objects] == [peer.name for peer in peers]
