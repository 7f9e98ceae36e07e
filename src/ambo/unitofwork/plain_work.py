"""Plain work: new objects of one class and one table that refer to nothing, in a session with nothing else to write.

That is what most flushes are. Their objects need no gathering, no plan and no order: `plain_work` looks at them once, and the flush goes on to
the rows, which are made and sent as in every other flush.

Rule 1: `plain_work` changes nothing, and answers None in doubt: gathering (`gather.py`) can do everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ambo.unitofwork.rows import Member
from ambo.unitofwork.table_map import TableMap, table_maps

_MAPPER = attrgetter("mapper")


def plain_work(unit: Any) -> tuple[TableMap, list[Member]] | None:
    """Return the objects that a flush has to insert, and the table they go to, if that is all and plain; else None."""
    if unit._modified or unit._deleted or not unit._new:
        return None
    members = list(unit._new.items())
    mapper = members[0][0].mapper
    if mapper.delete_orphans or (len(members) > 1 and len(set(map(_MAPPER, unit._new))) > 1):
        return None
    tmap, *others = (mapper.table_maps or table_maps(mapper)).values()
    if others or not tmap.inserts_plainly:
        return None
    if mapper.relationship_list and not _refer_to_nothing(members, mapper):
        return None
    if unit.identity_map.tables:  # an object that is here may have the key of a new one, if that has a key
        key = mapper.pk_keys[0]
        for _, obj in members:
            if obj.__dict__.get(key) is not None:
                return None
    return tmap, members


def _refer_to_nothing(members: Sequence[Member], mapper: Any) -> bool:
    """Tell whether nobody has set or read a relationship of these objects."""
    keys = [prop.key for prop in mapper.relationship_list]
    return not any(state.pending_changes or not obj.__dict__.keys().isdisjoint(keys) for state, obj in members)
