"""The text of schema statements, database by database."""

from __future__ import annotations

import enum

import pytest

from ambo import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from ambo.dialects import mariadb, mysql, postgresql, sqlite
from ambo.exc import CompileError, IdentifierError
from ambo.schema import DDL, AddConstraint, CreateIndex, CreateSchema, CreateSequence, CreateTable, DropConstraint, DropTable, Sequence

SQLITE, POSTGRESQL, MARIADB, MYSQL = sqlite.dialect(), postgresql.dialect(), mariadb.dialect(), mysql.dialect()


class Colour(enum.Enum):
    RED = 1


def text_of(element: object, dialect: object) -> str:
    return "\n".join(line.strip() for line in str(element.compile(dialect=dialect)).strip().splitlines())  # type: ignore[attr-defined]


def test_the_whole_text_is_formatted_as_people_know_it() -> None:
    table = Table("user", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(50), nullable=False))
    assert str(CreateTable(table).compile(dialect=POSTGRESQL)) == (
        '\nCREATE TABLE "user" (\n\tid SERIAL NOT NULL, \n\tname VARCHAR(50) NOT NULL, \n\tPRIMARY KEY (id)\n)\n\n'
    )
    assert str(CreateTable(table)).startswith('\nCREATE TABLE "user" (')
    assert str(DropTable(table, if_exists=True).compile(dialect=SQLITE)) == "\nDROP TABLE IF EXISTS user"


TYPES = Table(
    "t", MetaData(), Column("id", BigInteger, primary_key=True), Column("small", SmallInteger), Column("n", Numeric(10, 2)),
    Column("b", Boolean), Column("d", DateTime, server_default=func.now()), Column("z", DateTime(timezone=True)), Column("e", Enum(Colour)),
    Column("l", LargeBinary), Column("u", Uuid), Column("j", JSON), Column("i", Interval), Column("order", Text),
)  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "lines"),
    [
        (SQLITE, 'id BIGINT NOT NULL|small SMALLINT|n NUMERIC(10, 2)|b BOOLEAN|d DATETIME DEFAULT CURRENT_TIMESTAMP|z DATETIME|e VARCHAR(3)|'
                 'l BLOB|u CHAR(32)|j JSON|i DATETIME|"order" TEXT'),
        (POSTGRESQL, 'id BIGSERIAL NOT NULL|small SMALLINT|n NUMERIC(10, 2)|b BOOLEAN|d TIMESTAMP WITHOUT TIME ZONE DEFAULT now()|'
                     'z TIMESTAMP WITH TIME ZONE|e colour|l BYTEA|u UUID|j JSON|i INTERVAL|"order" TEXT'),
        (MARIADB, "id BIGINT NOT NULL AUTO_INCREMENT|small SMALLINT|n NUMERIC(10, 2)|b BOOL|d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)|"
                  "z DATETIME(6)|e ENUM('RED')|l BLOB|u CHAR(32)|j JSON|i DATETIME(6)|`order` TEXT"),
    ],
)  # fmt: skip
def test_types_have_each_database_s_names(dialect: object, lines: str) -> None:
    assert text_of(CreateTable(TYPES), dialect).splitlines()[1:-2] == [f"{line}," for line in lines.split("|")]


def test_constraints_are_written_with_all_their_options() -> None:
    metadata = MetaData()
    Table("p", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "c", metadata, Column("x", Integer, primary_key=True), Column("y", Integer, primary_key=True),
        Column("p", ForeignKey("p.id", name="fk", ondelete="CASCADE", onupdate="SET NULL", deferrable=True, initially="DEFERRED", match="FULL")),
        UniqueConstraint("x", "p", name="uq"), CheckConstraint("x > 5"), CheckConstraint(text("y % 2 = 0"), name="even"),
    )  # fmt: skip
    assert text_of(CreateTable(table), SQLITE).splitlines()[4:-1] == [
        "PRIMARY KEY (x, y),", "CONSTRAINT uq UNIQUE (x, p),", "CHECK (x > 5),", "CONSTRAINT even CHECK (y % 2 = 0),",
        "CONSTRAINT fk FOREIGN KEY(p) REFERENCES p (id) MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED",
    ]  # fmt: skip
    with pytest.raises(CompileError, match="MATCH"):
        CreateTable(table).compile(dialect=MYSQL)
    bad = Table("bad", metadata, Column("p", ForeignKey("p.id", ondelete="; DROP TABLE p")))
    with pytest.raises(CompileError, match="unexpected SQL phrase"):
        CreateTable(bad).compile(dialect=SQLITE)


def test_columns_that_the_database_fills_in() -> None:
    table = Table(
        "t", MetaData(), Column("id", Integer, Identity(always=True, start=5, increment=2), primary_key=True),
        Column("c", Integer, Computed("id * 2", persisted=True)), Column("s", String(5), server_default="it's"),
        Column("n", Integer, server_default=text("1 + 2")), Column("f", Integer, server_default=func.abs(-5)),
    )  # fmt: skip
    assert text_of(CreateTable(table), POSTGRESQL).splitlines()[1:-2] == [
        "id INTEGER GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2 START WITH 5),", "c INTEGER GENERATED ALWAYS AS (id * 2) STORED,",
        "s VARCHAR(5) DEFAULT 'it''s',", "n INTEGER DEFAULT 1 + 2,", "f INTEGER DEFAULT abs(-5),",
    ]  # fmt: skip
    assert text_of(CreateTable(table), SQLITE).splitlines()[1:-2] == [
        "id INTEGER NOT NULL,", "c INTEGER GENERATED ALWAYS AS (id * 2) STORED,", "s VARCHAR(5) DEFAULT 'it''s',",
        "n INTEGER DEFAULT (1 + 2),", "f INTEGER DEFAULT (abs(-5)),",
    ]  # fmt: skip


def test_booleans_and_enums_bring_a_check_where_the_database_has_no_such_type() -> None:
    table = Table(
        "t", MetaData(), Column("b", Boolean(create_constraint=True, name="b_ck")),
        Column("e", Enum("x", "it's", name="e_ck", create_constraint=True)),
    )  # fmt: skip
    assert "CONSTRAINT b_ck CHECK (b IN (0, 1))" in text_of(CreateTable(table), SQLITE)
    assert "CONSTRAINT e_ck CHECK (e IN ('x', 'it''s'))" in text_of(CreateTable(table), SQLITE)
    assert "CHECK" not in text_of(CreateTable(table), POSTGRESQL)


def test_indexes_have_the_options_of_their_database() -> None:
    table = Table("t", MetaData(), Column("id", Integer), Column("name", String), Column("data", postgresql.JSONB))
    index = Index(
        "ix", table.c.name, unique=True, postgresql_using="gin", postgresql_where=table.c.id > 5, sqlite_where=table.c.id > 5,
        postgresql_include=["id"], postgresql_ops={"name": "text_pattern_ops"}, postgresql_with={"fillfactor": 50}, mysql_length=10,
        postgresql_concurrently=True, postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    assert text_of(CreateIndex(index), POSTGRESQL) == (
        "CREATE UNIQUE INDEX CONCURRENTLY ix ON t USING gin (name text_pattern_ops) INCLUDE (id) NULLS NOT DISTINCT "
        "WITH (fillfactor = 50) WHERE id > 5"
    )
    assert text_of(CreateIndex(index), SQLITE) == "CREATE UNIQUE INDEX ix ON t (name) WHERE id > 5"
    assert text_of(CreateIndex(index), MYSQL) == "CREATE UNIQUE INDEX ix ON t (name(10))"
    expression = Index("ex", func.lower(table.c.name), table.c.id.desc(), table.c.id + 5)
    assert text_of(CreateIndex(expression, if_not_exists=True), POSTGRESQL) == (
        "CREATE INDEX IF NOT EXISTS ex ON t (lower(name), id DESC, (id + 5))"
    )
    assert text_of(CreateIndex(Index("j", table.c.data["a"].astext)), POSTGRESQL) == "CREATE INDEX j ON t ((data ->> 'a'))"


def test_long_names_are_shortened_only_where_ambo_made_them() -> None:
    metadata = MetaData()
    table = Table("t" * 40, metadata, Column("c" * 40, Integer, index=True))
    (index,) = table.indexes
    made = text_of(CreateIndex(index), POSTGRESQL).split()[2]
    assert len(made) <= 63 and made.startswith("ix_ttt")
    with pytest.raises(IdentifierError, match="63"):
        CreateIndex(Index("x" * 64, table.c["c" * 40])).compile(dialect=POSTGRESQL)


def test_ddl_of_ones_own_knows_its_target() -> None:
    table = Table("user", MetaData(), Column("id", Integer), schema="my schema")
    ddl = DDL("ALTER %(table)s %(schema)s %(fullname)s %(extra)s %%", {"extra": "yes"}).against(table)
    assert text_of(ddl, POSTGRESQL) == 'ALTER "user" "my schema" "my schema"."user" yes %'


def test_constraints_added_on_their_own_are_left_out_of_create_table() -> None:
    table = Table("t", MetaData(), Column("a", Integer), UniqueConstraint("a", name="uq"))
    (constraint,) = (one for one in table.constraints if one.name == "uq")
    assert text_of(AddConstraint(constraint), POSTGRESQL) == "ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a)"
    assert text_of(DropConstraint(constraint, cascade=True), POSTGRESQL) == "ALTER TABLE t DROP CONSTRAINT uq CASCADE"
    assert text_of(DropConstraint(constraint), MYSQL) == "ALTER TABLE t DROP INDEX uq"
    assert "UNIQUE" not in text_of(CreateTable(table), POSTGRESQL)


def test_the_rest() -> None:
    sequence = Sequence("s", start=3, increment=2, minvalue=1, maxvalue=9, cycle=True, cache=5, schema="x")
    assert text_of(CreateSequence(sequence), POSTGRESQL) == "CREATE SEQUENCE x.s INCREMENT BY 2 START WITH 3 MINVALUE 1 MAXVALUE 9 CACHE 5 CYCLE"
    assert text_of(CreateSchema("Foo", if_not_exists=True), POSTGRESQL) == 'CREATE SCHEMA IF NOT EXISTS "Foo"'
    table = Table("t", MetaData(), Column("x", Integer), sqlite_with_rowid=False, mysql_engine="InnoDB", prefixes=["TEMPORARY"], comment="it's")
    assert text_of(CreateTable(table), SQLITE) == "CREATE TEMPORARY TABLE t (\nx INTEGER\n)\nWITHOUT ROWID"
    assert text_of(CreateTable(table), MYSQL) == "CREATE TEMPORARY TABLE t (\nx INTEGER\n)ENGINE=InnoDB COMMENT='it''s'"
    with pytest.raises(CompileError, match="in table 'n', column 'x'"):
        CreateTable(Table("n", MetaData(), Column("x"))).compile(dialect=SQLITE)
    with pytest.raises(CompileError, match="requires a length"):
        CreateTable(Table("n", MetaData(), Column("x", String))).compile(dialect=MYSQL)
    own = Table("k", MetaData(), Column("id", Integer, primary_key=True), sqlite_autoincrement=True)
    assert "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT" in text_of(CreateTable(own), SQLITE)
