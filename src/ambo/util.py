"""The few containers that programs import from here, at SQLAlchemy's path."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property as memoized_property

from ambo.statements.frozen_dicts import immutabledict
from ambo.unitofwork.identity_set import IdentitySet

__all__ = ["IdentitySet", "OrderedDict", "immutabledict", "memoized_property"]
