"""What users pass, turned into nodes, at SQLAlchemy's path."""

from ambo.statements.roles import expect

__all__ = ["expect"]
