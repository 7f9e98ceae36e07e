"""`relationship()`, `backref()`, `dynamic_loader()`: what users call to map related objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ambo.mapping.markers import NO_ARG
from ambo.mapping.properties import DataclassOptions
from ambo.mapping.relationships import RelationshipDeclared


def relationship(
    argument: Any = None,
    secondary: Any = None,
    *,
    uselist: bool | None = None,
    collection_class: Any = None,
    primaryjoin: Any = None,
    secondaryjoin: Any = None,
    back_populates: Any = None,
    order_by: Any = False,
    backref: Any = None,
    overlaps: str | None = None,
    post_update: bool = False,
    cascade: str | None = "save-update, merge",
    viewonly: bool = False,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    lazy: Any = "select",
    passive_deletes: Any = False,
    passive_updates: bool = True,
    active_history: bool = False,
    enable_typechecks: bool = True,
    foreign_keys: Any = None,
    remote_side: Any = None,
    join_depth: int | None = None,
    comparator_factory: Any = None,
    single_parent: bool = False,
    innerjoin: bool | str = False,
    distinct_target_key: bool | None = None,
    load_on_pending: bool = False,
    query_class: Any = None,
    info: Mapping[Any, Any] | None = None,
    omit_join: bool | None = None,
    sync_backref: bool | None = None,
    dataclass_metadata: Any = NO_ARG,
    doc: str | None = None,
    **unusual: Any,
) -> RelationshipDeclared[Any]:
    """Map an attribute to objects of another class.

        addresses: Mapped[list["Address"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    `argument` is the target if the annotation does not name it; `secondary` the table between for many-to-many; strings and functions
    are evaluated when all classes exist. `lazy` is how it is loaded: select, joined, selectin, subquery, immediate, raise, raise_on_sql,
    noload, peers, write_only, dynamic. The join comes from the foreign keys unless `primaryjoin` or `foreign_keys` say otherwise.
    """
    options = DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata)
    return RelationshipDeclared(
        argument,
        secondary,
        uselist=uselist,
        collection_class=collection_class,
        primaryjoin=primaryjoin,
        secondaryjoin=secondaryjoin,
        back_populates=back_populates,
        order_by=order_by,
        backref=backref,
        overlaps=overlaps,
        post_update=post_update,
        cascade=cascade,
        viewonly=viewonly,
        lazy=lazy,
        passive_deletes=passive_deletes,
        passive_updates=passive_updates,
        active_history=active_history,
        enable_typechecks=enable_typechecks,
        foreign_keys=foreign_keys,
        remote_side=remote_side,
        join_depth=join_depth,
        comparator_factory=comparator_factory,
        single_parent=single_parent,
        innerjoin=innerjoin,
        distinct_target_key=distinct_target_key,
        load_on_pending=load_on_pending,
        query_class=query_class,
        info=info,
        omit_join=omit_join,
        sync_backref=sync_backref,
        doc=doc,
        options=options,
        **unusual,
    )


def backref(name: str, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """Return the arguments of the reverse relationship, for `relationship(backref=...)`."""
    return (name, kwargs)


def dynamic_loader(argument: Any = None, **kw: Any) -> RelationshipDeclared[Any]:
    """Return a relationship with `lazy="dynamic"`."""
    return relationship(argument, lazy="dynamic", **kw)
