"""The ORM's public names, at SQLAlchemy's path: `from ambo.orm import DeclarativeBase, Mapped, Session, select...`. Re-exports only."""

# loading
from ambo.orm import mapper as mapperlib  # isort: skip  # before the function `mapper`, which must stay the attribute
from ambo.orm import (  # isort: skip
    attributes,
    base,
    collections,
    decl_api,
    descriptor_props,
    events,
    exc,
    instrumentation,
    interfaces,
    properties,
    query,
    relationships,
    session,
    state,
    strategy_options,
    util,
)
from ambo.loading.criteria import LoaderCriteria as LoaderCriteriaOption, with_loader_criteria
from ambo.loading.explaining import explain
from ambo.loading.from_statement import FromStatement
from ambo.loading.options import Load, LoaderOption, UserDefinedOption
from ambo.loading.population import Loading as QueryContext
from ambo.loading.strategies import (
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    peerload,
    raiseload,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
    with_expression,
)

# mapping
from ambo.mapping.aliases import AliasedClass, AliasedInsp, aliased, join, outerjoin, with_polymorphic
from ambo.mapping.attributes import (
    InspectionAttr,
    InstrumentedAttribute,
    PropComparator,
    QueryableAttribute,
    QueryableAttribute as SQLORMExpression,
)
from ambo.mapping.bundles import Bundle, DictBundle
from ambo.mapping.cascades import CascadeOptions
from ambo.mapping.composites import Composite, CompositeProperty, composite
from ambo.mapping.concrete import AbstractConcreteBase, ConcreteBase
from ambo.mapping.concrete_unions import polymorphic_union
from ambo.mapping.configuration import configure_mappers
from ambo.mapping.declarative import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    MappedAsDataclass,
    add_mapped_attribute,
    as_declarative,
    as_typed_table,
    declarative_base,
    mapped_as_dataclass,
    unmapped_dataclass,
)
from ambo.mapping.declared import declarative_mixin, declared_attr, has_inherited_table
from ambo.mapping.events import AttributeEvents, InstanceEvents, InstrumentationEvents, MapperEvents
from ambo.mapping.generated_bases import DeclarativeMeta
from ambo.mapping.inspection import class_mapper, object_mapper
from ambo.mapping.instance_view import AttributeState
from ambo.mapping.instrumentation import ClassManager
from ambo.mapping.join_conditions import foreign, remote
from ambo.mapping.keyed_dicts import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)
from ambo.mapping.mapped import DynamicMapped, Mapped, ORMDescriptor, Unmapped, WriteOnlyMapped
from ambo.mapping.mapped_column import MappedColumn, deferred, mapped_column, orm_insert_sentinel
from ambo.mapping.mapper import Mapper
from ambo.mapping.markers import (
    EXT_CONTINUE,
    EXT_SKIP,
    EXT_STOP,
    MANYTOMANY,
    MANYTOONE,
    NO_KEY,
    NO_VALUE,
    ONETOMANY,
    InspectionAttrExtensionType,
    LoaderCallableStatus,
    NotExtension,
    PassiveFlag,
    RelationshipDirection,
)
from ambo.mapping.properties import ColumnProperty, MappedSQLExpression, MapperProperty, QueryExpression, column_property, query_expression
from ambo.mapping.registry import clear_mappers, mapper, registry
from ambo.mapping.relation_criteria import with_parent
from ambo.mapping.relationship_api import backref, dynamic_loader, relationship
from ambo.mapping.relationships import Relationship, RelationshipProperty
from ambo.mapping.state import InstanceState, object_session
from ambo.mapping.synonyms import Synonym, SynonymProperty, synonym, synonym_for
from ambo.mapping.tracking import AttributeEventToken
from ambo.mapping.type_events import RegistryEvents, TypeResolve
from ambo.mapping.unmapped_columns import UnmappedColumn, unmapped_column
from ambo.mapping.validators import reconstructor, validates
from ambo.mapping.write_only import AppenderQuery, WriteOnlyCollection
from ambo.orm.attributes import was_deleted

# sessions
from ambo.orm.session import (
    ORMExecuteState,
    Session,
    SessionTransaction,
    SessionTransactionOrigin,
    UOWTransaction,
    close_all_sessions,
    identity_key,
    make_transient,
    make_transient_to_detached,
    scoped_session,
    sessionmaker,
)
from ambo.sessions.frozen import merge_frozen_result
from ambo.sessions.query_sync import Query

__all__ = [
    "attributes", "base", "collections", "decl_api", "descriptor_props", "events", "exc", "instrumentation",
    "interfaces", "properties", "query", "relationships", "session", "state", "strategy_options", "util",
    "AbstractConcreteBase", "AliasedClass", "AliasedInsp", "AppenderQuery", "AttributeEvents", "AttributeState", "Bundle",
    "CascadeOptions", "ColumnProperty", "Composite", "CompositeProperty", "ConcreteBase", "DeclarativeBase", "DeclarativeBaseNoMeta",
    "DeclarativeMeta", "DictBundle", "DynamicMapped", "EXT_CONTINUE", "EXT_SKIP", "EXT_STOP", "FromStatement", "InspectionAttr",
    "InspectionAttrExtensionType", "InstanceEvents", "InstanceState", "InstrumentationEvents", "InstrumentedAttribute", "KeyFuncDict",
    "Load", "LoaderCallableStatus", "LoaderCriteriaOption", "LoaderOption", "MANYTOMANY", "MANYTOONE", "Mapped", "MappedAsDataclass",
    "MappedCollection", "MappedColumn", "MappedSQLExpression", "Mapper", "MapperEvents", "MapperProperty", "NotExtension",
    "ONETOMANY", "ORMDescriptor", "ORMExecuteState", "PassiveFlag", "PropComparator", "Query", "QueryContext", "QueryExpression",
    "QueryableAttribute", "Relationship", "RegistryEvents", "RelationshipDirection", "RelationshipProperty", "Session", "SessionTransaction",
    "SessionTransactionOrigin", "Synonym", "SynonymProperty", "TypeResolve", "UOWTransaction", "Unmapped", "UnmappedColumn", "UserDefinedOption", "WriteOnlyCollection",
    "WriteOnlyMapped", "add_mapped_attribute", "aliased", "as_declarative", "as_typed_table", "attribute_keyed_dict", "attribute_mapped_collection",
    "backref", "class_mapper", "clear_mappers", "close_all_sessions", "column_keyed_dict", "column_mapped_collection",
    "column_property", "composite", "configure_mappers", "contains_eager", "declarative_base", "declarative_mixin", "declared_attr",
    "defaultload", "defer", "deferred", "dynamic_loader", "explain", "foreign", "has_inherited_table", "identity_key",
    "immediateload", "join", "joinedload", "keyfunc_mapping", "lazyload", "load_only", "make_transient", "make_transient_to_detached",
    "mapped_collection", "merge_frozen_result", "mapped_column", "mapper", "mapperlib", "noload", "object_mapper", "object_session", "orm_insert_sentinel", "outerjoin",
    "peerload", "polymorphic_union", "query_expression", "raiseload", "registry", "relationship", "remote", "scoped_session",
    "selectin_polymorphic", "selectinload", "sessionmaker", "subqueryload", "synonym", "synonym_for", "undefer", "undefer_group", "unmapped_column", "unmapped_dataclass",
    "AttributeEventToken", "ClassManager", "NO_KEY", "NO_VALUE", "SQLORMExpression", "mapped_as_dataclass", "reconstructor",
    "validates", "was_deleted", "with_expression", "with_loader_criteria", "with_parent", "with_polymorphic",
]
