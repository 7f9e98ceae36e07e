"""Rendering, at SQLAlchemy's path."""

from ambo.rendering.compiled import Compiled
from ambo.rendering.ddl import DDLRenderer as DDLCompiler
from ambo.rendering.identifiers import Identifiers as IdentifierPreparer
from ambo.rendering.sql_compiler import SQLCompiler
from ambo.rendering.type_names import TypeNames as GenericTypeCompiler, TypeNames as TypeCompiler

__all__ = [
    "Compiled",
    "DDLCompiler",
    "GenericTypeCompiler",
    "IdentifierPreparer",
    "SQLCompiler",
    "TypeCompiler",
]
