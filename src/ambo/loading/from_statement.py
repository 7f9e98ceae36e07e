"""`select(User).from_statement(text("SELECT ..."))`: entities from the rows of any statement.

Columns are found by identity where the statement is built of them, else by name: `users_name` (table and column) before `name`.

Rule 1: a mapped column that the statement lacks is left unloaded; without the primary key there is no object.
Rule 2: nothing is joined to the statement; relations of the mapping that join eagerly are loaded when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ambo.errors import NoSuchColumnError
from ambo.loading.choices import returned_columns
from ambo.loading.plan import Cell, Element, LoadPlan
from ambo.loading.planning import Lowered, Planner
from ambo.statements.coercions import element_of
from ambo.statements.executable import Statement
from ambo.statements.labels import LABEL_STYLE_DEFAULT, SelectLabelStyle
from ambo.statements.late import late
from ambo.statements.selects import Select


class FromStatement(Statement):
    """Entities (and columns) read from the rows of another statement; made by `Select.from_statement`."""

    visit = "from_statement"
    _nodes = ("_raw_columns", "element")
    returns_rows = True
    is_dml = False

    def get_label_style(self) -> SelectLabelStyle:
        """Return how columns are named: as they are."""
        return LABEL_STYLE_DEFAULT

    def __init__(self, columns: Sequence[Any], element: Any, options: tuple[Any, ...] = ()) -> None:
        self._raw_columns = tuple(columns)
        self.element = element
        if options:
            self._with_options = options

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What the columns are, as the user gave them."""
        return Select(*self._raw_columns).column_descriptions


def from_statement(select: Any, element: Any) -> FromStatement:
    """Return what a SELECT names, read from another statement's rows."""
    made = FromStatement(select._raw_columns, element_of(element), select._with_options)
    return made.execution_options(**select._execution_options) if select._execution_options else made


class MatchedOutputs:
    """The columns of a statement that is there already, found for the mapped columns that are wanted."""

    def __init__(self, names: Sequence[str], objects: Sequence[Sequence[Any]]) -> None:
        self.names = list(names)
        self.objects = objects
        self.columns: list[Any] = list(names)
        self.window = range(len(self.columns))

    def find(self, column: Any) -> int | None:
        """Return the position of a column, None if the statement does not have it; only what lies in `window` is looked at."""
        for at in self.window:
            if any(one is column for one in self.objects[at]):
                return at
        for at in self.window:
            if any(_same_origin(one, column) for one in self.objects[at]):
                return at
        table = getattr(getattr(column, "table", None), "name", None)
        for name in (f"{table}_{column.name}" if table else None, getattr(column, "name", None), getattr(column, "key", None)):
            if name is not None and name in self.names:
                return self.names.index(name)
        return None

    def has(self, column: Any) -> bool:
        """Tell whether the statement has a column."""
        return self.find(column) is not None

    def add(self, column: Any) -> Cell:
        """Return the cell of a column.

        Raises NoSuchColumnError if the statement does not have it.
        """
        at = self.find(column)
        if at is None:
            raise NoSuchColumnError(
                f"Could not locate column in row for column '{column}'; the statement returns {', '.join(map(repr, self.names))}"
            )
        return Cell(at, column.type)


def _same_origin(one: Any, column: Any) -> bool:
    return not isinstance(one, str) and getattr(one, "_proxies", None) is not None and bool(one.proxy_set & column.proxy_set)


class FromStatementPlanner(Planner):
    """Plans what a `FromStatement` names, for a statement that returns these columns."""

    joins_relations = False

    def __init__(self, statement: FromStatement, names: Sequence[str], objects: Sequence[Sequence[Any]]) -> None:
        super().__init__(statement)
        self.outputs = MatchedOutputs(names, objects)  # type: ignore[assignment]  # the same methods

    def run(self) -> Lowered:
        """Plan the rows."""
        elements = tuple([element for item in self.statement._raw_columns for element in self.elements(item)])
        plan = LoadPlan(elements, len(self.outputs.columns))
        return Lowered(self.statement, plan, tuple(self.labels))


class ReturningPlanner(FromStatementPlanner):
    """Plans what stands in RETURNING: the columns of each item come one after the other, in the order of the items."""

    def __init__(self, statement: FromStatement, names: Sequence[str], objects: Sequence[Sequence[Any]]) -> None:
        super().__init__(statement, names, objects)
        self.at = 0

    def elements(self, item: Any) -> Iterator[Element]:
        """Yield the plan elements for an item; an entity looks for its columns among its own."""
        if not getattr(item, "is_entity", False):
            yield from super().elements(item)
            return
        end = self.at + len(returned_columns(item, self.options))
        outputs: Any = self.outputs
        outputs.window, self.at = range(self.at, end), end
        yield from super().elements(item)

    def output(self, item: Any) -> Cell:
        """Return the next place."""
        self.at += 1
        return Cell(self.at - 1, item.type)


late.from_statement = from_statement
