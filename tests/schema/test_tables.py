"""Tables, columns and constraints: how they find each other, and what is refused."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import pytest

from ambo import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    event,
    func,
    text,
)
from ambo.exc import (
    ArgumentError,
    DuplicateColumnError,
    InvalidRequestError,
    NoReferencedColumnError,
    NoReferencedTableError,
    SAWarning,
)
from ambo.schema import sort_tables, sort_tables_and_constraints


def test_columns_are_found_by_key_name_and_position() -> None:
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, key="label"))
    assert table.c.label is table.c["label"] is table.c[1]
    assert [column.name for column in table.primary_key] == ["id"]
    assert not table.c.id.nullable and table.c.label.nullable
    with pytest.raises(AttributeError, match="did you mean 'label'"):
        table.c.lable


def test_the_same_name_twice_needs_a_word() -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("a", Integer))
    assert Table("t", metadata) is table
    with pytest.raises(InvalidRequestError, match="extend_existing=True"):
        Table("t", metadata, Column("b", Integer))
    assert Table("t", metadata, Column("b", Integer), keep_existing=True).c.keys() == ["a"]
    assert Table("t", metadata, Column("b", Integer), Column("a", String), extend_existing=True).c.keys() == ["a", "b"]
    assert isinstance(table.c.a.type, String)
    with pytest.raises(DuplicateColumnError, match="'a' is already present"):
        table.append_column(Column("a", Integer))
    with pytest.raises(ArgumentError, match="already assigned to Table 't'"):
        Table("u", metadata, table.c.a)
    with pytest.raises(TypeError, match="read-only"):
        metadata.tables["x"] = table


def test_foreign_keys_resolve_late_and_give_their_type() -> None:
    metadata = MetaData()
    child = Table("child", metadata, Column("id", Integer, primary_key=True), Column("parent_id", ForeignKey("parent.id")))
    with pytest.raises(NoReferencedTableError, match="could not find table 'parent'"):
        _ = next(iter(child.foreign_keys)).column
    parent = Table("parent", metadata, Column("id", BigInteger, primary_key=True))
    assert isinstance(child.c.parent_id.type, BigInteger)
    assert child.c.parent_id.references(parent.c.id)
    assert next(iter(child.foreign_key_constraints)).referred_table is parent
    other = Table("other", metadata, Column("x", ForeignKey("parent.idd")))
    with pytest.raises(NoReferencedColumnError, match="did you mean 'id'"):
        _ = next(iter(other.foreign_keys)).column


def test_a_composite_foreign_key_goes_to_one_table() -> None:
    metadata = MetaData()
    Table("a", metadata, Column("x", Integer, primary_key=True), Column("y", Integer, primary_key=True))
    b = Table("b", metadata, Column("x", Integer), Column("y", Integer), ForeignKeyConstraint(["x", "y"], ["a.x", "a.y"], name="ab"))
    constraint = next(iter(b.foreign_key_constraints))
    assert [fk.parent.name for fk in constraint.elements] == ["x", "y"] and constraint.name == "ab"
    with pytest.raises(ArgumentError, match="number of constrained columns"):
        ForeignKeyConstraint(["x"], ["a.x", "a.y"])
    with pytest.raises(ArgumentError, match="several tables"):
        Table("c", metadata, Column("x", Integer), Column("y", Integer), ForeignKeyConstraint(["x", "y"], ["a.x", "b.y"]))
    with pytest.raises(ArgumentError, match="no column named 'z'"):
        Table("d", metadata, Column("x", Integer), UniqueConstraint("z"))


def test_constraints_made_of_columns_join_their_table() -> None:
    a, b = Column("a", Integer), Column("b", Integer)
    unique, index, check = UniqueConstraint(a, b), Index("ix", a, func.lower(b)), CheckConstraint(a > b)
    table = Table("t", MetaData(), a, b)
    assert unique in table.constraints and check in table.constraints and index in table.indexes
    assert [column.name for column in index.columns] == ["a", "b"]
    with pytest.raises(ArgumentError, match="one table"):
        UniqueConstraint(a, Table("u", MetaData(), Column("x", Integer)).c.x)
    with pytest.raises(ArgumentError, match="not 5"):
        Index("foo", 5)


def test_arguments_of_a_column_that_fit_nothing_are_refused() -> None:
    with pytest.raises(ArgumentError, match="no type, constraint or default"):
        Column("x", Integer, 5)
    with pytest.raises(ArgumentError, match="no name"):
        Table("t", MetaData(), Column(Integer))
    with pytest.raises(ArgumentError, match="cannot have a server default"):
        Column("x", Integer, Computed("y"), server_default="5")
    with pytest.raises(ArgumentError, match="autoincrement=False"):
        Column("x", Integer, Identity(), autoincrement=False)
    with pytest.raises(ArgumentError, match="given as server_default"):
        Column("x", Integer, default=Computed("y"))
    with pytest.raises(ArgumentError, match="no argument or one"):
        Column("x", Integer, default=lambda a, b: 1)
    with pytest.raises(ArgumentError, match="no argument 'lenght'"):
        Column("x", Integer, lenght=5)


def test_defaults_know_what_they_are() -> None:
    scalar, called, contextual, expression = (
        Column("x", Integer, default=one).default for one in (5, lambda: 7, lambda context: context, func.now())
    )
    assert scalar.is_scalar and scalar.arg == 5
    assert called.is_callable and called.arg(None) == 7
    assert contextual.arg("context") == "context"
    assert expression.is_clause_element
    assert Column("x", Integer, Sequence("s")).default.is_sequence
    assert Column("x", Integer, onupdate=3).onupdate.for_update
    assert Column("x", Integer, server_default="5").server_default.arg == "5"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([Column("id", Integer, primary_key=True)], "id"),
        ([Column("id", String, primary_key=True)], None),
        ([Column("id", Integer, primary_key=True, autoincrement=False)], None),
        ([Column("id", Integer, ForeignKey("x.y"), primary_key=True)], None),
        ([Column("id", Integer, ForeignKey("x.y"), primary_key=True, autoincrement="ignore_fk")], "id"),
        ([Column("id", Integer, primary_key=True, default=5)], None),
        ([Column("id", Integer, primary_key=True, server_default="5")], None),
        ([Column("id", Integer, Identity(), primary_key=True)], "id"),
        ([Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True)], None),
        ([Column("a", Integer, primary_key=True), Column("b", Integer, primary_key=True, autoincrement=True)], "b"),
    ],
)  # fmt: skip
def test_which_column_numbers_itself(columns: list[Any], expected: str | None) -> None:
    table = Table("t", MetaData(), *[column.copy() for column in columns])
    found = table.autoincrement_column
    assert (None if found is None else found.name) == expected


def test_copies_go_to_another_metadata_with_all_they_have() -> None:
    metadata = MetaData()
    Table("parent", metadata, Column("id", Integer, primary_key=True), schema="s")
    table = Table(
        "child", metadata, Column("id", Integer, primary_key=True), Column("p", ForeignKey("s.parent.id", ondelete="CASCADE"), info={"a": 1}),
        Column("u", String, unique=True, index=False), Column("i", String, index=True), Column("e", Enum("a", "b", name="e")),
        CheckConstraint("id > 0", name="positive"), UniqueConstraint("u", "i"), schema="s", comment="c",
    )  # fmt: skip
    Index("by_expression", func.lower(table.c.i))
    copied = table.to_metadata(MetaData(), schema="other")
    assert copied.fullname == "other.child" and copied.comment == "c" and copied.c.p.info == {"a": 1}
    assert next(iter(copied.foreign_keys)).target_fullname == "other.parent.id"
    assert sorted(type(one).__name__ for one in copied.constraints) == sorted(type(one).__name__ for one in table.constraints)
    assert sorted(index.name for index in copied.indexes) == ["by_expression", "ix_child_i"]
    assert copied.c.e.type.schema == "other" and table.c.e.type.schema == "s"
    assert all(column.table is copied for index in copied.indexes for column in index.columns)


def test_a_metadata_can_be_pickled() -> None:
    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})
    table = Table("t", metadata, Column("id", Integer, primary_key=True), Column("p", ForeignKey("t.id")), Column("u", String, unique=True))
    Index("ix", table.c.u)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(metadata, protocol)).tables["t"]
        assert again.c.p.references(again.c.id) and again.c.u.type.length is None
        assert {one.name for one in again.constraints} == {one.name for one in table.constraints}
        assert again.c.id._token != table.c.id._token


def test_tables_are_sorted_by_what_they_refer_to() -> None:
    metadata = MetaData()
    for name, parent in (("a", "b"), ("b", "c"), ("c", None)):
        extra = [Column("p", ForeignKey(f"{parent}.id"))] if parent else []
        Table(name, metadata, Column("id", Integer, primary_key=True), *extra)
    assert [table.name for table in metadata.sorted_tables] == ["c", "b", "a"]


def _cycle(use_alter: bool) -> MetaData:
    metadata = MetaData()
    Table("a", metadata, Column("id", Integer, primary_key=True), Column("b_id", ForeignKey("b.id", name="ab", use_alter=use_alter)))
    Table("b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id", name="ba")))
    return metadata


def test_a_cycle_is_broken_by_a_key_that_is_added_later() -> None:
    found = sort_tables_and_constraints(_cycle(use_alter=True).tables.values())
    assert [getattr(table, "name", None) for table, _ in found] == ["a", "b", None]
    assert [key.name for key in found[-1][1]] == ["ab"]
    found = sort_tables_and_constraints(_cycle(use_alter=False).tables.values())
    assert {key.name for key in found[-1][1]} == {"ab", "ba"}
    with pytest.warns(SAWarning, match="a, b"):
        assert {table.name for table in sort_tables(_cycle(use_alter=False).tables.values())} == {"a", "b"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [table.name for table in _cycle(use_alter=True).sorted_tables] == ["a", "b"]


def test_naming_conventions_name_what_has_no_name() -> None:
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s_%(referred_column_0_name)s",
            "pk": "pk_%(table_name)s_%(kind)s",
            "kind": lambda constraint, table: type(constraint).__name__[:2],
        }
    )
    table = Table(
        "t", metadata, Column("a", Integer, primary_key=True), Column("b", Integer, ForeignKey("t.a"), index=True),
        Column("c", Boolean(create_constraint=True)), UniqueConstraint("a", "b"), CheckConstraint("a > 0", name="positive"),
    )  # fmt: skip
    names = {type(one).__name__: one.name for one in table.constraints if not one._type_bound}
    assert names == {
        "PrimaryKeyConstraint": "pk_t_Pr", "ForeignKeyConstraint": "fk_t_b_t_a", "UniqueConstraint": "uq_t_ab", "CheckConstraint": "ck_t_positive",
    }  # fmt: skip
    assert [index.name for index in table.indexes] == ["ix_t_b"]
    with pytest.raises(InvalidRequestError, match="explicitly named"):
        table.append_constraint(CheckConstraint("b > 0"))


def test_listeners_are_told_when_parts_join_their_parents() -> None:
    told: list[tuple[str, str]] = []
    column = Column("x", Integer)
    event.listen(column, "before_parent_attach", lambda item, parent: told.append(("before", parent.name)))
    event.listen(column, "after_parent_attach", lambda item, parent: told.append(("after", parent.name)))
    event.listen(Table, "after_parent_attach", fn := lambda table, metadata: told.append(("table", table.name)))
    try:
        Table("t", MetaData(), column)
    finally:
        event.remove(Table, "after_parent_attach", fn)
    assert told == [("before", "t"), ("after", "t"), ("table", "t")]


def test_a_primary_key_may_be_named_and_ordered() -> None:
    table = Table("t", MetaData(), Column("a", Integer), Column("b", DateTime), PrimaryKeyConstraint("b", "a", name="pk"))
    assert [column.name for column in table.primary_key] == ["b", "a"] and table.primary_key.name == "pk"
    assert table.c.a.primary_key and not table.c.b.nullable


def test_text_in_an_index_needs_its_table() -> None:
    table = Table("t", MetaData(), Column("a", Integer), Index("ix", text("lower(a)"), "a"))
    assert [index.name for index in table.indexes] == ["ix"]


def test_a_foreign_key_constraint_is_named_by_what_it_refers_to() -> None:
    metadata = MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s_%(referred_column_0N_name)s"})
    Table("user", metadata, Column("id", Integer, primary_key=True), Column("Version", Integer, key="version"))
    address = Table("address", metadata, Column("user_id", Integer), Column("user_version", Integer))
    constraint = ForeignKeyConstraint(["user_id", "user_version"], ["user.id", "user.version"])
    address.append_constraint(constraint)
    assert constraint.name == "fk_address_user_id_user_idVersion"
    within = Table("within", metadata, Column("user_id", Integer), ForeignKeyConstraint(["user_id"], ["user.id"]))
    assert [one.name for one in within.foreign_key_constraints] == ["fk_within_user_id_user_id"]


def test_a_foreign_key_constraint_names_each_column_once() -> None:
    with pytest.raises(ArgumentError, match="duplicate source column"):
        ForeignKeyConstraint(["a", "a"], ["b.a", "b.b"])


def test_a_check_over_two_tables_is_no_tables() -> None:
    a, b = Column("a", Integer), Column("b", Integer)
    check = CheckConstraint(a > b)
    one, other = Table("one", MetaData(), a), Table("other", MetaData(), b)
    assert check not in one.constraints and check not in other.constraints
