"""A joined hierarchy with a company around it, for tests of inheritance and of writes in bulk."""

from __future__ import annotations

from ambo import Column, ForeignKey, MetaData, String, Table
from ambo.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    staff: Mapped[list[Worker]] = relationship(back_populates="company", order_by="Worker.id")


class Worker(Base):
    __tablename__ = "worker"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column("full_name", String(30))
    level: Mapped[int] = mapped_column(server_default="1")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    company: Mapped[Company | None] = relationship(back_populates="staff")

    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "worker"}


class Engineer(Worker):
    __tablename__ = "engineer"

    id: Mapped[int] = mapped_column(ForeignKey("worker.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(30))
    machines: Mapped[list[Machine]] = relationship(order_by="Machine.id")

    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Boss(Worker):
    __tablename__ = "boss"

    id: Mapped[int] = mapped_column(ForeignKey("worker.id"), primary_key=True)
    office: Mapped[str | None] = mapped_column(String(30))

    __mapper_args__ = {"polymorphic_identity": "boss"}


class Machine(Base):
    __tablename__ = "machine"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineer.id"))


cars = MetaData()
"""Two tables without a common parent, for `polymorphic_union`."""
lorry = Table("lorry", cars, Column("id", primary_key=True, type_=Worker.__table__.c.id.type), Column("name", String(30)), Column("tons", String(5)))
coach = Table("coach", cars, Column("id", primary_key=True, type_=Worker.__table__.c.id.type), Column("name", String(30)), Column("seats", String(5)))


def a_company() -> Company:
    """Return a company of an engineer with two machines, a boss, and an engineer without machines."""
    return Company(
        name="Acme",
        staff=[
            Engineer(name="Ann", language="python", machines=[Machine(name="lathe"), Machine(name="drill")]),
            Boss(name="Bob", office="12"),
            Engineer(name="Cid", language="c"),
        ],
    )
