"""Relationships, at SQLAlchemy's path."""

from ambo.mapping.join_conditions import JoinCondition, foreign, remote
from ambo.mapping.relationships import Relationship, RelationshipProperty

__all__ = ["JoinCondition", "Relationship", "RelationshipProperty", "foreign", "remote"]
