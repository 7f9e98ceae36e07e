"""Mappers, at SQLAlchemy's path."""

from ambo.mapping.configuration import configure_mappers
from ambo.mapping.mapper import Mapper
from ambo.mapping.validators import validates

__all__ = ["Mapper", "configure_mappers", "validates"]
