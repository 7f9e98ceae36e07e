"""The identity map: one object for one row, held weakly.

Rule 1: an entry is a plain `weakref.ref` without a callback (a `WeakValueDictionary` costs four times as much a row);
    entries of objects that died stay until `tidy` sweeps them, and everything here looks through them.
Rule 2: there is one dict for each (base class, identity token), so that a row loader hashes the primary key only:
    `refs = identity_map.refs_of(base_class)`, then `refs[key]()` and `refs[key] = ref(obj)`, where the key is the value of a single
    column by itself, else the tuple (`state.entry_key`): a tuple less for each object costs less to make, to hash and to collect.
Rule 3: an identity key is `(base class, primary key tuple, identity token)` as users see it.
Rule 4: nothing here keeps an object alive; whoever modifies one is kept by `unitofwork/membership.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias
from weakref import ref

from ambo.mapping.shared_state import entry_key, pk_of_entry

IdentityKey: TypeAlias = "tuple[type, tuple[Any, ...], Any]"
Refs: TypeAlias = "dict[Any, ref[Any]]"

_SWEEP_FROM = 1024
_FEW = 6


class IdentityMap:
    """The objects of one session by identity key, as far as somebody still holds them; `tables` are the dicts of rule 2."""

    __slots__ = ("_sweep_at", "tables")

    def __init__(self) -> None:
        self.tables: dict[tuple[type, Any], Refs] = {}
        self._sweep_at = _SWEEP_FROM

    def refs_of(self, base_class: type, token: Any = None) -> Refs:
        """Return the entries of one mapped hierarchy; row loaders read and write them."""
        found = self.tables.get((base_class, token))
        if found is None:
            found = self.tables[base_class, token] = {}
        return found

    def get(self, key: IdentityKey, default: Any = None) -> Any:
        """Return the object of a key, or the default."""
        refs = self.tables.get((key[0], key[2]))
        entry = None if refs is None else refs.get(entry_key(key[1]))
        found = None if entry is None else entry()
        return default if found is None else found

    def put(self, key: IdentityKey, obj: Any) -> Any:
        """Enter an object; return the other live object that stood there, if any."""
        refs = self.refs_of(key[0], key[2])
        at = entry_key(key[1])
        entry = refs.get(at)
        refs[at] = ref(obj)
        before = None if entry is None else entry()
        return None if before is obj else before

    def discard(self, key: IdentityKey, obj: Any) -> bool:
        """Take an object out; return whether it stood there."""
        refs = self.tables.get((key[0], key[2]), {})
        at = entry_key(key[1])
        entry = refs.get(at)
        if entry is None or entry() is not obj:
            return False
        del refs[at]
        return True

    def discard_all(self, members: Iterable[tuple[IdentityKey, Any]]) -> None:
        """Take several objects out."""
        last, known, refs = None, None, None
        for (base_class, pk, token), obj in members:
            if base_class is not last or token is not known:
                last, known, refs = base_class, token, self.tables.get((base_class, token))
            at = pk[0] if len(pk) == 1 and pk[0].__class__ is not tuple else pk  # `entry_key`, without its frame
            if refs is not None and (entry := refs.get(at)) is not None and entry() is obj:
                del refs[at]

    def holds(self, key: IdentityKey, obj: Any) -> bool:
        """Tell whether that very object stands under that key."""
        return self.get(key) is obj

    def clear(self) -> None:
        """Forget everything."""
        self.tables.clear()
        self._sweep_at = _SWEEP_FROM

    def tidy(self) -> None:
        """Drop the entries of dead objects once the map has doubled since the last time; cheap otherwise."""
        if sum(map(len, self.tables.values())) > self._sweep_at:
            self._sweep()

    def _sweep(self) -> None:
        alive = 0
        for refs in self.tables.values():
            for at in [at for at, entry in refs.items() if entry() is None]:
                del refs[at]
            alive += len(refs)
        self._sweep_at = max(_SWEEP_FROM, 2 * alive)

    def items(self) -> list[tuple[IdentityKey, Any]]:
        """Return the live (key, object) pairs."""
        found: list[tuple[IdentityKey, Any]] = []
        for (base_class, token), refs in self.tables.items():
            for at, entry in list(refs.items()):
                obj = entry()
                if obj is not None:
                    found.append(((base_class, pk_of_entry(at), token), obj))
        return found

    def keys(self) -> list[IdentityKey]:
        """Return the keys of the live objects."""
        return [key for key, _ in self.items()]

    def values(self) -> list[Any]:
        """Return the live objects."""
        return [obj for refs in self.tables.values() for entry in list(refs.values()) if (obj := entry()) is not None]

    def living(self) -> list[Any]:
        """Return the live objects, and drop the entries of dead ones if these are the most: else each commit would look at all of them."""
        found: list[Any] = []
        entries = 0
        for refs in self.tables.values():
            entries += len(refs)
            found += [obj for entry in list(refs.values()) if (obj := entry()) is not None]
        if entries > 2 * len(found) + _FEW:
            self._sweep()
        return found

    def __iter__(self) -> Iterator[IdentityKey]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.values())

    def __contains__(self, key: IdentityKey) -> bool:
        return self.get(key) is not None

    def __getitem__(self, key: IdentityKey) -> Any:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __repr__(self) -> str:
        return f"IdentityMap({len(self)} objects)"
