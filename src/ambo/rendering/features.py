"""`Features`: what a database and its driver can do, as facts. Everything that may differ asks here, never for a name.

The defaults are the least one may expect; each database's file says what it has beyond them. A driver changes some with
`dialect.with_driver(name, native_json=False, …)`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """See the comment beside each field."""

    # -- writing
    insert_returning: bool = False
    update_returning: bool = False
    delete_returning: bool = False
    multi_values: bool = True  # VALUES (…), (…)
    empty_insert: bool = True  # INSERT … DEFAULT VALUES
    default_in_values: bool = True  # DEFAULT as a value
    insert_on_conflict: bool = False
    on_duplicate_key: bool = False
    update_from: bool = False
    update_from_values: bool = False  # UPDATE … FROM (VALUES …), whose columns are column1, column2, …
    update_join_values: bool = False  # UPDATE (SELECT … UNION ALL VALUES …) JOIN …
    delete_using: bool = False
    merge: bool = False  # MERGE … RETURNING, to match rows with objects
    lastrowid: bool = False  # the driver tells the last generated key
    unnest: bool = False  # arrays as rows
    rowcount_matched: bool = True  # rowcount counts rows matched, not changed
    max_parameters: int = 32766

    # -- reading
    arrays: bool = False
    ilike: bool = False
    is_distinct_from: bool = True  # IS DISTINCT FROM, else spelt otherwise
    ctes: bool = True
    nulls_order: bool = True  # NULLS FIRST / LAST
    full_join: bool = True
    lateral: bool = False
    distinct_on: bool = False
    tuple_in: bool = True  # (a, b) IN ((1, 2), …)
    filter_clause: bool = True  # count(*) FILTER (WHERE …)
    json_path_text: bool = True  # steps into JSON are '$."key"'; otherwise the key itself
    bind_casts: bool = False  # bound values are written with their type: $1::INTEGER
    concat_function: bool = False  # || is no concatenation here
    backslash_escapes: bool = False  # a backslash in a string literal must be doubled

    # -- transactions
    savepoints: bool = True
    transactional_ddl: bool = False
    pipelining: bool = False  # several statements in one round trip

    # -- schema
    sequences: bool = False
    optional_sequences: bool = False  # a Sequence marked optional is not needed: keys number themselves
    identity_columns: bool = False
    identity_null: bool = False  # an identity column that may be NULL has to say so
    alter_constraints: bool = True  # ALTER TABLE … ADD CONSTRAINT
    expression_indexes: bool = True
    computed_not_null: bool = True  # a computed column may be declared NOT NULL
    deferrable_constraints: bool = True
    unbounded_numeric: bool = True  # NUMERIC without a precision keeps every digit
    comments: bool = False
    inline_comments: bool = False
    constraint_comments: bool = False
    schemas: bool = True
    max_identifier_length: int = 9999
    max_index_name_length: int | None = None
    max_constraint_name_length: int | None = None

    # -- what the driver takes and delivers without help
    native_boolean: bool = False
    native_decimal: bool = False
    native_float: bool = True
    native_datetime: bool = False
    native_time: bool = True  # times of day come as time, not as timedelta
    native_interval: bool = False
    native_uuid: bool = False
    native_json: bool = False  # JSON comes parsed
    native_enum: bool = False  # the database has enumerated types
    zoned_times: bool = True  # a time of day can keep its offset
    time_zones: bool = False  # timestamps with time zone come aware
    bytes_literal: str = "X'{hex}'"
