"""Write-only collections, at SQLAlchemy's path."""

from ambo.mapping.mapped import WriteOnlyMapped
from ambo.mapping.write_only import WriteOnlyCollection

__all__ = [
    "WriteOnlyCollection",
    "WriteOnlyMapped",
]
