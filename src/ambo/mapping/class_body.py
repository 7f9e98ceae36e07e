"""Reading a class body: which attributes are to be mapped, from the class itself, its mixins and abstract bases.

    for each class in the MRO, the class itself first:
        its own body        columns, properties, `Mapped[...]` annotations as they stand
        a mixin's           columns copied, declared_attr called, unless the class (or something before the mixin) has that name
        a mapped class's    nothing: inheritance of mappers brings it

Rule 1: a name found earlier in the MRO hides later ones, as in Python.
Rule 2: an annotation is read in the module of the class that wrote it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

from ambo.errors import AmboWarning, ArgumentError, InvalidRequestError, MappedAnnotationError
from ambo.mapping.annotations import MappedAnnotation, may_name_wrapper, read_annotation
from ambo.mapping.attributes import QueryableAttribute
from ambo.mapping.declared import _DeclaredAttr
from ambo.mapping.mapped import Unmapped
from ambo.mapping.mapped_column import MappedColumn, mapped_column
from ambo.mapping.properties import MapperProperty
from ambo.mapping.unmapped_columns import UnmappedColumn, unmapped_column
from ambo.statements.schema_columns import Column
from ambo.statements.typed_columns import own_annotations
from ambo.statements.types import NullType

DATACLASS_KEY = "__sa_dataclass_metadata_key__"
SPECIAL = frozenset(
    {
        "__tablename__",
        "__table__",
        "__table_args__",
        "__mapper_args__",
        "__abstract__",
        "__mapper_cls__",
        "__table_cls__",
        "__declare_first__",
        "__declare_last__",
        "__allow_unmapped__",
        "__autoload_with__",
        DATACLASS_KEY,
        "registry",
        "metadata",
        "type_annotation_map",
    }
)
_SKIPPED_MODULES = frozenset({"typing", "typing_extensions", "abc"})


class Found:
    """One attribute to be mapped: its name, what stands there, its annotation, and the class that wrote it."""

    __slots__ = ("annotation", "key", "owner", "value")

    def __init__(self, key: str, value: Any, annotation: MappedAnnotation | None, owner: type[Any]) -> None:
        self.key = key
        self.value = value
        self.annotation = annotation
        self.owner = owner


class ClassBody:
    """All that the bodies of a class and its mixins say. `copies` maps the columns of mixins to their copies."""

    def __init__(self, class_: type[Any], has_table: bool, allow_unmapped: bool, as_dataclass: bool) -> None:
        self.class_ = class_
        self.has_table = has_table
        self.allow_unmapped = allow_unmapped or bool(getattr(class_, "__allow_unmapped__", False))
        self.as_dataclass = as_dataclass
        self.found: dict[str, Found] = {}
        self.refused: set[str] = set()
        self.copies: dict[Any, Any] = {}
        bases = [base for base in class_.__mro__[:-1] if base.__module__ not in _SKIPPED_MODULES and not is_own_base(base)]
        if hasattr(class_, DATACLASS_KEY):
            for base in bases:
                if base is class_ or not is_mapped(base):
                    self._read_fields(base)
        for base in bases:
            if base is not class_ and not is_mapped(base):
                self._copy_columns(base)
        for base in bases:
            if base is class_ or not is_mapped(base):
                self._collect(base)
        self._sort(bases)

    def _sort(self, bases: list[type[Any]]) -> None:
        """Order the attributes: the class's own first, then those of its mixins, each as they were written."""
        place: dict[tuple[type[Any], str], int] = {}
        for base in bases:
            for key in merged_names(base, own_annotations(base)):
                place.setdefault((base, key), len(place))
        self.found = dict(sorted(self.found.items(), key=lambda pair: place.get((pair[1].owner, pair[0]), len(place))))

    # ---- dataclass fields

    def _read_fields(self, base: type[Any]) -> None:
        """Map the fields of a dataclass that say in their metadata what they are: `field(metadata={"sa": mapped_column(...)})`."""
        wanted = getattr(self.class_, DATACLASS_KEY)
        own = own_annotations(base)
        for key, field in base.__dict__.get("__dataclass_fields__", {}).items():
            if key not in own or key in self.found or wanted not in field.metadata:
                continue
            value = field.metadata[wanted]
            if isinstance(value, _DeclaredAttr):
                value = value.__get__(None, self.class_)
            elif not isinstance(value, (Column, MappedColumn, MapperProperty)):
                value = value(self.class_) if callable(value) else value
            elif base is not self.class_ and isinstance(value, (Column, MappedColumn)):
                given, value = value, value.copy()
                self.copies[given.column if isinstance(given, MappedColumn) else given] = value.column if isinstance(value, MappedColumn) else value
            self._add(key, value, None, base)

    # ---- mixins

    def _copy_columns(self, base: type[Any]) -> None:
        annotations = own_annotations(base)
        for key in merged_names(base, annotations):
            value = base.__dict__.get(key)
            if self._hidden(base, key) or key.startswith("__"):
                continue
            if value is None and key in annotations and key not in base.__dict__:
                self._copy_annotation(base, key, annotations[key])
            elif isinstance(value, (Column, MappedColumn)):
                self._copy_column(base, key, value, annotations.get(key))

    def _copy_annotation(self, base: type[Any], key: str, raw: Any) -> None:
        annotation = self._mapped_annotation(base, key, raw)
        if annotation is not None and not self.has_table:
            self._add(key, _bare_column(annotation), annotation, base)

    def _copy_column(self, base: type[Any], key: str, value: Any, raw: Any) -> None:
        column = value.column if isinstance(value, MappedColumn) else value
        for foreign in column.foreign_keys:
            target = getattr(foreign, "_colspec", None)
            if isinstance(target, Column) and target.table is None:
                raise InvalidRequestError(
                    f"column {key!r} of mixin {base.__name__} refers to a column that has no table yet; "
                    "declare it by a @declared_attr method, or give the target as 'table.column'"
                )
        made = value.copy() if isinstance(value, MappedColumn) else value._copy()
        self.copies[column] = made.column if isinstance(made, MappedColumn) else made
        if self.has_table:
            return
        annotation = None if raw is None else self._mapped_annotation(base, key, raw)
        self._add(key, made, annotation, base)
        setattr(self.class_, key, made)

    def _hidden(self, base: type[Any], key: str) -> bool:
        """Tell whether a class before `base` in the MRO has that name."""
        for one in self.class_.__mro__:
            if one is base:
                return key in self.found
            if key in one.__dict__ or (one is self.class_ and key in own_annotations(one)):
                return True
            if is_mapped(one) and key in one.__dict__["__entity__"].mapper.unmapped:
                return True
        return False

    def _is_mappable(self, key: str, value: Any) -> bool:
        """Tell whether a special name is used for a column after all.

        Raises InvalidRequestError for `metadata`, which every mapped class needs.
        """
        if key.startswith("__") or not isinstance(value, (Column, MappedColumn, MapperProperty)):
            return False
        if key == "metadata":
            raise InvalidRequestError(f"attribute name {key!r} is reserved in declarative classes; name the attribute differently: metadata_ = mapped_column({key!r})")
        return True

    # ---- bodies

    def _collect(self, base: type[Any]) -> None:
        annotations = own_annotations(base)
        for key in merged_names(base, annotations):
            value = base.__dict__.get(key)
            if key in self.found or (key in SPECIAL and not self._is_mappable(key, value)):
                continue
            if isinstance(value, _DeclaredAttr):
                self._declared(base, key, value, annotations.get(key))
            elif base is self.class_:
                self._own(key, value, annotations.get(key), key in base.__dict__)
            elif isinstance(value, MapperProperty) and not self._hidden(base, key):
                raise InvalidRequestError(
                    f"{base.__name__}.{key} is a {type(value).__name__} on a mixin class; each class needs its own: "
                    f"return it from a method '@declared_attr def {key}(cls): ...'"
                )

    def _declared(self, base: type[Any], key: str, value: _DeclaredAttr[Any], raw: Any) -> None:
        if key.startswith("__") or value.is_directive:
            return
        if base is not self.class_ and not value.cascades and self._hidden(base, key):
            return
        if value.cascades and base is not self.class_ and key in self.class_.__dict__:
            warnings.warn(
                f"attribute {key!r} on class {self.class_.__name__} hides the cascading declared_attr of {base.__name__}",
                AmboWarning,
                stacklevel=2,
            )
            return
        made = value.__get__(None, self.class_)
        if value.cascades and base is not self.class_:
            setattr(self.class_, key, made)
        if raw is None and not (base is self.class_ and _has_type(made)):
            raw = value.annotation
        annotation = None if raw is None else self._mapped_annotation(_module_owner(value, base), key, raw)
        if isinstance(made, (Column, MappedColumn, MapperProperty)):
            if isinstance(made, (Column, MapperProperty)) and made.doc is None:
                made.doc = value.__doc__
            self._add(key, made, annotation, base)
        else:
            setattr(self.class_, key, made)

    def _own(self, key: str, value: Any, raw: Any, has_value: bool) -> None:
        if has_value and value is None and raw is None:
            self.refused.add(key)
            return
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], (Column, MappedColumn, MapperProperty)):
            warnings.warn(
                f"ignoring declarative-like tuple value of attribute {key!r} on class {self.class_.__name__}; "
                "is there a comma at the end of the line?",
                AmboWarning,
                stacklevel=2,
            )
            return
        mappable = isinstance(value, (Column, MappedColumn, MapperProperty))
        annotation = None if raw is None else self._mapped_annotation(self.class_, key, raw, mappable)
        if mappable or _is_unmapped(annotation, has_value):
            self._add(key, value, annotation, self.class_)
        elif isinstance(value, QueryableAttribute) and value.class_ is not self.class_ and key != value.key:
            self._add(key, value, None, self.class_)
        elif annotation is not None and (not has_value or self.as_dataclass) and not _is_descriptor(value):
            if self.has_table:
                return
            made = mapped_column(default=value) if has_value else _bare_column(annotation)
            self._add(key, made, annotation, self.class_)

    def _mapped_annotation(self, base: type[Any], key: str, raw: Any, mappable: bool = False) -> MappedAnnotation | None:
        if not mappable and not may_name_wrapper(raw):
            return None
        try:
            annotation = read_annotation(base, raw)
        except MappedAnnotationError:
            if mappable or isinstance(raw, str):
                raise
            return None
        if annotation.wrapper is None:
            if mappable and not self.allow_unmapped and not _is_classvar(raw):
                raise MappedAnnotationError(
                    f"the annotation of {base.__name__}.{key} is {raw!r}; a mapped attribute's is Mapped[...]: write "
                    f"'{key}: Mapped[{_shown(raw)}]', or set __allow_unmapped__ = True on the class"
                )
            return None
        return annotation

    def _add(self, key: str, value: Any, annotation: MappedAnnotation | None, owner: type[Any]) -> None:
        if annotation is not None and isinstance(value, UnmappedColumn) is not (annotation.wrapper is Unmapped):
            raise ArgumentError(
                f"{owner.__name__}.{key} is annotated {annotation.wrapper.__name__}[...] and is a {type(value).__name__}; "
                f"Unmapped[...] goes with unmapped_column() or with no value: '{key}: Unmapped[...] = unmapped_column()'"
            )
        self.found[key] = Found(key, value, annotation, owner)


def _bare_column(annotation: MappedAnnotation) -> MappedColumn[Any]:
    """Return the column that an annotation without a value stands for."""
    return unmapped_column() if annotation.wrapper is Unmapped else mapped_column()


def _is_unmapped(annotation: MappedAnnotation | None, has_value: bool) -> bool:
    """Tell whether an annotation is Unmapped and has a value that is no column; `_add` refuses it."""
    return has_value and annotation is not None and annotation.wrapper is Unmapped


def _shown(raw: Any) -> str:
    return raw if isinstance(raw, str) else getattr(raw, "__name__", repr(raw))


def _is_classvar(raw: Any) -> bool:
    return "ClassVar" in str(raw)


def _is_descriptor(value: Any) -> bool:
    return hasattr(type(value), "__get__")


def _module_owner(value: _DeclaredAttr[Any], base: type[Any]) -> type[Any]:
    """Annotations of a function are read in the module of the function."""
    module = getattr(value.fget, "__module__", base.__module__)
    return base if module == base.__module__ or module not in sys.modules else type(base.__name__, (), {"__module__": module})


def merged_names(base: type[Any], annotations: dict[str, Any]) -> Iterator[str]:
    """Yield the names of a class body in the order in which they were written, whether they have a value or not."""
    values = [name for name in base.__dict__ if not (name.startswith("__") and name.endswith("__"))]
    written = dict.fromkeys(annotations)
    position = {name: index for index, name in enumerate(values)}
    taken = 0
    for name in written:
        if name in position:
            for other in values[taken : position[name]]:
                if other not in written:
                    yield other
            taken = max(taken, position[name] + 1)
        yield name
    for other in values:
        if other not in written and (position[other] >= taken):
            yield other


def is_mapped(class_: type[Any]) -> bool:
    """Tell whether a class itself (not a base of it) is mapped."""
    return class_.__dict__.get("__entity__") is not None


own_bases: set[type[Any]] = set()


def is_own_base(class_: type[Any]) -> bool:
    """Tell whether a class is one of ambo's own (DeclarativeBase and the like)."""
    return class_ in own_bases or class_ is object


def _has_type(made: Any) -> bool:
    """Tell whether a column says its type itself; then a declared_attr of the class's own has a result annotation for readers only."""
    return isinstance(made, MappedColumn) and not isinstance(made.column.type, NullType)
