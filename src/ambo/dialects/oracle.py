"""Oracle is not supported; its type names exist so that a module that mentions them can be imported.

They are the nearest generic types, and DDL for a database that ambo has writes that database's own name.
"""

from ambo.statements.types import BLOB, CLOB, DATE, TIMESTAMP, VARBINARY as RAW, VARCHAR as VARCHAR2, Numeric as NUMBER

__all__ = ["BLOB", "CLOB", "DATE", "NUMBER", "RAW", "TIMESTAMP", "VARCHAR2"]
