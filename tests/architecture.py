"""The house rules as pure functions from source text to violations; `test_architecture.py` runs and proves them.

A check takes the `Source`s of the package and returns sentences, one a violation: `module:line: what is wrong`.

Rule 1: a check reads the syntax tree only; it imports nothing of ambo, so it works on a half-built package.
Rule 2: there is no allow-list. An exception from a rule is written into the rule, with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MODULE_LINES = 600
FUNCTION_LINES = 60
DOCSTRING_LINES = 25

#: Modules at SQLAlchemy's paths: names and nothing else.
FACADES = frozenset({"orm", "exc", "types", "event", "schema", "inspection", "pool", "util", "future", "sql", "engine", "dialects", "ext"})
VAGUE_NAMES = frozenset({"util", "utils", "helpers", "helper", "common", "misc", "base2", "compat", "tools"})

DATABASES = frozenset({"sqlite", "postgresql", "mariadb"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, whether it is a package's `__init__`, and its text."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text)

    @property
    def layer(self) -> str:
        """The first name under `ambo`: the layer, or the root module itself."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    @property
    def is_facade(self) -> bool:
        """Whether the module stands at one of SQLAlchemy's paths."""
        return self.name == "ambo" or self.layer in FACADES

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def at(self, node: ast.AST | None, message: str) -> str:
        """Write a violation at a node."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}: {message}"


def read_package(root: Path) -> list[Source]:
    """Read every module under `src/ambo`."""
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        found.append(Source(".".join(parts[:-1] if is_package else parts), path.read_text(), is_package))
    return found


Check = Callable[[list[Source]], list[str]]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check under its name."""
    CHECKS[function.__name__] = function
    return function


def each(rule: Callable[[Source], Iterable[str]]) -> Check:
    """Make a check of a rule that looks at one module at a time."""

    def run(sources: list[Source]) -> list[str]:
        return [found for source in sources for found in rule(source)]

    run.__name__ = rule.__name__
    run.__doc__ = rule.__doc__
    return check(run)


# Size -----------------------------------------------------------------------------------------------------------


def docstring_node(node: ast.AST) -> ast.Expr | None:
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def is_overload(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", ())
    return any(ast.unparse(one).rpartition(".")[2] == "overload" for one in decorators)


def code_lines(source: Source, node: ast.AST | None = None) -> int:
    """Count lines that hold code: no docstring, no blank, no comment line, no `@overload`."""
    root = node or source.tree
    skipped: set[int] = set()
    for inner in ast.walk(root):
        doc = docstring_node(inner)
        if doc is not None:
            skipped.update(range(doc.lineno, (doc.end_lineno or doc.lineno) + 1))
        if isinstance(inner, Function) and is_overload(inner):
            first = min([inner.lineno, *(one.lineno for one in inner.decorator_list)])
            skipped.update(range(first, (inner.end_lineno or first) + 1))
    lines = source.text.splitlines()
    start, end = (1, len(lines)) if node is None else (node.body[0].lineno, node.end_lineno)  # type: ignore[attr-defined]
    return sum(1 for n in range(start, end + 1) if n not in skipped and lines[n - 1].strip() and not lines[n - 1].strip().startswith("#"))


@each
def modules_are_short(source: Source) -> Iterator[str]:
    """A module has at most 600 lines of code."""
    size = code_lines(source)
    if size > MODULE_LINES:
        yield source.at(None, f"{size} lines of code, at most {MODULE_LINES}; it wants to be two rooms")


@each
def functions_are_short(source: Source) -> Iterator[str]:
    """A function's body has at most 60 lines of code; a signature, one parameter a line, is no logic."""
    for function in source.functions():
        size = code_lines(source, function)
        if size > FUNCTION_LINES:
            yield source.at(function, f"{function.name} has {size} lines, at most {FUNCTION_LINES}")


# Words ----------------------------------------------------------------------------------------------------------


@each
def modules_say_what_lives_there(source: Source) -> Iterator[str]:
    """A module opens with a docstring; only an empty package file may do without."""
    if source.tree.body and ast.get_docstring(source.tree) is None:
        yield source.at(None, "no module docstring")


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
        elif isinstance(node, ast.If | ast.Try):
            yield from public_definitions(node.body, prefix)


@each
def public_names_have_docstrings(source: Source) -> Iterator[str]:
    """A public class or function of a module has a docstring (methods: see the test over the exported names)."""
    for name, node in public_definitions(source.tree.body):
        if docstring_node(node) is None and not is_overload(node):
            yield source.at(node, f"{name} has no docstring")


@each
def docstrings_are_short(source: Source) -> Iterator[str]:
    """A docstring has at most 25 lines; long prose lives in docs/. A module's may be as long as its rules need."""
    for node in ast.walk(source.tree):
        doc = docstring_node(node) if isinstance(node, Function | ast.ClassDef) else None
        if doc is not None and (doc.end_lineno or doc.lineno) - doc.lineno + 1 > DOCSTRING_LINES:
            yield source.at(node, f"docstring of {node.name} is longer than {DOCSTRING_LINES} lines")  # type: ignore[attr-defined]


@check
def names_are_plain(sources: list[Source]) -> list[str]:
    """No `util`, `helpers`, `common`; no `_x.py` beside `x.py`. `ambo.util` stands at SQLAlchemy's path, as a facade."""
    names = {source.name for source in sources}
    found = []
    for source in sources:
        package, _, last = source.name.rpartition(".")
        if last in VAGUE_NAMES and not source.is_facade:
            found.append(source.at(None, f"a module named {last!r} says nothing; name it after what lives there"))
        if last.startswith("_") and not last.startswith("__") and f"{package}.{last.lstrip('_')}" in names:
            found.append(source.at(None, f"{last}.py stands beside {last.lstrip('_')}.py"))
    return found


# Types ----------------------------------------------------------------------------------------------------------


@each
def functions_are_annotated(source: Source) -> Iterator[str]:
    """Every parameter and every result has an annotation; `self`, `cls` and lambdas need none."""
    for function in source.functions():
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        extra = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
        bare = [one.arg for one in [*named, *extra] if one.annotation is None and one.arg not in {"self", "cls", "mcs"}]
        if bare:
            yield source.at(function, f"{function.name}: no annotation for {', '.join(bare)}")
        if function.returns is None:
            yield source.at(function, f"{function.name}: no annotation for the result")


@each
def no_metaclass(source: Source) -> Iterator[str]:
    """No class is made by a metaclass, and none is written but for `DeclarativeMeta`; `ABCMeta` comes with abc.ABC and is the same."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            if any(keyword.arg == "metaclass" for keyword in node.keywords):
                yield source.at(node, f"{node.name} has a metaclass; use __init_subclass__ or a descriptor")
            if node.name != "DeclarativeMeta" and any(isinstance(base, ast.Name) and base.id == "type" for base in node.bases):
                yield source.at(node, f"{node.name} is a metaclass; use __init_subclass__ or a descriptor")


# Imports --------------------------------------------------------------------------------------------------------


def imported(node: ast.AST, source: Source) -> list[str]:
    """Return the dotted names an import statement asks for; `from a import b` gives `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = source.name.split(".")
            parts = parts[: len(parts) - node.level + (1 if source.is_package else 0)]
            base = ".".join([*parts, base] if base else parts)
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def type_checking_only(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for statement in node.body:
                found.update(ast.walk(statement))
    return found


@each
def no_import_inside_a_function(source: Source) -> Iterator[str]:
    """A function imports nothing of ambo: that hides a cycle. (Optional third-party modules may be imported late.)"""
    for function in source.functions():
        for node in ast.walk(function):
            if any(name == "ambo" or name.startswith("ambo.") for name in imported(node, source)):
                yield source.at(node, f"{function.name} imports a module of ours; move it to the top")


@check
def nobody_imports_the_root(sources: list[Source]) -> list[str]:
    """Layers import layers, never the facade `ambo` itself; the command line is a user and may."""
    layers = {source.layer for source in sources} - FACADES
    found = []
    for source in sources:
        if source.is_facade or source.layer == "cli":
            continue
        for node in ast.walk(source.tree):
            from_root = isinstance(node, ast.ImportFrom) and node.module == "ambo" and not node.level
            for name in imported(node, source):
                parts = [*name.split("."), ""]
                if parts[0] == "ambo" and (parts[1] in FACADES | {""} or (from_root and parts[1] not in layers)):
                    found.append(source.at(node, f"imports {name} from a facade; import the layer that defines it"))
    return found


def import_graph(sources: list[Source]) -> dict[str, set[str]]:
    names = {source.name for source in sources}
    graph: dict[str, set[str]] = {}
    for source in sources:
        skipped = type_checking_only(source.tree)
        edges = graph.setdefault(source.name, set())
        for node in ast.walk(source.tree):
            if node in skipped:
                continue
            for name in imported(node, source):
                target = name if name in names else name.rpartition(".")[0]
                if target in names and target != source.name:
                    edges.add(target)
    return graph


def strongly_connected(graph: dict[str, set[str]]) -> list[list[str]]:
    """Tarjan's algorithm; returns components of more than one node."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = []
            while True:
                component.append(stack.pop())
                if component[-1] == node:
                    break
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


@check
def no_import_cycle(sources: list[Source]) -> list[str]:
    """Modules import each other in one direction (imports under TYPE_CHECKING run never and are left to the layers)."""
    return [f"import cycle: {' <-> '.join(component)}" for component in strongly_connected(import_graph(sources))]


@each
def facades_re_export_only(source: Source) -> Iterator[str]:
    """A facade holds a docstring, imports, `__all__` and dunder strings such as `__version__`; no logic."""
    if not source.is_facade:
        return
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) or docstring_node(source.tree) is node:
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if all(isinstance(one, ast.Name) and one.id.startswith("__") for one in targets):
                continue
        yield source.at(node, f"a facade only re-exports; {type(node).__name__} belongs into a layer")


# Facts, not names -----------------------------------------------------------------------------------------------


@each
def dialects_are_asked_for_facts(source: Source) -> Iterator[str]:
    """Nobody compares a dialect's name: `features` tells what a database can. A database's own rendering file may (MySQL in MariaDB's)."""
    if source.layer == "rendering" and source.name.rpartition(".")[2].removeprefix("render_") in DATABASES:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        named = any(isinstance(one, ast.Attribute) and one.attr in {"name", "driver"} and "dialect" in ast.unparse(one.value).lower() for one in sides)
        literal = any(isinstance(part, ast.Constant) and isinstance(part.value, str) for one in sides for part in ast.walk(one))
        if named and literal:
            yield source.at(node, f"`{ast.unparse(node)}`: ask dialect.features for the fact")


# Operations -----------------------------------------------------------------------------------------------------


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """Walk a function's body without its nested functions and classes."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))


def returns_op(function: Function) -> bool:
    text = ast.unparse(function.returns) if function.returns is not None else ""
    return text.strip("'\"").split("[")[0].rpartition(".")[2] == "Op"


def takes_op(function: Function) -> bool:
    return any(one.annotation is not None and ast.unparse(one.annotation).startswith("Op[") for one in function.args.args)


@each
def bare_yield_only_in_effects(source: Source) -> Iterator[str]:
    """An operation says `yield from`; only the typed wrappers in `effects.py` say `yield`."""
    if source.name == "ambo.effects":
        return
    for function in source.functions():
        if source.layer == "operations" or returns_op(function):
            for node in own_nodes(function):
                if isinstance(node, ast.Yield):
                    yield source.at(node, f"{function.name} yields; write `yield from` and a helper of ambo.effects")


@each
def verbs_live_in_operations(source: Source) -> Iterator[str]:
    """A generator that returns Op is an operation: it lives in `operations/` (the vocabulary: in `effects.py`).

    Elsewhere an operation may be made, handed on, or wrapped (a parameter is an Op: recording does so), not written.
    """
    if source.layer in {"operations", "effects"}:
        return
    for function in source.functions():
        if returns_op(function) and not takes_op(function) and any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function)):
            yield source.at(function, f"{function.name} returns Op; operations live in ambo/operations")


def operations_by_module(sources: list[Source]) -> dict[str, set[str]]:
    """Name the functions (and `Class.method`s) of each module that return Op."""
    found: dict[str, set[str]] = {}
    for source in sources:
        names = found.setdefault(source.name, set())
        for node in source.tree.body:
            if isinstance(node, Function) and returns_op(node):
                names.add(node.name)
            elif isinstance(node, ast.ClassDef):
                names.update(f"self.{one.name}" for one in node.body if isinstance(one, Function) and returns_op(one))
    return found


def visible_operations(source: Source, operations: dict[str, set[str]]) -> set[str]:
    """The spellings under which a module can call operations: `fetch`, `transaction.send`, `self.method`."""
    seen = set(operations.get(source.name, ()))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias, name in zip(node.names, imported(node, source), strict=True):
                module, _, last = name.rpartition(".")
                local = alias.asname or (alias.name if isinstance(node, ast.Import) else last)
                if last in operations.get(module, ()):
                    seen.add(local)
                seen.update(f"{local}.{one}" for one in operations.get(name, ()) if not one.startswith("self."))
    return seen


@check
def no_operation_is_lost(sources: list[Source]) -> list[str]:
    """An operation that is made is performed: `yield from op(...)`, or handed on as an argument or result.

    As a bare statement, as an assigned value, and as the result of a function that itself yields, the generator
    is dropped and nothing happens; no type checker sees it.
    """
    operations = operations_by_module(sources)
    found = []
    for source in sources:
        spelled = visible_operations(source, operations)
        for function in source.functions():
            found += [source.at(node, message) for node, message in lost_in(function, spelled)]
    return found


def lost_in(function: Function, spelled: set[str]) -> Iterator[tuple[ast.AST, str]]:
    nodes = list(own_nodes(function))
    is_generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes)
    for node in nodes:
        value: ast.AST | None = None
        if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) or (isinstance(node, ast.Return) and is_generator):
            value = node.value
        elif isinstance(node, ast.If | ast.While):
            value = node.test
        if isinstance(value, ast.Call) and ast.unparse(value.func) in spelled:
            yield node, f"operation {ast.unparse(value.func)}() is made and dropped; write 'yield from {ast.unparse(value.func)}(...)'"
