"""The identity map holds objects weakly and sweeps what died."""

from __future__ import annotations

import gc

import pytest

from ambo.unitofwork.identity_map import IdentityMap


class Thing:
    pass


def test_an_object_is_found_while_somebody_holds_it() -> None:
    found, thing = IdentityMap(), Thing()
    assert found.put((Thing, (1,), None), thing) is None
    assert found.get((Thing, (1,), None)) is thing
    assert (Thing, (1,), None) in found
    assert found.keys() == [(Thing, (1,), None)]
    assert len(found) == 1
    del thing
    gc.collect()
    assert found.get((Thing, (1,), None)) is None
    assert len(found) == 0
    with pytest.raises(KeyError):
        found[Thing, (1,), None]


def test_putting_a_second_object_under_a_key_returns_the_first() -> None:
    found, first, second = IdentityMap(), Thing(), Thing()
    found.put((Thing, (1,), None), first)
    assert found.put((Thing, (1,), None), second) is first
    assert found.get((Thing, (1,), None)) is second
    assert not found.discard((Thing, (1,), None), first)
    assert found.discard((Thing, (1,), None), second)


def test_identity_tokens_keep_equal_keys_apart() -> None:
    found, first, second = IdentityMap(), Thing(), Thing()
    found.put((Thing, (1,), None), first)
    found.put((Thing, (1,), "shard"), second)
    assert found.values() == [first, second]


def test_dead_entries_are_swept_when_the_map_has_grown() -> None:
    found = IdentityMap()
    refs = found.refs_of(Thing)
    keep = [Thing() for _ in range(10)]
    for number in range(2000):
        found.put((Thing, (number,), None), keep[number] if number < 10 else Thing())
    gc.collect()
    found.tidy()
    assert len(refs) == 10


def test_a_value_that_is_a_tuple_is_no_composite_key() -> None:
    found = IdentityMap()
    things = [Thing() for _ in range(3)]
    keys = [(Thing, pk, None) for pk in ((1,), (1, 2), ((1, 2),))]
    for key, thing in zip(keys, things, strict=True):
        found.put(key, thing)
    assert found.keys() == keys
    assert [found.get(key) for key in keys] == things
    assert all(found.discard(key, thing) for key, thing in zip(keys, things, strict=True))


def test_what_is_alive_is_not_looked_for_among_the_dead_each_time() -> None:
    identity_map = IdentityMap()
    kept = [Thing() for _ in range(3)]
    for number, thing in enumerate([*kept, *(Thing() for _ in range(100))]):
        identity_map.put((Thing, (number,), None), thing)
    del thing
    assert identity_map.living() == kept
    assert sum(map(len, identity_map.tables.values())) == 3
