"""`association_proxy()`: an attribute of related objects, seen as if it were one's own.

    user.keywords  ->  [one.keyword for one in user.user_keywords], a list that can be changed

    AssociationProxy            the descriptor in the class body
    AssociationProxyInstance    the same for one class: knows the relationship, the target, the comparisons

Rule 1: a proxy holds nothing; it reads and changes the underlying collection, making intermediary objects by `creator`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ambo.errors import ArgumentError, InvalidRequestError
from ambo.mapping.association_collections import AssociationDict, AssociationList, AssociationSet
from ambo.mapping.attributes import InspectionAttr
from ambo.mapping.collections import builtin_base
from ambo.mapping.configuration import before_use
from ambo.mapping.markers import NO_ARG, AssociationProxyExtensionType
from ambo.mapping.properties import DataclassOptions
from ambo.statements.nodes import ClauseElement

_T = TypeVar("_T")
ASSOCIATION_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


class AssociationProxy(InspectionAttr, Generic[_T]):
    """A view on an attribute of related objects; made by `association_proxy()`."""

    is_attribute = True
    extension_type = ASSOCIATION_PROXY

    def __init__(
        self,
        target_collection: str,
        attr: str,
        *,
        creator: Callable[..., Any] | None = None,
        getset_factory: Callable[..., Any] | None = None,
        proxy_factory: Callable[..., Any] | None = None,
        proxy_bulk_set: Callable[..., Any] | None = None,
        info: Any = None,
        cascade_scalar_deletes: bool = False,
        create_on_none_assignment: bool = False,
        options: DataclassOptions | None = None,
    ) -> None:
        self.target_collection = target_collection
        self.value_attr = attr
        self.creator = creator
        self.getset_factory = getset_factory
        self.proxy_factory = proxy_factory
        self.proxy_bulk_set = proxy_bulk_set
        self.cascade_scalar_deletes = cascade_scalar_deletes
        if cascade_scalar_deletes and create_on_none_assignment:
            raise ArgumentError("the cascade_scalar_deletes and create_on_none_assignment parameters are mutually exclusive")
        self.create_on_none_assignment = create_on_none_assignment
        self.info: dict[Any, Any] = dict(info or {})
        self.options = options or DataclassOptions()
        self.key = f"_{type(self).__name__}_{target_collection}_{id(self)}"
        self.name: str | None = None

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> AssociationProxyInstance: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> _T: ...

        def __get__(self, instance: Any, owner: Any) -> Any: ...

    else:

        def __get__(self, instance: Any, owner: Any) -> Any:
            if owner is None or (instance is None and not _is_mapped(owner)):
                return self
            found = self.for_class(owner, instance)
            return found if instance is None else found.get(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        self.for_class(type(instance), instance).set(instance, value)

    def __delete__(self, instance: Any) -> None:
        self.for_class(type(instance), instance).delete(instance)

    def for_class(self, class_: Any, obj: Any = None) -> AssociationProxyInstance:
        """Return this proxy as it is for one class (or alias)."""
        if isinstance(class_, type):
            found = class_.__dict__.get(self.key)
            if found is None:
                before_use(getattr(class_, "__mapper__", None))
                found = self._make(class_)
                type.__setattr__(class_, self.key, found)
            return found
        return self._make(class_)

    def _make(self, owner: Any) -> AssociationProxyInstance:
        node = owner.__dict__.get("__entity__") if isinstance(owner, type) else owner.__clause_element__()
        if node is None:
            owner_mapped = next((base for base in getattr(owner, "__mro__", ()) if base.__dict__.get("__entity__") is not None), None)
            if owner_mapped is None:
                raise InvalidRequestError(f"association proxy {self.name!r} is on {owner!r}, which is not mapped")
            owner = owner_mapped
        made = AssociationProxyInstance(self, owner)
        made.refuse_non_relationship()
        return made

    def __repr__(self) -> str:
        return f"AssociationProxy({self.target_collection!r}, {self.value_attr!r})"


class AssociationProxyInstance:
    """A proxy as it is for one class: reading, writing, comparing."""

    def __init__(self, parent: AssociationProxy[Any], owner: Any) -> None:
        self.parent = parent
        self._owner = owner
        self.owning_class: type[Any] = owner if isinstance(owner, type) else owner.__clause_element__().mapper.class_
        self.target_collection = parent.target_collection
        self.value_attr = parent.value_attr
        self.key = parent.key
        self.info = parent.info

    @property
    def collection_class(self) -> type[Any] | None:
        """The kind of collection the proxy shows, None for a single value."""
        return None if self.scalar else type(self._empty())

    # ---- facts

    @property
    def local_attr(self) -> Any:
        """The attribute of the class that leads to the related objects."""
        return getattr(self._owner, self.target_collection)

    def refuse_non_relationship(self) -> None:
        """Raise NotImplementedError when the attribute that leads on is mapped, but no relationship."""
        prop = getattr(self.local_attr, "prop", None)
        if prop is not None and not getattr(prop, "is_relationship", False):
            raise NotImplementedError(
                f"association proxy to a non-relationship intermediary is not supported: {self.target_collection!r} of "
                f"{self.owning_class.__name__} is no relationship"
            )

    @property
    def _target_prop(self) -> Any:
        self.refuse_non_relationship()
        return self.local_attr.prop

    @property
    def target_class(self) -> Any:
        """The class of the related objects."""
        return self._target_prop.mapper.class_

    @property
    def remote_attr(self) -> Any:
        """The attribute of the related objects."""
        return getattr(self.target_class, self.value_attr)

    @property
    def attr(self) -> tuple[Any, Any]:
        """Both attributes."""
        return (self.local_attr, self.remote_attr)

    @property
    def scalar(self) -> bool:
        """Whether the proxy shows one value."""
        return not self._target_prop.uselist

    @property
    def _value_is_scalar(self) -> bool:
        remote = self._remote()
        if isinstance(remote, AssociationProxyInstance):
            return remote.scalar and remote._value_is_scalar
        prop = getattr(remote, "prop", None)
        return not (prop is not None and prop.is_relationship and prop.uselist)

    @property
    def _target_is_object(self) -> bool:
        remote = self._remote()
        if isinstance(remote, AssociationProxyInstance):
            return remote._target_is_object
        prop = getattr(remote, "prop", None)
        return prop is not None and getattr(prop, "is_relationship", False)

    def _remote(self) -> Any:
        """The attribute of the related objects, as an expression."""
        found = getattr(self.target_class, self.value_attr, None)
        if isinstance(found, AssociationProxyInstance) or hasattr(found, "__clause_element__") or isinstance(found, ClauseElement):
            return found
        raise AttributeError(
            f"association proxy {self.owning_class.__name__}.{self.target_collection} refers to an attribute {self.value_attr!r} "
            f"that is not directly mapped on {self.target_class.__name__}, so it has no SQL expression"
        )

    def __clause_element__(self) -> Any:
        raise NotImplementedError(
            f"association proxy {self.owning_class.__name__}.{self.parent.name or self.value_attr} can't be used as a plain column "
            "expression; compare it, or join the relationship and select the remote attribute"
        )

    # ---- objects

    def get(self, obj: Any) -> Any:
        """Return the value of the proxy for an object."""
        if self.scalar:
            target = getattr(obj, self.target_collection)
            return self._getset()[0](target)
        kept = obj.__dict__.get(self.key)
        if kept is not None and kept.owner_is(obj):
            return kept
        made = self._new_proxy(obj)
        obj.__dict__[self.key] = made
        return made

    def set(self, obj: Any, values: Any) -> None:
        """Set the value of the proxy for an object."""
        if self.scalar:
            self._set_scalar(obj, values)
            return
        proxy = self.get(obj)
        if proxy is not values:
            proxy.replace_all(self, values)

    def _set_scalar(self, obj: Any, value: Any) -> None:
        target = getattr(obj, self.target_collection)
        if target is None:
            if value is None and not self.parent.create_on_none_assignment:
                return
            setattr(obj, self.target_collection, self._creator()(value))
            return
        self._getset()[1](target, value)
        if value is None and self.parent.cascade_scalar_deletes:
            setattr(obj, self.target_collection, None)

    def delete(self, obj: Any) -> None:
        """Delete the related object that a scalar proxy shows."""
        if self.scalar:
            target = getattr(obj, self.target_collection)
            if target is not None:
                delattr(target, self.value_attr)
        delattr(obj, self.target_collection)

    def _creator(self) -> Callable[..., Any]:
        return self.parent.creator or self.target_class

    def _getset(self, collection_class: Any = None) -> tuple[Callable[..., Any], Callable[..., Any]]:
        if self.parent.getset_factory is not None:
            return self.parent.getset_factory(collection_class, self)  # type: ignore[no-any-return]
        name = self.value_attr

        def read(target: Any) -> Any:
            return None if target is None else getattr(target, name)

        if collection_class is dict:
            return read, lambda target, key, value: setattr(target, name, value)
        return read, lambda target, value: setattr(target, name, value)

    def _empty(self) -> Any:
        factory = self._target_prop.collection_class or list
        return factory()

    def _new_proxy(self, obj: Any) -> Any:
        kind = builtin_base(type(self._empty()))
        creator = self._creator()
        name = self.target_collection

        def source(owner: Any) -> Any:
            return getattr(owner, name)

        if self.parent.proxy_factory is not None:
            return self.parent.proxy_factory(lambda: source(obj), creator, self.value_attr, self)
        getter, setter = self._getset(kind)
        kinds: dict[Any, Any] = {list: AssociationList, set: AssociationSet, dict: AssociationDict}
        made = kinds.get(kind)
        if made is None:
            raise ArgumentError(
                f"can't tell how to proxy the collection of {self.owning_class.__name__}.{name}; pass proxy_factory and proxy_bulk_set"
            )
        return made(obj, source, creator, getter, setter)

    def replace(self, proxy: Any, values: Any) -> None:
        """Fill an emptied proxy."""
        if self.parent.proxy_bulk_set is not None:
            self.parent.proxy_bulk_set(proxy, values)
        elif isinstance(proxy, AssociationList):
            proxy.extend(values)
        elif isinstance(proxy, (AssociationSet, AssociationDict)):
            proxy.update(values)

    # ---- comparisons

    def _through(self, condition: Any) -> Any:
        attribute = self.local_attr
        return attribute.any(condition) if self._target_prop.uselist else attribute.has(condition)

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS over the related values."""
        if self._is_plain_scalar() or (self.scalar and self._value_is_scalar):
            raise InvalidRequestError(f"'any()' is not implemented for scalar attributes, and {self.value_attr!r} is one here; use has()")
        return self._exists(criterion, kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """EXISTS the related value."""
        if self._target_is_object and not (self.scalar and self._value_is_scalar):
            raise InvalidRequestError("'has()' is not implemented for collections; use any()")
        if not self._target_is_object and not self.scalar:
            raise InvalidRequestError("'has()' is not implemented for collections; use any()")
        return self._exists(criterion, kwargs)

    def _is_plain_scalar(self) -> bool:
        return self.scalar and not self._target_is_object

    def _exists(self, criterion: Any, named: dict[str, Any]) -> Any:
        remote = self._remote()
        if isinstance(remote, AssociationProxyInstance):
            return self._through(remote._exists(criterion, named))
        if self._target_is_object:
            inner = remote.has if self._value_is_scalar else remote.any
            return self._through(inner(criterion, **named))
        if self.scalar and criterion is not None:
            raise ArgumentError(f"has() of a proxy to the column {self.value_attr!r} takes no criterion; compare the proxy itself")
        if named:
            raise ArgumentError(f"can't apply keyword arguments to column-targeted association proxy {self.value_attr!r}; use ==")
        if self._target_prop.uselist and criterion is None:
            return self.local_attr.any()
        return self._through(criterion)

    def contains(self, other: Any, **kwargs: Any) -> Any:
        """The proxied collection holds a value."""
        remote = self._remote()
        if isinstance(remote, AssociationProxyInstance):
            return self._through(remote.contains(other, **kwargs) if not remote.scalar else remote == other)
        if not self._target_is_object:
            if self.scalar:
                return self.local_attr.has(remote.contains(other, **kwargs))
            return self.local_attr.any(remote.contains(other, **kwargs))
        if self.scalar and self._value_is_scalar:
            raise InvalidRequestError("contains() doesn't apply to a scalar object endpoint; use ==")
        return self._through(remote == other if self._value_is_scalar else remote.contains(other))

    def __eq__(self, other: object) -> Any:
        return self._compare("__eq__", other)

    def __ne__(self, other: object) -> Any:
        return self._compare("__ne__", other)

    def _compare(self, name: str, other: Any) -> Any:
        remote = self._remote()
        if self._target_is_object:
            if name == "__ne__":
                if not (self.scalar and self._value_is_scalar):
                    raise InvalidRequestError("!= is not implemented for collections; use ~proxy.contains(obj)")
                return self._through(remote != other) if other is not None else self._through(remote != None)  # noqa: E711 (SQL)
            if not (self.scalar and self._value_is_scalar):
                raise InvalidRequestError("== is not implemented for collections; use contains()")
            found = self._through(remote == other)
            return found if other is not None else found | (self.local_attr == None)  # noqa: E711 (SQL)
        condition = getattr(remote, name)(other)
        if other is None and name == "__eq__":
            return self._through(condition) | (self.local_attr == None if self.scalar else ~self.local_attr.any())  # noqa: E711 (SQL)
        return self._through(condition)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        remote = self._remote()
        if self._target_is_object or not hasattr(type(remote), name):
            raise AttributeError(f"association proxy to {self.value_attr!r} has no attribute {name!r}")

        def through(*args: Any, **kwargs: Any) -> Any:
            return self._through(getattr(remote, name)(*args, **kwargs))

        return through

    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> Any:
        return self._through(self._remote() < other)

    def __le__(self, other: Any) -> Any:
        return self._through(self._remote() <= other)

    def __gt__(self, other: Any) -> Any:
        return self._through(self._remote() > other)

    def __ge__(self, other: Any) -> Any:
        return self._through(self._remote() >= other)

    def for_proxy(self, parent: Any, owning_class: Any, parent_instance: Any) -> Any:
        """Return this."""
        return self

    def __repr__(self) -> str:
        return f"AssociationProxyInstance({self.parent!r})"


def _is_mapped(owner: Any) -> bool:
    return not isinstance(owner, type) or any("__entity__" in base.__dict__ for base in owner.__mro__)


def association_proxy(
    target_collection: str,
    attr: str,
    *,
    creator: Callable[..., Any] | None = None,
    getset_factory: Callable[..., Any] | None = None,
    proxy_factory: Callable[..., Any] | None = None,
    proxy_bulk_set: Callable[..., Any] | None = None,
    info: Any = None,
    cascade_scalar_deletes: bool = False,
    create_on_none_assignment: bool = False,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    dataclass_metadata: Any = NO_ARG,
) -> AssociationProxy[Any]:
    """Return a view on the attribute `attr` of the objects in the relationship `target_collection`.

        keywords: AssociationProxy[list[str]] = association_proxy("user_keywords", "keyword", creator=lambda k: UserKeyword(keyword=k))

    `creator` makes a related object of a value (of key and value for dicts); it is the target class by default.
    """
    return AssociationProxy(
        target_collection,
        attr,
        creator=creator,
        getset_factory=getset_factory,
        proxy_factory=proxy_factory,
        proxy_bulk_set=proxy_bulk_set,
        info=info,
        cascade_scalar_deletes=cascade_scalar_deletes,
        create_on_none_assignment=create_on_none_assignment,
        options=DataclassOptions(init, repr, default, default_factory, compare, kw_only, hash, dataclass_metadata),
    )
