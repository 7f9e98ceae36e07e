"""Reserved words, from each database's manual: names that must be quoted to be names.

Sources: PostgreSQL 17 appendix C (reserved, and reserved but for functions or types); sqlite.org/lang_keywords.html, those
that its parser refuses as names; MariaDB's "Reserved Words" page with MySQL 8.4's section 11.3.
"""

from __future__ import annotations

STANDARD_WORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate column constraint
    create cross current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end
    except false for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join leading left
    like limit localtime localtimestamp natural new not notnull null off offset old on only or order outer overlaps placing primary
    references right select session_user set similar some symmetric table then to trailing true union unique user using verbose when
    where
    """.split()
)

POSTGRESQL_WORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
    concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp
    current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having
    ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
    notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window with
    """.split()
)

SQLITE_WORDS = frozenset(
    """
    add all alter and as autoincrement between case check collate commit constraint create default deferrable delete distinct drop
    else escape except exists foreign from group having in index insert intersect into is isnull join limit not nothing notnull null
    on or order primary references returning select set table then to transaction union unique update using values when where
    current_date current_time current_timestamp
    """.split()
)

MARIADB_WORDS = frozenset(
    """
    accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call cascade case change char
    character check collate column condition constraint continue convert create cross cube cume_dist current_date current_role
    current_time current_timestamp current_user cursor database databases day_hour day_microsecond day_minute day_second dec decimal
    declare default delayed delete dense_rank desc describe deterministic distinct distinctrow div do_domain_ids double drop dual
    each else elseif empty enclosed escaped except exists exit explain false fetch first_value float float4 float8 for force foreign
    from fulltext function general generated get grant group grouping groups having high_priority hour_microsecond hour_minute
    hour_second if ignore ignore_domain_ids ignore_server_ids in index infile inner inout insensitive insert int int1 int2 int3 int4
    int8 integer intersect interval into io_after_gtids io_before_gtids is iterate join json_table key keys kill lag last_value
    lateral lead leading leave left like limit linear lines load localtime localtimestamp lock long longblob longtext loop
    low_priority master_bind master_heartbeat_period master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext
    middleint minute_microsecond minute_second mod modifies natural no_write_to_binlog not nth_value ntile null numeric of offset on
    optimize optimizer_costs option optionally or order out outer outfile over page_checksum parse_vcol_expr partition percent_rank
    portion precision primary procedure purge range rank read read_write reads real recursive ref_system_id references regexp
    release rename repeat replace require resignal restrict return returning revoke right rlike row row_number rows schema schemas
    second_microsecond select sensitive separator set show signal slow smallint spatial specific sql sql_big_result
    sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting stats_auto_recalc stats_persistent
    stats_sample_pages stored straight_join system table terminated then tinyblob tinyint tinytext to trailing trigger true undo
    union unique unlock unsigned update usage use using utc_date utc_time utc_timestamp values varbinary varchar varcharacter
    varying virtual when where while window with write xor year_month zerofill
    """.split()
)
