"""Association proxies as SQL expressions: LIKE, missing objects, chains, and what has no expression."""

from __future__ import annotations

from typing import Any

import pytest

from ambo import ForeignKey, MetaData, String, func, select
from ambo.exc import ArgumentError, InvalidRequestError
from ambo.ext.associationproxy import AssociationProxy, association_proxy
from ambo.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship
from twin import Twin


class Base(DeclarativeBase):
    metadata = MetaData()


class Country(Base):
    __tablename__ = "proxy_country"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    cities: Mapped[list[City]] = relationship(back_populates="country")

    @property
    def shout(self) -> str:
        return self.name.upper()


class City(Base):
    __tablename__ = "proxy_city"
    id: Mapped[int] = mapped_column(primary_key=True)
    country_id: Mapped[int | None] = mapped_column(ForeignKey("proxy_country.id"))
    name: Mapped[str] = mapped_column(String(40))
    country: Mapped[Country | None] = relationship(back_populates="cities")
    streets: Mapped[list[Street]] = relationship(back_populates="city")
    street_names = association_proxy("streets", "name")
    country_name = association_proxy("country", "name")
    country_shout = association_proxy("country", "shout")
    wrong = association_proxy("name", "upper")


class Street(Base):
    __tablename__ = "proxy_street"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int | None] = mapped_column(ForeignKey("proxy_city.id"))
    name: Mapped[str] = mapped_column(String(40))
    city: Mapped[City | None] = relationship(back_populates="streets")
    country = association_proxy("city", "country")
    country_name = association_proxy("city", "country_name")


tables = pytest.mark.tables(Base.metadata)


def world() -> list[Any]:
    fr = Country(name="France")
    paris, nowhere = City(name="Paris", country=fr), City(name="Nowhere")
    return [
        Street(name="Rue A", city=paris),
        Street(name="Rue B", city=paris),
        Street(name="Road C", city=nowhere),
        Street(name="Lost"),
    ]


@tables
async def test_proxies_compare_in_sql(twin: Twin) -> None:
    async with twin.session() as session:
        session.add_all(world())
        await session.flush()

        async def names(entity: Any, condition: Any) -> list[str]:
            return list(await session.scalars(select(entity.name).where(condition).order_by(entity.name)))

        assert await names(City, City.street_names.contains("ue")) == ["Paris"]
        assert await names(Street, Street.country == None) == ["Lost", "Road C"]  # noqa: E711 (SQL)
        assert await names(Street, Street.country_name == "France") == ["Rue A", "Rue B"]
        assert await names(Street, Street.country_name.has()) == ["Rue A", "Rue B"]
        assert await names(City, City.country_name == None) == ["Nowhere"]  # noqa: E711 (SQL)


def test_an_alias_keeps_the_owning_class() -> None:
    other = aliased(City)
    assert other.country_name.owning_class is City
    assert "proxy_city AS" in str(select(other).where(other.country_name == "x"))


def test_what_has_no_sql_expression_says_so() -> None:
    with pytest.raises(AttributeError, match="'shout' that is not directly mapped on Country"):
        City.country_shout == "X"  # noqa: B015
    with pytest.raises(NotImplementedError, match="can't be used as a plain column"):
        func.lower(City.country_name)
    with pytest.raises(NotImplementedError, match="'name' of City is no relationship"):
        City.wrong
    with pytest.raises(ArgumentError, match="takes no criterion"):
        City.country_name.has(Country.name == "x")
    assert City(country=Country(name="x")).country_shout == "X"


def test_a_proxy_of_a_class_that_is_not_mapped_is_itself() -> None:
    class Mixin:
        names = association_proxy("things", "name", info={"a": 1})

    assert isinstance(Mixin.names, AssociationProxy)
    assert Mixin.names.info == {"a": 1}
    with pytest.raises(InvalidRequestError, match="not mapped"):
        Mixin().names
