"""Automap: what it makes of tables, and what it leaves to classes the program declared."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, MetaData, String, Table
from ambo.exc import InvalidRequestError, SAWarning
from ambo.ext.automap import automap_base, generate_relationship
from ambo.orm import configure_mappers, interfaces, relationship
from twin import Twin


def shop() -> MetaData:
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(30)))
    Table("addresses", metadata, Column("id", Integer, primary_key=True), Column("user_id", ForeignKey("users.id"), nullable=False))
    Table("orders", metadata, Column("id", Integer, primary_key=True), Column("user_id", ForeignKey("users.id", ondelete="set null")))
    Table("items", metadata, Column("id", Integer, primary_key=True))
    Table(
        "order_items",
        metadata,
        Column("order_id", ForeignKey("orders.id"), primary_key=True),
        Column("item_id", ForeignKey("items.id"), primary_key=True),
    )
    return metadata


def test_a_declared_collection_follows_the_many_to_one_that_is_made() -> None:
    Base = automap_base(metadata=shop())

    class User(Base):
        __tablename__ = "users"
        addresses_collection = relationship("addresses", collection_class=set)

    Base.prepare()
    address = Base.classes.addresses()
    User(addresses_collection={address})
    assert isinstance(address.user, User)


def test_a_declared_many_to_one_follows_the_collection_that_is_made() -> None:
    Base = automap_base(metadata=shop())

    class Address(Base):
        __tablename__ = "addresses"
        users = relationship("users")

    Base.prepare()
    address = Address()
    user = Base.classes.users(address_collection=[address])
    assert address.users is user


def test_a_declared_many_to_many_gets_its_other_side() -> None:
    Base = automap_base(metadata=shop())

    class Order(Base):
        __tablename__ = "orders"
        items_collection = relationship("items", secondary="order_items", collection_class=set)

    Base.prepare()
    order, item = Order(), Base.classes["items"]()
    order.items_collection.add(item)
    assert item.order_collection == [order]


def test_rows_that_need_their_owner_are_deleted_with_it() -> None:
    Base = automap_base(metadata=shop())
    Base.prepare()
    configure_mappers()
    addresses, orders = (getattr(Base.classes.users, name).property for name in ("addresses_collection", "orders_collection"))
    assert (addresses.cascade.delete_orphan, addresses.passive_deletes) == (True, False)
    assert (orders.cascade.delete, orders.passive_deletes) == (False, True)


def test_generate_relationship_is_told_the_direction() -> None:
    Base = automap_base(metadata=shop())
    seen = set()

    def make(base: Any, direction: Any, fn: Any, name: str, local: Any, referred: Any, **kw: Any) -> Any:
        seen.add((direction, name))
        return generate_relationship(base, direction, fn, name, local, referred, **kw)

    Base.prepare(generate_relationship=make)
    assert {
        (interfaces.MANYTOONE, "users"),
        (interfaces.ONETOMANY, "addresses_collection"),
        (interfaces.MANYTOMANY, "items_collection"),
    } <= seen


def two_schemas() -> MetaData:
    metadata = MetaData()
    for schema in (None, "other"):
        Table("user", metadata, Column("id", Integer, primary_key=True), schema=schema)
    return metadata


def test_classes_of_modules_are_found_by_module() -> None:
    Base = automap_base(metadata=two_schemas())
    Base.prepare(modulename_for_table=lambda base, name, table: table.schema and f"shop.{table.schema}")
    assert Base.classes.user is Base.by_module.ambo.ext.automap.user
    assert Base.by_module.shop.other.user.__table__.schema == "other"
    assert Base.by_module.shop.other.user.__module__ == "shop.other"
    assert len(Base.classes) == 1


def test_a_name_that_is_a_class_and_a_module_is_an_error() -> None:
    Base = automap_base(metadata=two_schemas())
    with pytest.raises(InvalidRequestError, match="matches both a class name and a module name"):
        Base.prepare(modulename_for_table=lambda base, name, table: "user.user" if table.schema else "user")


def test_a_second_class_of_the_same_name_is_reported_and_left_out() -> None:
    Base = automap_base(metadata=two_schemas())
    with pytest.warns(SAWarning, match="duplicate class name 'user'"):
        Base.prepare()
    assert len(Base.classes) == 1


async def test_tables_of_a_database_become_classes_even_when_a_subclass_prepares(twin: Twin) -> None:
    await twin.create(shop())
    Base = automap_base()

    class User(Base):
        __tablename__ = "users"

    async with twin.engine.connect() as connection:
        await connection.run_sync(lambda one: User.prepare(autoload_with=one))
    assert "addresses" in Base.classes and "users" not in Base.classes
    async with twin.session() as session:
        user = User(name="u", addresses_collection=[Base.classes.addresses()])
        session.add(user)
        await session.commit()
        assert [one.id for one in user.addresses_collection] == [1]
