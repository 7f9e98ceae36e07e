"""Row loaders: generated Python that turns the rows of one statement into objects. The only module that generates code.

`build(plan, dialect)` writes a function for a `LoadPlan`, compiles it and registers its source with `linecache`, so that a
traceback shows it; `RowLoader.source` is the text (golden tests compare it). For `select(User)` it reads

    for c0, c1 in rows:
        if c0 is None:
            o0 = None
        else:
            if c0 not in refs0 or (o0 := refs0[c0]()) is None:
                o0 = Twin0()
                o0.id = c0
                o0.name = c1
                o0._sa_instance_state = state0
                o0.__class__ = User0
                refs0[c0] = ref(o0)
            elif o0._sa_instance_state is not state0 or populate:
                refill(o0, keys0, (c0, c1), loading, state0)
        append(o0)

Rule 1: an object is built on the hookless layout twin of its class and becomes its own by assigning `__class__`.
Rule 2: an object that is there already is touched only by `refill` (expired or unloaded attributes, populate_existing).
Rule 3: rows of a joined collection repeat their parent: it is the one of the row before or `seen` finds it, and it stands in the list
    once; the children gather in a dict by key.
Rule 4: conversions stand in the expression where the value is used; a value that the driver delivers as it should be has none.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID
from weakref import ref

from ambo.errors import InvalidRequestError, UnknownPolymorphicIdentityError
from ambo.loading.plan import BundlePlan, Cell, Element, EntityPlan, JoinedPlan, LoadPlan
from ambo.loading.refill import refill
from ambo.statements.types.base import RESULT_NAMES
from ambo.statements.types.decorator import TypeDecorator

_numbers = itertools.count(1)
_NO_TUPLES = frozenset([int, str, float, bytes, bool, UUID, Decimal, date, datetime])


Parts: TypeAlias = Generator[None, "Sequence[Any] | None", Any]
LONG = 1000
"""Rows beyond which a result is worth reading in parts, and the fewest of a part."""


@dataclass(slots=True, eq=False)
class RowLoader:
    """A generated function, its source, and the plans of the entities whose objects it gathers for further loads.

    `expected` is how many rows the last result had if it was a long one, else 0.
    """

    load: Callable[[Sequence[Any], Any], Any]
    source: str
    gathering: tuple[EntityPlan, ...]
    single: bool
    plan: LoadPlan
    dialect: Any
    names: Sequence[str]
    text: LoaderText
    expected: int = 0
    _in_parts: Callable[[Any], Parts] | None = None

    def in_parts(self, loading: Any) -> Parts:
        """Return what reads rows part by part: a generator that is sent lists of rows, then None, and returns what `load` does."""
        if self._in_parts is None:
            self._in_parts = self.text.compiled(in_parts=True)
        return self._in_parts(loading)


@dataclass(frozen=True, slots=True)
class LoaderText:
    """The lines of a loader, and what their names mean: those before the loop over rows, the loop, its body, and those after it."""

    head: list[str]
    loop: str
    body: list[str]
    tail: list[str]
    names: dict[str, Any]

    def source(self, in_parts: bool = False) -> str:
        """Return the source of the function that reads all rows, or of the generator that is sent parts of them."""
        if not in_parts:
            lines = ["def load(rows, loading):", *self.head, self.loop, *self.body]
        else:
            each = [
                "    rows = yield",
                "    while rows is not None:",
                *[f"    {line}" for line in (self.loop, *self.body)],
                "        rows = yield",
            ]
            lines = ["def load(loading):", *self.head, *each]
        return "\n".join([*lines, *self.tail, "    return out", ""])

    def compiled(self, in_parts: bool = False) -> Any:
        """Return the function."""
        source = self.source(in_parts)
        filename = f"<row loader {next(_numbers)}>"
        exec(compile(source, filename, "exec"), self.names)
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        return self.names["load"]


def build(plan: LoadPlan, dialect: Any, names: Sequence[str] = (), grouping: bool = False) -> RowLoader:
    """Return the row loader of a plan, for the values that a dialect's driver delivers; `names` of the elements are for errors.

    A grouping one, for an entity and the key of its parent, returns no list of both but a dict of lists of objects by key.
    """
    return _Writer(plan, dialect, names, grouping).finish()


def unknown_identity(mapper: Any, key: Any, value: Any) -> InvalidRequestError:
    """Return the error for a row whose discriminator is that of no class which was asked for; `key` is the row's primary key."""
    identity = mapper.identity_key(key if isinstance(key, tuple) else (key,))
    row = f"Row with identity key {identity} can't be loaded into an object; the polymorphic discriminator column '{mapper.polymorphic_on}'"
    if value is None:
        return InvalidRequestError(f"{row} is NULL")
    found = mapper.polymorphic_map.get(value)
    if found is not None:
        return InvalidRequestError(f"{row} refers to {found}, which is not a sub-mapper of the requested {mapper}")
    known = sorted(map(repr, mapper.polymorphic_map))
    return UnknownPolymorphicIdentityError(
        f"{row} has the value {value!r}, and no such polymorphic_identity is defined; known are {', '.join(known)}. Is the module of the class imported?"
    )


class _Writer:
    """Writes one loader."""

    def __init__(self, plan: LoadPlan, dialect: Any, labels: Sequence[str], grouping: bool) -> None:
        self.plan = plan
        self.dialect = dialect
        self.labels = labels
        self.grouping = grouping
        self.names: dict[str, Any] = {**RESULT_NAMES, "ref": ref, "refill": refill, "unknown": unknown_identity}
        self.head: list[str] = []
        self.body: list[str] = []
        self.tail: list[str] = []
        self.depth = 2
        self.count = itertools.count()
        self.gathering: list[EntityPlan] = []
        self.gathered: list[str] = []

    # ---- lines

    def say(self, line: str) -> None:
        self.body.append("    " * self.depth + line)

    @contextmanager
    def block(self, line: str) -> Iterator[None]:
        self.say(line)
        self.depth += 1
        yield
        self.depth -= 1

    def prepare(self, line: str) -> None:
        self.head.append("    " + line)

    def named(self, name: str, value: Any) -> str:
        self.names[name] = value
        return name

    # ---- the whole

    def finish(self) -> RowLoader:
        single = len(self.plan.elements) == 1 and not isinstance(self.plan.elements[0], Cell)
        if single:
            self.single(self.plan.elements[0])
        else:
            elements = [self.element(one) for one in self.plan.elements]
            if self.grouping:
                self.group(*elements)
            else:
                self.say(f"append(({', '.join(elements)},))")
        if self.gathered:
            self.tail.append(f"    loading.gathered = ({''.join(f'{name}, ' for name in self.gathered)})")
        opening = ["    out = {}", "    last = out"] if self.grouping else ["    out = []", "    append = out.append"]
        opening.append("    populate = loading.populate")
        text = LoaderText([*opening, *self.head], self.loop(), self.body, self.tail, self.names)
        return RowLoader(text.compiled(), text.source(), tuple(self.gathering), single, self.plan, self.dialect, self.labels, text)

    def single(self, element: Element) -> None:
        """Write what appends the only element; an object whose rows repeat, for its own collection, is appended when it is first seen."""
        if isinstance(element, EntityPlan):
            writer = _EntityWriter(self, element, None)
            writer.appends = writer.remembers
            found = writer.write()
            if writer.appends:
                return
        else:
            found = self.element(element)
        self.say(f"append({found})")

    def group(self, found: str, *keys: str) -> None:
        """Write what puts an object into the list of its parent's key. Rows of one parent mostly follow each other."""
        key = keys[0]
        if len(keys) > 1:
            self.say(f"key = ({', '.join(keys)})")
            key = "key"
        with self.block(f"if {key} != last:"):
            self.say(f"last = {key}")
            with self.block("if last not in out:"):
                self.say("out[last] = []")
            self.say("append = out[last].append")
        self.say(f"append({found})")

    def loop(self) -> str:
        if not self.plan.width:
            return "    for row in rows:"
        return f"    for {''.join(f'c{at}, ' for at in range(self.plan.width)).rstrip(' ')} in rows:"

    # ---- values

    def raw(self, cell: Cell) -> str:
        return f"c{cell.index}" if self.plan.width else f"row[{cell.index}]"

    def value(self, cell: Cell, is_there: bool = False) -> str:
        """Return the expression of a cell's Python value; `is_there` if it is known not to be NULL."""
        raw = self.raw(cell)
        template = self.dialect.result_expression(cell.type)
        if template is not None:
            return template.format(v=raw) if is_there else f"(None if {raw} is None else {template.format(v=raw)})"
        processor = self.dialect.result_processor(cell.type)
        if processor is None:
            return raw
        return f"{self.named(f'convert{cell.index}', processor)}({raw})"

    def may_be_tuple(self, cell: Cell) -> bool:
        """Tell whether the value of a cell could be a tuple: what a driver or a user's type makes may be anything."""
        if self.dialect.result_expression(cell.type) is not None:
            return False
        try:
            return isinstance(cell.type, TypeDecorator) or cell.type.python_type not in _NO_TUPLES
        except NotImplementedError:
            return True

    def element(self, element: Element) -> str:
        if isinstance(element, Cell):
            return self.value(element)
        if isinstance(element, EntityPlan):
            return self.entity(element)
        return self.bundle(element)

    def bundle(self, bundle: BundlePlan) -> str:
        number = next(self.count)
        make = self.named(f"make{number}", bundle.make)
        parts = "".join(f"{self.element(one)}, " for one in bundle.elements)
        self.say(f"b{number} = {make}(({parts}))")
        return f"b{number}"

    # ---- entities

    def entity(self, plan: EntityPlan, inner: Callable[[str, str], None] | None = None) -> str:
        """Write what makes or finds the object of a row; return the variable that holds it, or None for an all-NULL key."""
        return _EntityWriter(self, plan, inner).write()


class _EntityWriter:
    """Writes what one entity of a row takes. `inner` writes what is to be done with an object and its key while they are at hand."""

    def __init__(self, writer: _Writer, plan: EntityPlan, inner: Callable[[str, str], None] | None) -> None:
        self.w = writer
        self.plan = plan
        self.inner = inner
        self.n = next(writer.count)
        self.joined = list(_all_joined(plan))
        self.lists = [one for one in self.joined if one.uselist]
        self.slots = {id(one): f"{'l' if one.uselist else 'w'}{self.n}_{at}" for at, one in enumerate(self.joined)}
        self.remembers = bool(self.lists)
        self.appends = False
        self.key = f"k{self.n}"

    def write(self) -> str:
        w, n, plan = self.w, self.n, self.plan
        if self.remembers:
            w.prepare(f"seen{n} = {{}}")
            w.prepare(f"find{n} = seen{n}.get")
            w.prepare(f"last{n} = seen{n}")
        self.gather_for(plan, f"{n}")
        for at, (_, branch) in enumerate(plan.branches):
            if branch is not plan:
                self.gather_for(branch, f"{n}_{at}")
        with w.block(f"if {self.null_test()}:"):
            w.say(f"o{n} = None")
            if self.remembers:
                w.say(f"last{n} = seen{n}")
            if self.appends:
                w.say("append(None)")
        with w.block("else:"):
            self.present()
        return f"o{n}"

    def gather_for(self, plan: EntityPlan, at: str) -> None:
        w = self.w
        if plan.steps or plan.by_peers:
            w.prepare(f"fresh{at} = []")
            w.prepare(f"known{at} = []")
            w.gathering.append(plan)
            w.gathered.append(f"(fresh{at}, known{at})")

    def gathered(self, kind: str, plan: EntityPlan, at: str) -> None:
        """Write what notes an object for the loads that follow: those of its entity, and those of its own class."""
        if self.plan.steps or self.plan.by_peers:
            self.w.say(f"{kind}{self.n}.append(o{self.n})")
        if plan is not self.plan and (plan.steps or plan.by_peers):
            self.w.say(f"{kind}{at}.append(o{self.n})")

    def null_test(self) -> str:
        tests = [f"{self.w.raw(cell)} is None" for cell in self.plan.key]
        return (" and " if self.plan.mapper.allow_partial_pks else " or ").join(tests)

    def name_key(self) -> None:
        """Write what makes an entry's key (`state.entry_key`) of the primary key, unless it is a value of the row as it stands there."""
        w, n = self.w, self.n
        first, *others = self.plan.key
        value = w.value(first, is_there=not others)
        if others:
            w.say(f"k{n} = ({', '.join([value, *map(w.value, others)])})")
        elif w.may_be_tuple(first):
            w.say(f"p{n} = {value}")
            w.say(f"k{n} = (p{n},) if p{n}.__class__ is tuple else p{n}")
        elif value == w.raw(first) and w.plan.width:
            self.key = value
        else:
            w.say(f"k{n} = {value}")

    def key_value(self, place: int) -> str:
        """Return one value of the key that was just made."""
        if len(self.plan.key) > 1:
            return f"{self.key}[{place}]"
        return f"p{self.n}" if self.w.may_be_tuple(self.plan.key[0]) else self.key

    def present(self) -> None:
        w, n = self.w, self.n
        self.name_key()
        told_apart = None if has_one_key(self.plan) else self.plan.discriminator
        row_key = self.key if told_apart is None else f"({self.key}, {w.value(told_apart)})"
        if not self.remembers:
            self.obtain()
        else:
            self.obtain_once(row_key)
        for joined in self.joined:
            self.join(joined)
        if self.inner is not None:
            self.inner(f"o{n}", row_key)

    def obtain_once(self, row_key: str) -> None:
        """Write what finds an object that an earlier row brought, mostly the last one, or else obtains it."""
        w, n = self.w, self.n
        single = [slot for one, slot in zip(self.joined, self.slots.values(), strict=True) if not one.uselist]
        with w.block(f"if {row_key} != last{n}:"):
            w.say(f"last{n} = {row_key}")
            w.say(f"t{n} = find{n}(last{n})")
            with w.block(f"if t{n} is None:"):
                self.obtain()
                slots = ", ".join(self.slots[id(one)] if one.uselist else "False" for one in self.joined)
                w.say(f"seen{n}[last{n}] = (o{n}, {slots})")
                if self.appends:
                    w.say(f"append(o{n})")
            with w.block("else:"):
                w.say(f"o{n}, {', '.join(self.slots.values())} = t{n}")
        if single:
            with w.block("else:"):
                w.say(f"{' = '.join(single)} = False")

    def obtain(self) -> None:
        """Write the look-up in the identity map and what follows, for each class the row may belong to."""
        plan = self.plan
        if plan.discriminator is None:
            self.obtain_as(plan, f"{self.n}")
            return
        w, n = self.w, self.n
        w.say(f"d{n} = {w.value(plan.discriminator)}")
        word = "if"
        for at, (identity, branch) in enumerate(plan.branches):
            with w.block(f"{word} d{n} == {w.named(f'is{n}_{at}', identity)}:"):
                self.obtain_as(branch, f"{n}_{at}")
            word = "elif"
        with w.block("else:"):
            w.say(f"raise unknown({w.named(f'mapper{n}', plan.mapper)}, {self.key}, d{n})")

    def obtain_as(self, plan: EntityPlan, at: str) -> None:
        w, n = self.w, self.n
        mapper = plan.mapper
        refs = f"refs{at}"
        about = f"{w.named(f'mapper{at}', mapper)}, {w.named(f'options{at}', plan.propagated)}"
        w.prepare(f"{refs}, state{at}, born{at} = loading.start({about})")
        with w.block(f"if {self.key} not in {refs} or (o{n} := {refs}[{self.key}]()) is None:"):
            self.create(plan, at)
            w.say(f"{refs}[{self.key}] = ref(o{n})")
            with w.block(f"if born{at} is not None:"):
                w.say(f"born{at}.append(o{n})")
            self.begin_joins(plan, True)
            for prop in dict.fromkeys((*self.plan.empty, *plan.empty)):
                w.say(f"{w.named(f'empty_{at}_{prop.key}', _emptier(prop))}(o{n})")
            self.gathered("fresh", plan, at)
        with w.block("else:"):
            keys = w.named(f"keys{at}", tuple(key for key, _ in plan.attributes))
            with w.block(f"if o{n}._sa_instance_state is not state{at} or populate{self.lacking(plan)}:"):
                w.say(f"refill(o{n}, {keys}, ({''.join(f'{w.value(cell)}, ' for _, cell in plan.attributes)}), loading, state{at})")
            self.begin_joins(plan, False)
            self.gathered("known", plan, at)

    def lacking(self, plan: EntityPlan) -> str:
        """Return the test for an object that an earlier row made without the columns of its subclass."""
        known = plan.mapper.base_mapper.attributes
        own = next((key for key, _ in plan.attributes if key not in known), None)
        return "" if own is None else f" or {own!r} not in o{self.n}.__dict__"

    def create(self, plan: EntityPlan, at: str) -> None:
        w, n = self.w, self.n
        mapper = plan.mapper
        key_of = {cell.index: place for place, cell in enumerate(self.plan.key)}
        known = {
            key: self.key_value(key_of[cell.index])
            for key, cell in plan.attributes
            if cell.index in key_of and w.value(cell) != w.raw(cell)
        }
        values = [(key, known.get(key) or w.value(cell)) for key, cell in plan.attributes]
        if mapper.twin is None:
            w.say(f"o{n} = {w.named(f'make{at}', mapper.class_.__new__)}({w.named(f'Class{at}', mapper.class_)})")
            w.say(f"v{n} = o{n}.__dict__")
            for key, value in values:
                w.say(f"v{n}[{key!r}] = {value}")
            w.say(f"v{n}['_sa_instance_state'] = state{at}")
            return
        w.say(f"o{n} = {w.named(f'Twin{at}', mapper.twin)}()")
        for key, value in values:
            w.say(f"o{n}.{key} = {value}")
        w.say(f"o{n}._sa_instance_state = state{at}")
        w.say(f"o{n}.__class__ = {w.named(f'Class{at}', mapper.class_)}")

    # ---- joined relations

    def begin_joins(self, plan: EntityPlan, fresh: bool) -> None:
        """Write, at the first sight of a parent, which of its joined relations are to be filled."""
        mine = {id(one) for one in (*self.plan.joined, *plan.joined)}
        for joined in self.joined:
            empty, full = ("None", "{}") if joined.uselist else ("False", "True")
            wanted = full
            if id(joined) not in mine:
                wanted = empty
            elif not fresh:
                wanted = f"{full} if loading.wants(o{self.n}, {joined.key!r}) else {empty}"
            self.w.say(f"{self.slots[id(joined)]} = {wanted}")

    def join(self, joined: JoinedPlan) -> None:
        w, n = self.w, self.n
        slot = self.slots[id(joined)]
        if not joined.uselist:
            child = w.entity(joined.entity)
            with w.block(f"if {slot}:"):
                w.say(f"o{n}.__dict__[{joined.key!r}] = {child}")
                w.say(f"loading.filled(o{n}, {joined.key!r})")
            return

        def gather(child: str, key: str) -> None:
            with w.block(f"if {slot} is not None:"):
                w.say(f"{slot}[{key}] = {child}")

        w.entity(joined.entity, gather)
        at = 1 + self.joined.index(joined)
        w.tail.append(f"    loading.fill_collections({joined.key!r}, [(t[0], t[{at}]) for t in seen{n}.values() if t[{at}] is not None])")


def has_one_key(plan: EntityPlan) -> bool:
    """Tell whether a primary key stands for one object of the entity: not where concrete classes have the same keys."""
    return all(branch.mapper.identity_class is plan.mapper.identity_class for _, branch in plan.branches)


def _all_joined(plan: EntityPlan) -> Iterator[JoinedPlan]:
    yield from plan.joined
    for _, branch in plan.branches:
        if branch is not plan:
            yield from branch.joined


def _emptier(prop: Any) -> Callable[[Any], None]:
    def empty(obj: Any) -> None:
        obj.__class__._sa_class_manager.tracked[prop.key].set_committed(obj, () if prop.uselist else None)

    return empty
