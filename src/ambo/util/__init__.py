"""The few containers and helpers that programs import from here, at SQLAlchemy's path."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property as memoized_property

from ambo.connecting.bridge import await_here as await_only, run_in_thread as greenlet_spawn
from ambo.statements.for_libraries import asbool, preload_module, to_list, unique_list
from ambo.statements.frozen_dicts import EMPTY_DICT, immutabledict
from ambo.unitofwork.identity_set import IdentitySet

__all__ = [
    "EMPTY_DICT",
    "IdentitySet",
    "OrderedDict",
    "asbool",
    "await_only",
    "greenlet_spawn",
    "immutabledict",
    "memoized_property",
    "preload_module",
    "to_list",
    "unique_list",
]
