"""ambo: one ORM for both worlds."""

# -- statements
from ambo.connecting.async_pool import (
    AsyncAdaptedQueuePool as AsyncAdaptedQueuePool,
)

# -- engines and connections
from ambo.connecting.create import (
    create_engine as create_engine,
    create_pool_from_url as create_pool_from_url,
    engine_from_config as engine_from_config,
)
from ambo.connecting.mock import create_mock_engine as create_mock_engine
from ambo.connecting.sync import (
    Connection as Connection,
    Engine as Engine,
    NestedTransaction as NestedTransaction,
    RootTransaction as RootTransaction,
    Transaction as Transaction,
    TwoPhaseTransaction as TwoPhaseTransaction,
)

# -- pools, dialects, inspection
from ambo.connecting.sync_pool import (
    AssertionPool as AssertionPool,
    NullPool as NullPool,
    Pool as Pool,
    QueuePool as QueuePool,
    SingletonThreadPool as SingletonThreadPool,
    StaticPool as StaticPool,
)
from ambo.connecting.url import URL as URL, make_url as make_url

# -- results
from ambo.loading.cursor_result import CursorResult as CursorResult
from ambo.loading.results import (
    ChunkedIteratorResult as ChunkedIteratorResult,
    FrozenResult as FrozenResult,
    IteratorResult as IteratorResult,
    MappingResult as MappingResult,
    MergedResult as MergedResult,
    Result as Result,
    ScalarResult as ScalarResult,
    TupleResult as TupleResult,
)
from ambo.loading.rows import Row as Row, RowMapping as RowMapping
from ambo.connecting import inspecting as _inspecting
from ambo.mapping.inspection import inspect as inspect
from ambo.operations.inspector import Inspector as Inspector

# -- rendering
from ambo.rendering import compiler as _compiler
from ambo.rendering.dialect import Dialect as Dialect
from ambo.statements.aliases import alias, cte, lateral, subquery, table, values
from ambo.statements.columns import ColumnCollection
from ambo.statements.comparisons import CollationClause

# -- schema and types
from ambo.statements.ddl import (
    DDL as DDL,
    DDLElement as DDLElement,
    ExecutableDDLElement as ExecutableDDLElement,
)
from ambo.statements.elements import (
    Case,
    Cast,
    Extract,
    FunctionFilter,
    Over,
    TextClause,
    TryCast,
    Tuple,
    TypeCoerce,
    WithinGroup,
    all_,
    and_,
    any_,
    asc,
    between,
    bindparam,
    bitwise_not,
    case,
    cast,
    collate,
    column,
    desc,
    distinct,
    extract,
    false,
    funcfilter,
    label,
    literal,
    literal_column,
    not_,
    null,
    nulls_first,
    nulls_last,
    or_,
    outparam,
    over,
    text,
    true,
    try_cast,
    tuple_,
    type_coerce,
    within_group,
)
from ambo.statements.executable import Executable
from ambo.statements.froms import join, outerjoin, tablesample
from ambo.statements.functions import Function, FunctionElement, func, modifier
from ambo.statements.labels import (
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    SelectLabelStyle,
)
from ambo.statements.nodes import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    ClauseList,
    ColumnClause,
    ColumnElement,
    False_,
    Grouping,
    Label,
    Null,
    True_,
    UnaryExpression,
)
from ambo.statements.operators import ColumnOperators, Operators, custom_op
from ambo.statements.schema import (
    BLANK_SCHEMA as BLANK_SCHEMA,
    CheckConstraint as CheckConstraint,
    Column as Column,
    ColumnDefault as ColumnDefault,
    Computed as Computed,
    Constraint as Constraint,
    DefaultClause as DefaultClause,
    FetchedValue as FetchedValue,
    ForeignKey as ForeignKey,
    ForeignKeyConstraint as ForeignKeyConstraint,
    Identity as Identity,
    Index as Index,
    MetaData as MetaData,
    PrimaryKeyConstraint as PrimaryKeyConstraint,
    Sequence as Sequence,
    Table as Table,
    UniqueConstraint as UniqueConstraint,
    quoted_name as quoted_name,
)
from ambo.statements.selects import (
    CompoundSelect,
    Exists,
    GenerativeSelect,
    ScalarSelect,
    Select,
    SelectBase,
    TextualSelect,
    except_,
    except_all,
    exists,
    intersect,
    intersect_all,
    select,
    union,
    union_all,
)
from ambo.statements.sources import (
    CTE,
    Alias,
    AliasedSource as AliasedReturnsRows,
    FromClause,
    Join,
    Lateral,
    Subquery,
    TableClause,
    TableSample,
    TableValuedAlias,
    Values,
)
from ambo.statements.types import (
    ARRAY as ARRAY,
    BIGINT as BIGINT,
    BINARY as BINARY,
    BLOB as BLOB,
    BOOLEAN as BOOLEAN,
    CHAR as CHAR,
    CLOB as CLOB,
    DATE as DATE,
    DATETIME as DATETIME,
    DECIMAL as DECIMAL,
    DOUBLE as DOUBLE,
    DOUBLE_PRECISION as DOUBLE_PRECISION,
    FLOAT as FLOAT,
    INT as INT,
    INTEGER as INTEGER,
    JSON as JSON,
    NCHAR as NCHAR,
    NUMERIC as NUMERIC,
    NVARCHAR as NVARCHAR,
    REAL as REAL,
    SMALLINT as SMALLINT,
    TEXT as TEXT,
    TIME as TIME,
    TIMESTAMP as TIMESTAMP,
    UUID as UUID,
    VARBINARY as VARBINARY,
    VARCHAR as VARCHAR,
    BigInteger as BigInteger,
    Boolean as Boolean,
    Date as Date,
    DateTime as DateTime,
    Double as Double,
    Enum as Enum,
    Float as Float,
    Integer as Integer,
    Interval as Interval,
    LargeBinary as LargeBinary,
    Numeric as Numeric,
    PickleType as PickleType,
    SmallInteger as SmallInteger,
    String as String,
    Text as Text,
    Time as Time,
    TupleType as TupleType,
    TypeDecorator as TypeDecorator,
    Unicode as Unicode,
    UnicodeText as UnicodeText,
    Uuid as Uuid,
)
from ambo.statements.writes import Delete, Insert, Update, UpdateBase, ValuesBase, delete, insert, update

SQLColumnExpression = ColumnElement
ExpressionClauseList = ClauseList
OperatorExpression = ColumnElement
TextAsFrom = TextualSelect
nullsfirst = nulls_first
nullslast = nulls_last

# -- schema, types, pools, inspection, errors
from ambo import event as event, exc as exc, pool as pool, schema as schema, types as types
from ambo.inspection import inspect as inspect
from ambo.pool import (
    AssertionPool as AssertionPool,
    AsyncAdaptedQueuePool as AsyncAdaptedQueuePool,
    NullPool as NullPool,
    Pool as Pool,
    QueuePool as QueuePool,
    SingletonThreadPool as SingletonThreadPool,
    StaticPool as StaticPool,
)
from ambo.rendering.compiled import Compiled as Compiled
from ambo.schema import (
    BLANK_SCHEMA as BLANK_SCHEMA,
    DDL as DDL,
    CheckConstraint as CheckConstraint,
    Column as Column,
    ColumnDefault as ColumnDefault,
    Computed as Computed,
    Constraint as Constraint,
    DDLElement as DDLElement,
    DefaultClause as DefaultClause,
    ExecutableDDLElement as ExecutableDDLElement,
    FetchedValue as FetchedValue,
    ForeignKey as ForeignKey,
    ForeignKeyConstraint as ForeignKeyConstraint,
    Identity as Identity,
    Index as Index,
    MetaData as MetaData,
    PrimaryKeyConstraint as PrimaryKeyConstraint,
    Sequence as Sequence,
    Table as Table,
    UniqueConstraint as UniqueConstraint,
)
from ambo.statements.names import quoted_name as quoted_name
from ambo.types import (
    ARRAY as ARRAY,
    BIGINT as BIGINT,
    BINARY as BINARY,
    BLOB as BLOB,
    BOOLEAN as BOOLEAN,
    CHAR as CHAR,
    CLOB as CLOB,
    DATE as DATE,
    DATETIME as DATETIME,
    DECIMAL as DECIMAL,
    DOUBLE as DOUBLE,
    DOUBLE_PRECISION as DOUBLE_PRECISION,
    FLOAT as FLOAT,
    INT as INT,
    INTEGER as INTEGER,
    JSON as JSON,
    NCHAR as NCHAR,
    NUMERIC as NUMERIC,
    NVARCHAR as NVARCHAR,
    REAL as REAL,
    SMALLINT as SMALLINT,
    TEXT as TEXT,
    TIME as TIME,
    TIMESTAMP as TIMESTAMP,
    UUID as UUID,
    VARBINARY as VARBINARY,
    VARCHAR as VARCHAR,
    BigInteger as BigInteger,
    Boolean as Boolean,
    Date as Date,
    DateTime as DateTime,
    Double as Double,
    Enum as Enum,
    Float as Float,
    Integer as Integer,
    Interval as Interval,
    LargeBinary as LargeBinary,
    Numeric as Numeric,
    PickleType as PickleType,
    SmallInteger as SmallInteger,
    String as String,
    Text as Text,
    Time as Time,
    TupleType as TupleType,
    TypeDecorator as TypeDecorator,
    Unicode as Unicode,
    UnicodeText as UnicodeText,
    Uuid as Uuid,
)
