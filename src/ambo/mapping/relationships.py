"""`RelationshipProperty`: an attribute that holds one related object or many.

    class body     argument, options, annotation are kept as they are
    configure()    target -> join condition -> direction, uselist -> reverse side -> trackers on all classes that have it

Rule 1: strings and callables are evaluated in `configure()`, never earlier.
Rule 2: two relationships that mirror each other know each other in `reverse`; changes in memory follow `mirrors`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError, MappedAnnotationError
from ambo.mapping.annotations import MappedAnnotation, relationship_target
from ambo.mapping.cascades import CascadeOptions, writing
from ambo.mapping.class_names import evaluate_name, resolve_argument
from ambo.mapping.collection_tracking import CollectionTracker
from ambo.mapping.configuration import mappers_changed
from ambo.mapping.join_conditions import JoinCondition, Marked, columns_in, plain, plain_join
from ambo.mapping.mapped import DynamicMapped, WriteOnlyMapped
from ambo.mapping.mapper import Mapper
from ambo.mapping.markers import MANYTOMANY, MANYTOONE, RelationshipDirection
from ambo.mapping.properties import DataclassOptions, MapperProperty, plain_column
from ambo.mapping.reference_tracking import ObjectTracker
from ambo.mapping.related_tracking import RelatedTracker
from ambo.mapping.relation_attributes import RelationshipAttribute
from ambo.mapping.tracking import Tracker
from ambo.mapping.write_only import WriteOnlyTracker
from ambo.statements.expressions import ColumnElement
from ambo.statements.named_columns import ColumnClause
from ambo.statements.reducing import equal_pairs
from ambo.statements.traversal import replace

T = TypeVar("T")
LAZY = frozenset(
    ("select", "joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql", "noload", "dynamic", "write_only", "peers")
)
_LAZY_NAMES: dict[Any, str] = {True: "select", False: "joined", None: "noload"}
DEFAULT_CASCADE = "save-update, merge"


class RelationshipProperty(MapperProperty[T]):
    """The mapping of one relationship; made by `relationship()`."""

    is_relationship = True

    mapper: Mapper
    direction: RelationshipDirection
    condition: JoinCondition

    def __init__(
        self,
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
        cascade: Any = DEFAULT_CASCADE,
        viewonly: bool = False,
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
        innerjoin: Any = False,
        distinct_target_key: bool | None = None,
        load_on_pending: bool = False,
        query_class: Any = None,
        info: Mapping[Any, Any] | None = None,
        omit_join: bool | None = None,
        sync_backref: bool | None = None,
        doc: str | None = None,
        options: DataclassOptions | None = None,
        _local_remote_pairs: Any = None,
        _legacy_inactive_history_style: bool = False,
    ) -> None:
        super().__init__(doc=doc, info=info, options=options or DataclassOptions())
        self.argument = argument
        self.given_secondary = secondary
        self.given_uselist = uselist
        self.uselist = uselist
        self.collection_class = collection_class
        self.given_primaryjoin = primaryjoin
        self.given_secondaryjoin = secondaryjoin
        self.back_populates = back_populates
        self.given_order_by = order_by
        self.order_by: Any = False
        self.backref = backref
        self.overlaps = frozenset(one.strip() for one in (overlaps or "").split(",") if one.strip())
        self.post_update = post_update
        self.viewonly = viewonly
        self.lazy: Any = lazy if isinstance(lazy, str) else _LAZY_NAMES.get(lazy, lazy)
        self.passive_deletes = passive_deletes
        self.passive_updates = passive_updates
        self.active_history = active_history
        self.enable_typechecks = enable_typechecks
        self.given_foreign_keys = foreign_keys
        self._says_remote_twice = bool(_local_remote_pairs and remote_side)
        self.given_remote_side = [pair[1] for pair in _local_remote_pairs] if _local_remote_pairs else remote_side
        self.join_depth = join_depth
        self.comparator_factory = comparator_factory
        self.single_parent = single_parent
        self.innerjoin = innerjoin
        self.distinct_target_key = distinct_target_key
        self.loads_on_pending = load_on_pending
        self.query_class = query_class
        self.omit_join = omit_join
        self.sync_backref = sync_backref
        self.secondary: Any = None
        self.reverse: set[RelationshipProperty[Any]] = set()
        self.mirrors: tuple[RelationshipProperty[Any], ...] = ()
        self.wide_targets: dict[Any, Any] = {}
        """Aliases of the target with the columns of one subclass, which loads make for `of_type(subclass)`."""
        self.is_backref = False
        self._check_arguments(cascade)
        mappers_changed()

    def _check_arguments(self, cascade: Any) -> None:
        if not isinstance(self.lazy, str) or self.lazy not in LAZY:
            raise ArgumentError(f"lazy={self.lazy!r} is unknown; it is one of {', '.join(sorted(LAZY))}")
        if self.backref is not None and self.back_populates:
            raise ArgumentError("backref and back_populates keyword arguments are mutually exclusive")
        if self.viewonly and self.sync_backref:
            raise ArgumentError("sync_backref and viewonly cannot both be True")
        if self.viewonly:
            for name in ("passive_deletes", "active_history", "post_update"):
                if getattr(self, name):
                    raise ArgumentError(f"{name}=True has no meaning on a viewonly relationship, which never writes")
        self._set_cascade(cascade)

    # ---- cascades

    def _set_cascade(self, given: Any) -> None:
        cascade = given if isinstance(given, CascadeOptions) else CascadeOptions(given)
        if self.viewonly:
            cascade = CascadeOptions(cascade - set(writing(cascade)))
        if self.passive_deletes == "all" and (cascade.delete or cascade.delete_orphan):
            raise ArgumentError(f"on {self}, can't set passive_deletes='all' in conjunction with 'delete' or 'delete-orphan' cascade")
        self._cascade = cascade

    @property
    def cascade(self) -> CascadeOptions:
        """Which operations go on to the related objects."""
        return self._cascade

    @cascade.setter
    def cascade(self, given: Any) -> None:
        self._set_cascade(given)
        if self.configured:
            self._check_orphans()

    @property
    def tracks_parent(self) -> bool:
        """Whether objects must know if they still have a parent."""
        return self._cascade.delete_orphan or self.single_parent or (self.configured and self.direction is not MANYTOONE)

    def _check_orphans(self) -> None:
        if not self._cascade.delete_orphan:
            return
        if not self.single_parent and self.direction in (MANYTOONE, MANYTOMANY):
            side = "many-to-one" if self.direction is MANYTOONE else "many-to-many"
            raise ArgumentError(
                f"for {side} relationship {self}, delete-orphan cascade is normally configured only on the 'one' side of a one-to-many "
                "relationship; to force it, an object having one such parent only, set single_parent=True"
            )
        if self not in self.mapper._own_orphan_rules:
            self.mapper.add_orphan_rule(self)

    # ---- the class body

    def declared(self, class_: type[Any], key: str, annotation: MappedAnnotation | None, registry: Any) -> None:
        """Take target, collection class and uselist from the annotation, as far as they are not given."""
        self.key = key
        if annotation is None:
            if self.argument is None:
                raise MappedAnnotationError(
                    f"{class_.__name__}.{key} has neither a target nor a Mapped[] annotation; "
                    f"write '{key}: Mapped[list[\"Target\"]] = relationship()' or 'relationship(\"Target\")'"
                )
            return
        found = relationship_target(annotation)
        if annotation.wrapper is not None and issubclass(annotation.wrapper, DynamicMapped):
            self.lazy = "dynamic"
            self.uselist = True if self.uselist is None else self.uselist
        elif annotation.wrapper is not None and issubclass(annotation.wrapper, WriteOnlyMapped):
            self.lazy = "write_only"
            self.uselist = True if self.uselist is None else self.uselist
        elif found.collection is not None:
            if self.collection_class is None:
                self._check_collection(found.collection, class_, key)
                self.collection_class = found.collection
            self.uselist = True if self.uselist is None else self.uselist
        else:
            self.uselist = False if self.uselist is None else self.uselist
        if self.argument is None:
            self.argument = found.target

    def _check_collection(self, collection: Any, class_: type[Any], key: str) -> None:
        if getattr(collection, "__abstractmethods__", None):
            raise MappedAnnotationError(f"the collection of {class_.__name__}.{key} cannot be a {collection!r}, which is abstract; pass collection_class")

    # ---- trackers and attributes

    def tracker(self, class_: type[Any], above: Tracker | None) -> Tracker:
        """Return what tracks this attribute; until configuration only a place for listeners."""
        if not self.configured:
            return RelatedTracker(class_, self, above)
        if self.lazy in ("dynamic", "write_only"):
            return WriteOnlyTracker(class_, self, above)
        return CollectionTracker(class_, self, above) if self.uselist else ObjectTracker(class_, self, above)

    def attribute_of(self, entity: Any, impl: Any) -> Any:
        """Return the class-level attribute for an entity."""
        return RelationshipAttribute(self, entity, impl)

    def same_value(self, one: Any, other: Any) -> bool:
        """Tell whether two values are the same object."""
        return one is other

    # ---- configuration

    def configure(self) -> None:
        """Resolve everything that other classes must exist for."""
        if self.configured:
            return
        if self._says_remote_twice:
            raise ArgumentError(f"relationship {self} has both remote_side and the more detailed _local_remote_pairs; give one of them")
        self.mapper = self._find_target()
        self._resolve_table_arguments()
        self._find_join()
        self.direction = self.condition.direction
        if self.lazy in ("dynamic", "write_only") and (self.direction is MANYTOONE or self.uselist is False):
            raise InvalidRequestError(
                f"On relationship {self}, {self.lazy!r} loaders cannot be used with many-to-one/one-to-one relationships and/or uselist=False."
            )
        if self.uselist is None:
            self.uselist = self.direction is not MANYTOONE
        self.configured = True
        self._check_orphans()
        self._check_passive()
        self._set_order()
        self._install_trackers()
        self._find_reverse()

    def _find_target(self) -> Mapper:
        argument = self.argument
        if callable(argument) and not isinstance(argument, (type, Mapper)):
            argument = argument()
        if isinstance(argument, str):
            argument = evaluate_name(self, argument, "target", favor_class=True)
        if hasattr(argument, "resolve"):
            argument = argument.resolve()
        found = argument if isinstance(argument, Mapper) else getattr(argument, "__dict__", {}).get("__entity__")
        self.entity: Any = found.entity if isinstance(found, Mapper) else found
        if self.entity is None:
            entity = getattr(argument, "__clause_element__", lambda: None)()
            if entity is None or not hasattr(entity, "mapper"):
                raise ArgumentError(f"relationship {self} expects a class or a mapper argument, not {argument!r}")
            self.entity = entity
        return self.entity.mapper  # type: ignore[no-any-return]

    def _resolve_table_arguments(self) -> None:
        secondary = resolve_argument(self, self.given_secondary, "secondary", favor_tables=True)
        if isinstance(secondary, type) and hasattr(secondary, "__table__"):
            secondary = secondary.__table__
        if getattr(secondary, "visit", None) == "join":
            secondary = plain_join(secondary)
        self.secondary = secondary
        if secondary is not None and not hasattr(secondary, "c"):
            raise ArgumentError(f"secondary of relationship {self} must be a table, not {secondary!r}")

    def _find_join(self) -> None:
        mapper, parent = self.mapper, self.parent
        target = self.entity
        child_table = mapper.persist_selectable if target.alias is None else target.selectable
        self.condition = JoinCondition(
            str(self),
            parent.persist_selectable,
            parent.local_table,
            child_table,
            mapper.local_table if target.alias is None else child_table,
            primaryjoin=self._expression(self.given_primaryjoin, "primaryjoin"),
            secondary=self.secondary,
            secondaryjoin=self._expression(self.given_secondaryjoin, "secondaryjoin"),
            foreign_keys=self._columns(self.given_foreign_keys, "foreign_keys"),
            remote_side=self._columns(self.given_remote_side, "remote_side"),
            is_self_referential=self.is_self_referential,
            supports_sync=not self.viewonly,
        )

    def _columns(self, given: Any, name: str) -> list[Any]:
        found = resolve_argument(self, given, name)
        if found is None:
            return []
        listed = found if isinstance(found, (list, tuple, set, frozenset)) else [found]
        return [self._plain(one, name) for one in listed]

    def _expression(self, given: Any, name: str) -> Any:
        found = resolve_argument(self, given, name)
        return None if found is None else self._plain(found, name)

    def _plain(self, given: Any, name: str) -> Any:
        """Return an expression over plain columns, those of an aliased target being the alias's."""
        element = plain_column(given)
        if not isinstance(element, ColumnElement):
            raise ArgumentError(f"{name} of relationship {self} takes column expressions, not {given!r}")
        target = self.entity

        def instead(node: Any) -> Any:
            if isinstance(node, Marked):
                inner = instead(node.element)
                return None if inner is None else Marked(inner, node.foreign, node.remote)
            if getattr(node, "is_entity_column", False) and node.entity is target and target.alias is not None:
                return target.column_for(node.expression)
            return node if isinstance(node, ColumnClause) else None

        return plain(replace(element, instead))

    def _check_passive(self) -> None:
        if self.direction is MANYTOONE and self.passive_deletes:
            warnings.warn(
                f"on {self}, 'passive_deletes' is normally configured on one-to-many, one-to-one, many-to-many relationships only",
                AmboWarning,
                stacklevel=2,
            )

    def _set_order(self) -> None:
        given = resolve_argument(self, self.given_order_by, "order_by")
        if given is None or given is False:
            self.order_by = False
            return
        listed = given if isinstance(given, (list, tuple)) else [given]
        self.order_by = [plain(plain_column(one)) for one in listed]

    def _install_trackers(self) -> None:
        for mapper in self.parent.hierarchy():
            if mapper.attributes.get(self.key) is self:
                manager = mapper.class_manager
                placeholder = manager.tracked.get(self.key)
                parent = placeholder.parent if placeholder is not None else None
                if parent is not None and self.key in parent.class_._sa_class_manager.tracked:
                    parent = parent.class_._sa_class_manager.tracked[self.key]
                tracker = self.tracker(mapper.class_, parent)
                if placeholder is not None:
                    tracker.take_over(placeholder)
                manager.track(self.key, tracker)
                attribute = mapper.class_.__dict__.get(self.key)
                if isinstance(attribute, RelationshipAttribute):
                    attribute.impl = tracker

    # ---- the reverse side

    def _find_reverse(self) -> None:
        if self.backref is not None:
            self._make_backref()
        back = self.back_populates
        if callable(back):
            back = back()
        if hasattr(back, "key"):
            back = back.key
        if back:
            self._add_reverse(back)

    def _make_backref(self) -> None:
        name, options = (self.backref, {}) if isinstance(self.backref, str) else self.backref
        options = dict(options)
        target = self.mapper
        if not target.concrete and any(name in one.attributes for one in target.iterate_to_root()):
            raise ArgumentError(f"error creating backref {name!r} on relationship {self}: property of that name exists on {target}")
        condition = self.condition
        if self.secondary is not None:
            options.setdefault("primaryjoin", condition.marked_secondary)
            options.setdefault("secondaryjoin", condition.marked_primary)
        else:
            options.setdefault("primaryjoin", condition.reversed_primary(keep_remote="remote_side" not in options))
        for key in ("viewonly", "post_update", "passive_updates", "sync_backref"):
            options.setdefault(key, getattr(self, key))
        if options["viewonly"]:
            options["sync_backref"] = None
            options["post_update"] = False
        made: RelationshipProperty[Any] = RelationshipProperty(self.parent, self.secondary, back_populates=self.key, **options)
        made.is_backref = True
        self.back_populates = name
        self.backref = None
        target.add_property(name, made)
        made.configure()

    def _add_reverse(self, key: str) -> None:
        other = self.mapper.attributes.get(key)
        if other is None:
            raise InvalidRequestError(f"{self} says back_populates={key!r}, but {self.mapper} has no property {key!r}")
        if not isinstance(other, RelationshipProperty):
            raise InvalidRequestError(f"back_populates on relationship {self} refers to attribute '{other}' that is not a relationship")
        if self.viewonly and self.sync_backref is None and not other.viewonly and other.sync_backref:
            raise InvalidRequestError(f"relationship {other} cannot specify sync_backref=True since {self} includes viewonly=True")
        self._link(other)
        other._link(self)
        if other.configured:
            self._check_reverse(other)

    def _link(self, other: RelationshipProperty[Any]) -> None:
        self.reverse.add(other)
        if not self.viewonly and not other.viewonly and other not in self.mirrors and self.sync_backref is not False:
            self.mirrors = (*self.mirrors, other)

    def _check_reverse(self, other: RelationshipProperty[Any]) -> None:
        if not other.mapper.common_parent(self.parent):
            raise ArgumentError(
                f"reverse_property {other} on relationship {self} references relationship {other}, which does not reference mapper {self.parent}"
            )
        both_same = self.direction is other.direction and self.direction is not MANYTOMANY
        if both_same:
            raise ArgumentError(
                f"{other} and back-reference {self} are both of the same direction {self.direction}; "
                "did you mean to set remote_side on the many-to-one side?"
            )

    # ---- public facts

    @property
    def is_self_referential(self) -> bool:
        """Whether parent and target are of one hierarchy."""
        return self.mapper.common_parent(self.parent)

    @property
    def primaryjoin(self) -> Any:
        """The condition between the parent and the target (or the secondary table)."""
        return self.condition.primaryjoin if self.configured else self.given_primaryjoin

    @property
    def secondaryjoin(self) -> Any:
        """The condition between the secondary table and the target."""
        return self.condition.secondaryjoin if self.configured else self.given_secondaryjoin

    @property
    def synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """Pairs (referred column, foreign column): values flow from the first to the second."""
        return self.condition.synchronize_pairs

    @property
    def secondary_synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """Pairs (target's column, secondary table's column)."""
        return self.condition.secondary_synchronize_pairs

    @property
    def local_remote_pairs(self) -> list[tuple[Any, Any]]:
        """Pairs (parent's column, remote column)."""
        return self.condition.local_remote_pairs

    @property
    def local_columns(self) -> set[Any]:
        """The parent's columns in the condition."""
        return self.condition.local_columns

    @property
    def remote_side(self) -> set[Any]:
        """The columns of the other side in the condition."""
        return self.condition.remote_columns

    @property
    def target(self) -> Any:
        """The table of the target."""
        return self.mapper.selectable

    @property
    def use_get(self) -> bool:
        """Whether the target is found by its primary key, and so perhaps without a query."""
        pairs = self.local_remote_pairs
        target = self.mapper
        if {target.property_of(remote) for _, remote in pairs} != {target.property_of(column) for column in target.primary_key}:
            return False
        return len(list(equal_pairs(self.condition.primaryjoin))) == len(pairs) == len(columns_in(self.condition.primaryjoin)) / 2

    @property
    def strategy(self) -> RelationshipProperty[T]:
        """What knows how this is loaded: the property itself."""
        return self

    @property
    def _reverse_property(self) -> set[RelationshipProperty[Any]]:
        return self.reverse

    def on_clause(
        self, local: Callable[[Any], Any], remote: Callable[[Any], Any], through: Callable[[Any], Any] | None = None
    ) -> tuple[Any, Any]:
        """Return (primary, secondary) conditions, columns replaced: `local` for the parent's, `remote` the target's, `through` the secondary's."""
        return self.condition.expression(local, remote, through)

    def declared_columns(self) -> Iterable[Any]:
        """A relationship brings no columns."""
        return ()


class Relationship(RelationshipProperty[T]):
    """What `relationship()` returns."""


class RelationshipDeclared(Relationship[T], WriteOnlyMapped[T], DynamicMapped[T]):  # type: ignore[misc]  # for each annotation
    """What `relationship()` returns: it may stand for every kind of relationship annotation."""
