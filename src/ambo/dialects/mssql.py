"""SQL Server is not supported; its type names exist so that a module that mentions them can be imported.

They are the nearest generic types, and DDL for a database that ambo has writes that database's own name.
"""

from ambo.statements.types import NVARCHAR, Boolean as BIT, Uuid as UNIQUEIDENTIFIER

__all__ = ["BIT", "NVARCHAR", "UNIQUEIDENTIFIER"]
