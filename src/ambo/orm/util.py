"""Aliases, joins and identity keys, at SQLAlchemy's path."""

from ambo.mapping.aliases import AliasedClass, AliasedInsp, aliased, join, outerjoin, with_polymorphic
from ambo.mapping.bundles import Bundle
from ambo.mapping.cascades import CascadeOptions
from ambo.mapping.relation_criteria import with_parent
from ambo.mapping.state import instance_str
from ambo.sessions.base import identity_key

__all__ = [
    "AliasedClass",
    "AliasedInsp",
    "Bundle",
    "CascadeOptions",
    "aliased",
    "identity_key",
    "instance_str",
    "join",
    "outerjoin",
    "with_parent",
    "with_polymorphic",
]
