"""Values that change in place, at SQLAlchemy's path."""

from ambo.mapping.mutable import Mutable, MutableBase, MutableComposite, MutableDict, MutableList, MutableSet

__all__ = ["Mutable", "MutableBase", "MutableComposite", "MutableDict", "MutableList", "MutableSet"]
