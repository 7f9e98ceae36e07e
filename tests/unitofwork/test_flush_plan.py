"""The plan orders batches; states are stood in for by names, as the plan reads their hierarchy only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ambo.errors import CircularDependencyError
from ambo.unitofwork.flush_plan import DeleteBatch, Link, PostUpdateBatch, RowBatch, RowChange, RowChanges, SaveBatch, Work, plan


@dataclass(frozen=True)
class Hierarchy:
    name: str

    @property
    def base_mapper(self) -> Hierarchy:
        return self


@dataclass(frozen=True)
class Thing:
    name: str
    mapper: Hierarchy = field(repr=False)


USER, ADDRESS, NODE = Hierarchy("user"), Hierarchy("address"), Hierarchy("node")
ed, wendy = Thing("ed", USER), Thing("wendy", USER)
home, office = Thing("home", ADDRESS), Thing("office", ADDRESS)
root, left, right, leaf = (Thing(name, NODE) for name in ("root", "left", "right", "leaf"))


def things(*found: Thing) -> dict[Any, Any]:
    return dict.fromkeys(found)


def test_one_hierarchy_is_one_batch() -> None:
    assert plan(Work(saves=things(ed, wendy))) == [SaveBatch(USER, (ed, wendy))]


def test_principals_are_saved_first_and_deleted_last() -> None:
    work = Work(saves=things(home, ed), deletes=things(wendy, office), mapper_edges=[(USER, ADDRESS)])
    assert plan(work) == [
        SaveBatch(USER, (ed,)),
        SaveBatch(ADDRESS, (home,)),
        DeleteBatch(ADDRESS, (office,)),
        DeleteBatch(USER, (wendy,)),
    ]


def test_a_tree_is_saved_level_by_level() -> None:
    work = Work(
        saves=things(leaf, right, left, root),
        mapper_edges=[(NODE, NODE)],
        save_edges=[(root, left), (root, right), (left, leaf)],
    )
    assert plan(work) == [SaveBatch(NODE, (root,)), SaveBatch(NODE, (right, left)), SaveBatch(NODE, (leaf,))]


def test_a_tree_is_deleted_from_its_leaves() -> None:
    work = Work(deletes=things(root, left, leaf), mapper_edges=[(NODE, NODE)], delete_edges=[(leaf, left), (left, root)])
    assert plan(work) == [DeleteBatch(NODE, (leaf,)), DeleteBatch(NODE, (left,)), DeleteBatch(NODE, (root,))]


def test_mutual_references_are_ordered_object_by_object() -> None:
    work = Work(
        saves=things(ed, home, wendy), mapper_edges=[(USER, ADDRESS), (ADDRESS, USER)], save_edges=[(ed, home), (home, wendy)]
    )
    assert plan(work) == [SaveBatch(USER, (ed,)), SaveBatch(ADDRESS, (home,)), SaveBatch(USER, (wendy,))]


def test_objects_that_need_one_another_are_an_error() -> None:
    work = Work(
        saves=things(ed, home), mapper_edges=[(USER, ADDRESS), (ADDRESS, USER)], save_edges=[(ed, home), (home, ed)]
    )
    with pytest.raises(CircularDependencyError):
        plan(work)


def test_post_updates_stand_after_the_saves_and_before_the_deletes() -> None:
    late, early = Link("favourite", home, ed, ()), Link("favourite", None, wendy, ())
    rows = RowChanges("tags", inserts=[RowChange(ed, home)])
    work = Work(
        saves=things(ed, home), deletes=things(wendy), post_saves=[late], post_deletes=[early], rows={"tags": rows},
        mapper_edges=[(USER, ADDRESS)],
    )
    assert plan(work) == [
        SaveBatch(USER, (ed,)),
        SaveBatch(ADDRESS, (home,)),
        PostUpdateBatch(USER, (late,)),
        RowBatch(rows),
        PostUpdateBatch(USER, (early,)),
        DeleteBatch(USER, (wendy,)),
    ]


def test_empty_row_changes_make_no_batch() -> None:
    assert plan(Work(rows={"tags": RowChanges("tags")})) == []
