"""The dialects, at the places SQLAlchemy has them: `ambo.dialects.postgresql`, `.sqlite`, `.mysql`, `.mariadb`."""

from ambo.dialects import mariadb, mysql, postgresql, sqlite

__all__ = ["mariadb", "mysql", "postgresql", "sqlite"]
