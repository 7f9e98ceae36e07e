"""Values that change in place, at SQLAlchemy's path."""

from ambo.mapping.mutable import (
    Mutable,
    MutableBase,
    MutableComposite,
    MutableDict,
    MutableList,
    MutableSet,
    setup_composite_listener as _setup_composite_listener,
)

__all__ = ["Mutable", "MutableBase", "MutableComposite", "MutableDict", "MutableList", "MutableSet", "_setup_composite_listener"]
