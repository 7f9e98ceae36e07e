"""A shop: tenants and soft deletion by criteria, an audit, hybrids, ordering lists, versions, upserts, trees, windows, bulk writes.

The program was run with SQLAlchemy 2.0.52 first; what it printed there is what it must print here.
"""

# ruff: noqa: ANN001, ANN201, ANN202, ANN206
from __future__ import annotations

import datetime
import decimal
import enum
import json

import pytest

from ambo import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Numeric,
    case,
    create_engine,
    distinct,
    event,
    exists,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    update,
)
from ambo.dialects.sqlite import insert as up
from ambo.exc import IntegrityError, MultipleResultsFound, StaleDataError
from ambo.ext.associationproxy import association_proxy
from ambo.ext.hybrid import hybrid_property
from ambo.ext.mutable import MutableDict, MutableList
from ambo.ext.orderinglist import ordering_list
from ambo.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship, selectinload, with_loader_criteria

EXPECTED = """\
Ann Lee 8.50 [(0, 's1'), (1, 's2')] ['Ann Lee'] [('Ann Lee', Decimal('8.50'))]
['{"first": [["Ann"], ["Zed"]], "prefs": [[], [{"a": 1, "b": 2}]], "tags": [[], [["x"]]]}'] {'a': 1, 'b': 2} ['x']
[(0, 's3'), (1, 's1'), (2, 's2')]
[(0, 's3'), (1, 's2')] 3
[1] 3 [1]
IE 1
StaleDataError
[('s1', 6), ('n', 7)]
[('r', 0), ('a', 1), ('c', 1), ('b', 2)]
['r', 'a', 'c', 'b']
[(1, 3, 1, 3)]
[(<St.new: 1>, 2, 4), (<St.paid: 2>, 1, None)]
[('s1', Decimal('3.00')), ('n', Decimal('4.00'))] [(5,), (6,), (7,)]
['R', 'a', 'c', 'b', '0', '1', '2', 'bm', 'bo']
[3, 3, 3]
1 [(1, 1)]
[('hi', 2), ('lo', 3)] False 7 7
M N True
9
MultipleResultsFound
"""


class Base(DeclarativeBase):
    type_annotation_map = {decimal.Decimal: Numeric(10, 2), dict: JSON}


class Shop(Session):
    """Sessions of this program."""


class Tenant:
    tenant_id: Mapped[int] = mapped_column(index=True, default=1)


class Soft:
    deleted_at: Mapped[datetime.datetime | None] = mapped_column()


class St(enum.Enum):
    new = 1
    paid = 2


class Customer(Tenant, Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    last: Mapped[str]
    prefs: Mapped[dict] = mapped_column(MutableDict.as_mutable(JSON), default=dict)
    tags: Mapped[list] = mapped_column(MutableList.as_mutable(JSON), default=list)
    orders: Mapped[list[Order]] = relationship(back_populates="customer", cascade="all, delete-orphan", order_by="Order.id")

    @hybrid_property
    def full(self):
        return self.first + " " + self.last

    @full.inplace.setter
    def _f(self, v):
        self.first, self.last = v.split()

    @hybrid_property
    def total(self):
        return sum(o.total for o in self.orders)

    @total.inplace.expression
    @classmethod
    def _t(cls):
        return select(func.coalesce(func.sum(Line.qty * Line.price), 0)).join(Order).where(Order.customer_id == cls.id).scalar_subquery()


class Product(Base):
    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    stock: Mapped[int]
    price: Mapped[decimal.Decimal]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (CheckConstraint("stock >= 0", name="ck_stock"),)


class Order(Tenant, Soft, Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[St] = mapped_column(default=St.new)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    lines: Mapped[list[Line]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="Line.pos", collection_class=ordering_list("pos")
    )
    products = association_proxy("lines", "product", creator=lambda p: Line(product=p, qty=1, price=p.price))

    @property
    def total(self):
        return sum((line.qty * line.price for line in self.lines), decimal.Decimal(0))


class Line(Base):
    __tablename__ = "line"
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    pos: Mapped[int]
    qty: Mapped[int]
    price: Mapped[decimal.Decimal]
    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)


class Cat(Base):
    __tablename__ = "cat"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cat.id"))
    children: Mapped[list[Cat]] = relationship(back_populates="parent")
    parent: Mapped[Cat | None] = relationship(back_populates="children", remote_side=[id])


class Audit(Base):
    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]


@event.listens_for(Shop, "before_flush")
def audit(session, ctx, inst):
    for o in session.dirty:
        if isinstance(o, Customer):
            ch = {
                a.key: [list(a.history.deleted), list(a.history.added)]
                for a in inspect(o).attrs
                if a.history.has_changes() and a.key != "orders"
            }
            if ch:
                session.add(Audit(what=json.dumps(ch, sort_keys=True)))
    for o in list(session.deleted):
        if isinstance(o, Soft):
            o.deleted_at = datetime.datetime(2020, 1, 1)
            session.add(o)


@event.listens_for(Shop, "do_orm_execute")
def flt(st):
    if st.is_select and not st.is_column_load and not st.is_relationship_load and not st.execution_options.get("incl"):
        st.statement = st.statement.options(
            with_loader_criteria(Soft, lambda c: c.deleted_at.is_(None), include_aliases=True),
            with_loader_criteria(Tenant, lambda c: c.tenant_id == 1, include_aliases=True),
        )


def test_the_shop(capsys: pytest.CaptureFixture[str]) -> None:
    e = create_engine("sqlite://")
    Base.metadata.create_all(e)
    with Shop(e) as s:
        ps = [Product(sku=f"s{i}", stock=i, price=decimal.Decimal(i) + decimal.Decimal("0.5")) for i in range(1, 5)]
        c = Customer(first="Ann", last="Lee", prefs={"a": 1})
        c2 = Customer(first="Bob", last="Ray", tenant_id=2)
        o = Order(customer=c)
        o.products.extend(ps[:2])
        o2 = Order(customer=c, status=St.paid)
        o2.products.append(ps[3])
        Order(customer=c2, tenant_id=2)
        s.add_all([*ps, c, c2])
        s.commit()
        print(
            c.full,
            c.total,
            [(line.pos, line.product.sku) for line in o.lines],
            s.scalars(select(Customer.full)).all(),
            s.execute(select(Customer.full, Customer.total)).all(),
        )
        c.prefs["b"] = 2
        c.tags.append("x")
        c.full = "Zed Lee"
        s.commit()
        print(s.scalars(select(Audit.what)).all(), c.prefs, c.tags)
        o.lines.insert(0, Line(product=ps[2], qty=3, price=1))
        s.commit()
        print([(line.pos, line.product.sku) for line in o.lines])
        del o.lines[1]
        s.commit()
        print([(line.pos, line.product.sku) for line in o.lines], s.scalar(select(func.count()).select_from(Line)))
        s.delete(o2)
        s.commit()
        print(
            [x.id for x in s.scalars(select(Order))],
            len(s.scalars(select(Order).execution_options(incl=True)).all()),
            [
                len(x.orders)
                for x in s.scalars(select(Customer).options(selectinload(Customer.orders)).execution_options(populate_existing=True))
            ],
        )
        try:
            with s.begin_nested():
                ps[0].stock = -1
        except IntegrityError:
            print("IE", ps[0].stock)
        ps[0].stock = 9
        s.flush()
        s.execute(text("update product set version=99 where id=1"))
        try:
            ps[0].stock = 8
            s.flush()
        except StaleDataError as ex:
            print(type(ex).__name__)
            s.rollback()
        st = up(Product).values([{"sku": "s1", "stock": 5, "price": 1, "version": 1}, {"sku": "n", "stock": 7, "price": 2, "version": 1}])
        st = st.on_conflict_do_update(index_elements=["sku"], set_={"stock": Product.stock + st.excluded.stock}).returning(Product)
        print([(p.sku, p.stock) for p in s.scalars(st, execution_options={"populate_existing": True})])
        s.commit()
        r = Cat(name="r", children=[Cat(name="a", children=[Cat(name="b")]), Cat(name="c")])
        s.add(r)
        s.commit()
        t = select(Cat.id, Cat.name, literal(0).label("d")).where(Cat.parent_id.is_(None)).cte("t", recursive=True)
        t = t.union_all(select(Cat.id, Cat.name, t.c.d + 1).join(t, Cat.parent_id == t.c.id))
        print(s.execute(select(t.c.name, t.c.d).order_by(t.c.d, t.c.name)).all())
        ca = aliased(Cat, t)
        print([x.name for x in s.scalars(select(ca).order_by(ca.id))])
        w = select(
            Line.order_id,
            Line.product_id,
            func.row_number().over(partition_by=Line.order_id, order_by=(Line.qty * Line.price).desc()).label("rn"),
            func.sum(Line.qty).over(order_by=Line.pos, rows=(None, 0)).label("run"),
        ).subquery()
        print(s.execute(select(w).where(w.c.rn == 1).order_by(w.c.order_id)).all())
        print(
            s.execute(
                select(Order.status, func.count(distinct(Order.id)), func.sum(Line.qty))
                .join(Order.lines, isouter=True)
                .group_by(Order.status)
                .having(func.count() > 0)
                .order_by(Order.status),
                execution_options={"incl": True},
            ).all()
        )
        print(
            s.execute(update(Product).where(Product.stock > 4).values(price=Product.price * 2).returning(Product.sku, Product.price)).all(),
            s.execute(insert(Cat).returning(Cat.id, sort_by_parameter_order=True), [{"name": str(i)} for i in range(3)]).all(),
        )
        s.bulk_insert_mappings(Cat, [{"name": "bm"}])
        s.bulk_save_objects([Cat(name="bo")])
        s.bulk_update_mappings(Cat, [{"id": 1, "name": "R"}])
        print(s.scalars(select(Cat.name).order_by(Cat.id)).all())
        print([len(p) for p in s.scalars(select(Cat).execution_options(yield_per=2)).partitions(3)])
        print(
            s.scalars(select(Customer).where(Customer.prefs["b"].as_integer() == 2)).all()[0].id,
            s.execute(select(Customer.prefs["a"], Customer.id).where(Customer.orders.any(Order.status == St.new))).all(),
        )
        s.rollback()
        print(
            s.execute(select(case((Product.stock > 4, "hi"), else_="lo").label("k"), func.count()).group_by("k").order_by("k")).all(),
            s.scalar(select(exists().where(Product.sku == "zz"))),
            s.query(Product).filter_by(sku="n").one_or_none().stock,
            s.query(func.max(Product.stock)).scalar(),
        )
        m = s.merge(Customer(id=1, first="M", last="N", prefs={}, tags=[]))
        s.commit()
        print(m.full, s.get(Customer, 1) is m)
        u = select(Product.sku.label("n")).union(select(Cat.name)).subquery()
        print(s.execute(select(func.count()).select_from(u)).scalar_one())
        try:
            s.scalars(select(Cat)).one()
        except MultipleResultsFound as x:
            print(type(x).__name__)
    assert capsys.readouterr().out == EXPECTED
