"""Orders are topological, deterministic and name the cycle."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ambo.errors import CircularDependencyError
from ambo.unitofwork.ordering import components, waves


def test_components_come_in_the_order_of_their_edges() -> None:
    assert components(["c", "b", "a"], [("a", "b"), ("b", "c")]) == [["a"], ["b"], ["c"]]


def test_nodes_without_edges_keep_their_order() -> None:
    assert components([3, 1, 2], []) == [[3], [1], [2]]
    assert waves([3, 1, 2], []) == [[3, 1, 2]]


def test_a_cycle_is_one_component() -> None:
    assert components(["x", "a", "b", "c"], [("a", "b"), ("b", "a"), ("b", "c"), ("x", "a")]) == [["x"], ["a", "b"], ["c"]]


def test_waves_put_each_node_as_early_as_possible() -> None:
    assert waves("abcd", [("a", "b"), ("a", "c"), ("c", "d")]) == [["a"], ["b", "c"], ["d"]]


def test_a_cycle_in_waves_is_an_error_that_names_its_members() -> None:
    with pytest.raises(CircularDependencyError, match="post_update") as caught:
        waves("abcz", [("a", "b"), ("b", "c"), ("c", "a"), ("c", "z")])
    assert caught.value.cycles == {"a", "b", "c"}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_every_edge_between_components_points_forward(edges: list[tuple[int, int]]) -> None:
    found = components(list(range(13)), edges)
    place = {node: index for index, one in enumerate(found) for node in one}
    assert sorted(place) == list(range(13))
    assert all(place[first] <= place[then] for first, then in edges)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda e: e[0] < e[1]), max_size=40))
def test_every_edge_crosses_to_a_later_wave(edges: list[tuple[int, int]]) -> None:
    found = waves(list(range(13)), edges)
    place = {node: index for index, one in enumerate(found) for node in one}
    assert all(place[first] < place[then] for first, then in edges)
