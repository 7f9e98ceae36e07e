"""Dataclasses that say in the metadata of their fields how they are mapped: `__sa_dataclass_metadata_key__`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ambo import Column, ForeignKey, Integer, String, select
from ambo.orm import mapped_column, registry, relationship
from twin import Twin

mapper_registry = registry()


@dataclass
class Named:
    __sa_dataclass_metadata_key__ = "sa"
    name: str | None = field(default=None, metadata={"sa": Column(String(20))})
    owner_id: int | None = field(init=False, default=None, metadata={"sa": lambda cls: Column(ForeignKey("dataclass_user.id"))})


@mapper_registry.mapped
@dataclass
class User:
    __tablename__ = "dataclass_user"
    __sa_dataclass_metadata_key__ = "sa"
    id: int = field(init=False, metadata={"sa": mapped_column(Integer, primary_key=True)})
    name: str | None = field(default=None, metadata={"sa": mapped_column(String(20))})
    plain: int = 5
    pets: list[Pet] = field(default_factory=list, metadata={"sa": relationship("Pet")})


@mapper_registry.mapped
@dataclass
class Pet(Named):
    __tablename__ = "dataclass_pet"
    id: int = field(init=False, metadata={"sa": Column(Integer, primary_key=True)})


@pytest.mark.tables(mapper_registry.metadata)
async def test_fields_are_mapped_as_their_metadata_says(twin: Twin) -> None:
    async with twin.session() as session:
        session.add(User("ann", pets=[Pet("cat"), Pet("dog")]))
        await session.commit()
    async with twin.session() as session:
        user: Any = await session.scalar(select(User).where(User.name == "ann"))
        pets = list(await session.scalars(select(Pet).order_by(Pet.name)))
        assert [(one.name, one.owner_id) for one in pets] == [("cat", user.id), ("dog", user.id)]
        assert "plain" not in User.__table__.c
