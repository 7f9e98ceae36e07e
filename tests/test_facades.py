"""The names that programs import most exist at SQLAlchemy's paths; one that ambo does not have says what to use instead."""

from __future__ import annotations

import importlib

import pytest

#: The most used public names, counted over applications and libraries that use SQLAlchemy, by the module they come from.
NAMES = {
    "ambo": """
        Integer String Column ForeignKey select func Table inspect DateTime MetaData create_engine Boolean text or_ Text and_
        ForeignKeyConstraint Numeric Enum Engine Float Date Unicode TypeDecorator UUID cast PrimaryKeyConstraint desc
        literal_column ColumnElement update delete Index Select JSON column NullPool Sequence bindparam not_
        engine_from_config Identity table Connection LargeBinary asc UniqueConstraint true insert BigInteger tuple_ Interval
        literal Uuid CHAR ARRAY CheckConstraint Time BinaryExpression TIMESTAMP Label Dialect SmallInteger StaticPool case
        LABEL_STYLE_TABLENAME_PLUS_COL false URL UnicodeText distinct Computed FetchedValue ClauseElement create_mock_engine
        Inspector BINARY VARBINARY FromClause union __version__ Executable QueuePool join TextClause FunctionElement null
        UnaryExpression DefaultClause Constraint make_url PickleType ColumnClause quoted_name BindParameter Insert exists Row
        VARCHAR Result any_ CursorResult DDLElement over union_all
    """,
    "ambo.orm": """
        relationship Session Mapped mapped_column DeclarativeBase sessionmaker declarative_base aliased column_property
        selectinload scoped_session RelationshipProperty backref joinedload declared_attr Query registry ColumnProperty
        clear_mappers InstrumentedAttribute MappedAsDataclass composite class_mapper Mapper deferred synonym WriteOnlyMapped
        configure_mappers subqueryload lazyload contains_eager object_mapper with_polymorphic DeclarativeMeta defer
        attribute_keyed_dict PropComparator noload mapper immediateload Load
    """,
    "ambo.exc": """
        InvalidRequestError IntegrityError ArgumentError SAWarning OperationalError NoInspectionAvailable NoResultFound
        MultipleResultsFound DBAPIError CompileError StatementError SQLAlchemyError ProgrammingError InterfaceError
    """,
    "ambo.dialects.postgresql": """
        ARRAY HSTORE JSON JSONB INET dialect BIT MACADDR insert BYTEA
    """,
    "ambo.ext.asyncio": """
        AsyncSession create_async_engine AsyncEngine async_sessionmaker AsyncConnection async_scoped_session AsyncAttrs
        async_engine_from_config
    """,
    "ambo.sql.operators": """
        eq in_op gt le desc_op lt ne
    """,
    "ambo.types": """
        TypeEngine UserDefinedType NullType to_instance Variant
    """,
    "ambo.orm.exc": """
        UnmappedClassError ConcurrentModificationError ObjectDeletedError UnmappedInstanceError UnmappedColumnError
    """,
    "ambo.event": """
        listens_for listen remove contains
    """,
    "ambo.orm.attributes": """
        instance_state get_history set_attribute
    """,
    "ambo.ext.hybrid": """
        hybrid_property hybrid_method
    """,
    "ambo.ext.associationproxy": """
        association_proxy AssociationProxy
    """,
    "ambo.util": """
        OrderedDict immutabledict
    """,
    "ambo.schema": """
        CreateTable SchemaItem
    """,
    "ambo.ext.declarative": """
        declarative_base
    """,
    "ambo.engine.default": """
        DefaultDialect
    """,
    "ambo.ext.compiler": """
        compiles
    """,
    "ambo.dialects.sqlite": """
        dialect
    """,
    "ambo.dialects.mysql": """
        INTEGER
    """,
    "ambo.orm.util": """
        AliasedClass
    """,
    "ambo.dialects.mssql": """
        UNIQUEIDENTIFIER
    """,
    "ambo.sql.compiler": """
        SQLCompiler
    """,
    "ambo.orm.strategy_options": """
        _AbstractLoad
    """,
    "ambo.dialects.oracle": """
        RAW
    """,
    "ambo.sql.visitors": """
        traverse
    """,
}


@pytest.mark.parametrize("module", NAMES)
def test_the_names_exist(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


def test_star_imports_bring_the_names() -> None:
    space: dict[str, object] = {}
    exec("from ambo import *\nfrom ambo.orm import *", space)
    assert {"select", "Column", "create_engine", "Session", "relationship", "DeclarativeBase"} <= set(space)


def test_what_all_names_is_there() -> None:
    for name in ("ambo", "ambo.orm", "ambo.exc", "ambo.types", "ambo.event", "ambo.schema", "ambo.ext.asyncio", "ambo.dialects.postgresql", "ambo.dialects.sqlite"):
        module = importlib.import_module(name)
        assert [one for one in module.__all__ if not hasattr(module, one)] == [], name
