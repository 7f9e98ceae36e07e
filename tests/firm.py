"""The mapped classes of the property tests, and the plain dictionary model they must agree with.

One class for each thing a unit of work finds hard: a delete-orphan cascade (Firm.teams), a nullable reference (Person.team),
a self-reference (Person.boss), a cycle of tables (Team.lead, with post_update), a many-to-many (Person.skills), joined-table
inheritance (Engineer, Manager), a natural key that changes (Country.code) and a version counter (Person.version).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from ambo import Column, ForeignKey, String, Table
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


person_skills = Table(
    "firm_person_skills",
    Base.metadata,
    Column("person_id", ForeignKey("firm_people.id"), primary_key=True),
    Column("skill_id", ForeignKey("firm_skills.id"), primary_key=True),
)


class Country(Base):
    __tablename__ = "firm_countries"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    tag: Mapped[str] = mapped_column(String(20))


class Firm(Base):
    __tablename__ = "firm_firms"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    teams: Mapped[list[Team]] = relationship(back_populates="firm", cascade="all, delete-orphan", order_by="Team.id")


class Team(Base):
    __tablename__ = "firm_teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm_firms.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("firm_people.id", name="team_lead", use_alter=True))
    firm: Mapped[Firm] = relationship(back_populates="teams")
    people: Mapped[list[Person]] = relationship(back_populates="team", foreign_keys="Person.team_id")
    lead: Mapped[Person | None] = relationship(back_populates="leads", foreign_keys=[lead_id], post_update=True)


class Person(Base):
    __tablename__ = "firm_people"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column()
    team_id: Mapped[int | None] = mapped_column(ForeignKey("firm_teams.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("firm_people.id"))
    country_code: Mapped[str | None] = mapped_column(ForeignKey("firm_countries.code", onupdate="CASCADE"))
    team: Mapped[Team | None] = relationship(back_populates="people", foreign_keys=[team_id])
    boss: Mapped[Person | None] = relationship(back_populates="reports", remote_side=[id])
    reports: Mapped[list[Person]] = relationship(back_populates="boss")
    leads: Mapped[list[Team]] = relationship(back_populates="lead", foreign_keys=[Team.lead_id], post_update=True)
    country: Mapped[Country | None] = relationship()
    skills: Mapped[set[Skill]] = relationship(secondary=person_skills, back_populates="people")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person", "version_id_col": version}


class Engineer(Person):
    __tablename__ = "firm_engineers"
    id: Mapped[int] = mapped_column(ForeignKey("firm_people.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(20))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Person):
    __tablename__ = "firm_managers"
    id: Mapped[int] = mapped_column(ForeignKey("firm_people.id"), primary_key=True)
    level: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Skill(Base):
    __tablename__ = "firm_skills"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(20))
    people: Mapped[set[Person]] = relationship(secondary=person_skills, back_populates="skills")


@dataclass
class Model:
    """What the database must hold: rows by tag, references as tags."""

    countries: dict[str, str] = field(default_factory=dict)
    firms: dict[str, str] = field(default_factory=dict)
    teams: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    skills: set[str] = field(default_factory=set)

    def copy(self) -> Model:
        """Return a copy that shares nothing."""
        return copy.deepcopy(self)

    def drop_team(self, tag: str) -> None:
        """Delete a team; its people stay without one."""
        del self.teams[tag]
        for person in self.people.values():
            if person["team"] == tag:
                person["team"] = None

    def drop_firm(self, tag: str) -> None:
        """Delete a firm and its teams."""
        del self.firms[tag]
        for team in [one for one, values in self.teams.items() if values["firm"] == tag]:
            self.drop_team(team)

    def drop_person(self, tag: str) -> None:
        """Delete a person; whoever it led or was boss of goes on without."""
        del self.people[tag]
        for person in self.people.values():
            if person["boss"] == tag:
                person["boss"] = None
        for team in self.teams.values():
            if team["lead"] == tag:
                team["lead"] = None
