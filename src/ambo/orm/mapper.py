"""Mappers, at SQLAlchemy's path."""

from ambo.mapping.configuration import all_registries as _all_registries, configure_mappers
from ambo.mapping.mapper import Mapper
from ambo.mapping.validators import validates

__all__ = [    "_all_registries",
"Mapper", "configure_mappers", "validates"]
