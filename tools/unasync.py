"""Write the blocking shells from the awaiting ones: `python tools/unasync.py`; `--check` only compares.

    async/await are dropped, `AsyncX` becomes `X`, `colours.SYNC_NAMES` become what stands beside them, `colours.ASYNC_ONLY` members go.

Rule: a substitution that no file needs is an error, so the table cannot rot.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

from ambo.connecting.colours import ASYNC_ONLY, GENERATED, SYNC_NAMES

PACKAGE = Path(__file__).parent.parent / "src" / "ambo"
LINE = 140
HEADER = "# Generated from {source} by tools/unasync.py; change that file and run `make unasync`.\n# ruff: noqa: I001, RUF100\n"
_PREFIX = re.compile(r"\bAsync(?=[A-Z])")
_WORDS = re.compile(r"\b(?:async|await) (?!colour|side|one|engine|session|def`)")


class Converter:
    """Converts sources and remembers which substitutions were needed."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.classes: set[str] = set()

    def convert(self, source: str, name: str) -> str:
        """Return the blocking form of a module's source."""
        text = self.substituted(self.without_async_only(source))
        return HEADER.format(source=name) + with_merged_imports(text)

    def without_async_only(self, source: str) -> str:
        """Cut the members that the blocking colour does not have."""
        lines = source.splitlines(keepends=True)
        for first, last, key in reversed(list(members(ast.parse(source)))):
            self.classes.add(key.partition(".")[0])
            if key in ASYNC_ONLY:
                self.used.add(key)
                while lines[last : last + 1] == ["\n"] and lines[first - 2 : first - 1] == ["\n"]:
                    del lines[last]
                del lines[first - 1 : last]
        return "".join(lines)

    def substituted(self, source: str) -> str:
        """Replace words token by token, so that layout and comments stay."""
        lines = source.splitlines(keepends=True)
        edits = []
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME or (token.type in (tokenize.STRING, tokenize.COMMENT)):
                new = self.word(token.string) if token.type == tokenize.NAME else self.prose(token.string)
                if new != token.string:
                    edits.append((token.start, token.end, new))
        for (row, column), (end_row, end_column), new in reversed(edits):
            tail = lines[end_row - 1][end_column:]
            lines[row - 1 : end_row] = [lines[row - 1][:column] + new + (tail.removeprefix(" ") if not new else tail)]
        return "".join(lines)

    def word(self, word: str) -> str:
        """Return the blocking form of a name or keyword."""
        if word in ("async", "await"):
            return ""
        if word in SYNC_NAMES:
            self.used.add(word)
            return SYNC_NAMES[word]
        return _PREFIX.sub("", word)

    def prose(self, text: str) -> str:
        """Return the blocking form of a docstring, string or comment."""
        text = _WORDS.sub("", _PREFIX.sub("", text))
        for name in SYNC_NAMES:
            changed = re.sub(rf"\b{name}\b", SYNC_NAMES[name], text)
            if changed != text:
                self.used.add(name)
                text = changed
        return text


def members(tree: ast.Module) -> list[tuple[int, int, str]]:
    """Return first line, last line and `Class.name` of everything a module and its classes define."""
    found = []
    for node in tree.body:
        for inner, key in [(node, ""), *((one, f"{node.name}.") for one in getattr(node, "body", []) if isinstance(node, ast.ClassDef))]:
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                first = min([inner.lineno, *(one.lineno for one in inner.decorator_list)])
                found.append((first, inner.end_lineno or first, key + inner.name))
    return sorted(found)


def with_merged_imports(source: str) -> str:
    """Merge imports that became imports of the same module."""
    body = [one for one in ast.parse(source).body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    imports = []
    for node in body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        imports.append(node)
    lines = source.splitlines(keepends=True)
    first, last = imports[0].lineno - 1, imports[-1].end_lineno or 0
    return "".join(lines[:first]) + written(imports) + "".join(lines[last:])


def written(imports: list[ast.Import | ast.ImportFrom]) -> str:
    """Write import statements: one for each module, the future first, ambo last."""
    plain = {ast.unparse(one) for one in imports if isinstance(one, ast.Import)}
    names: dict[str, set[str]] = {}
    for one in imports:
        if isinstance(one, ast.ImportFrom):
            asked = names.setdefault(one.module or "", set())
            asked.update(name.name + (f" as {name.asname}" if name.asname else "") for name in one.names)
    groups: dict[int, list[str]] = {0: [], 1: sorted(plain), 2: [], 3: []}
    for module in sorted(names):
        rank = 0 if module == "__future__" else 3 if module.startswith("ambo") else 2 if module == "typing_extensions" else 1
        groups[rank].append(import_line(module, sorted(names[module], key=name_order)))
    return "\n\n".join("\n".join(group) for group in groups.values() if group) + "\n"


def import_line(module: str, names: list[str]) -> str:
    """Write one import, over several lines if it is long."""
    line = f"from {module} import {', '.join(names)}"
    return line if len(line) <= LINE else f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def name_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def main(arguments: list[str]) -> int:
    """Write or check the generated files; return the exit status."""
    converter = Converter()
    stale = []
    for source, target in GENERATED.items():
        text = converter.convert((PACKAGE / source).read_text(), source)
        path = PACKAGE / target
        if not path.exists() or path.read_text() != text:
            stale.append(target)
            if "--check" not in arguments:
                path.write_text(text)
    ours = {key for key in ASYNC_ONLY if key.partition(".")[0] in converter.classes}
    unused = sorted((set(SYNC_NAMES) | ours) - converter.used)
    if unused:
        print(f"colours.py names what no file needs: {', '.join(unused)}")
    if stale:
        print(f"{'out of date' if '--check' in arguments else 'written'}: {', '.join(stale)}")
    return 1 if unused or (stale and "--check" in arguments) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
