"""`echo=True`: the lines an engine logs, one for each statement and each end of a transaction.

The logger is `ambo.engine.Engine`, with `logging_name` appended if that is given. An engine with `echo` logs whatever the logger's level
is, and only that engine; one without asks the level, once. `echo="debug"` logs rows too.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ambo.effects import Fetched

LONG = 300
MANY = 8


class Echo:
    """Writes the lines of one engine; `debug` adds the rows that came back."""

    def __init__(self, logger: logging.Logger, debug: bool = False) -> None:
        self.logger = logger
        self.debug = debug

    def write(self, level: int, text: str) -> None:
        """Log a text past the logger's own level."""
        if self.logger.manager.disable < level:
            self.logger.handle(self.logger.makeRecord(self.logger.name, level, "ambo", 0, "%s", (text,), None))

    def line(self, text: str, options: Mapping[str, Any]) -> None:
        """Log a line, headed by the connection's `logging_token`."""
        token = options.get("logging_token")
        self.write(logging.INFO, f"[{token}] {text}" if token else text)

    def statement(self, sql: str, params: Any, context: Any, many: bool, hidden: bool, options: Mapping[str, Any]) -> None:
        """Log a statement and its parameters."""
        self.line(sql, options)
        shown = "[parameters hidden by hide_parameters=True]" if hidden else shortened(params, many)
        self.line(f"[{age(context)}] {shown}", options)

    def rows(self, found: Fetched) -> None:
        """Log what came back, at debug level."""
        if self.debug and found.names:
            self.write(logging.DEBUG, f"Col {tuple(found.names)!r}")
            for row in found.rows:
                self.write(logging.DEBUG, f"Row {tuple(row)!r}")


def age(context: Any) -> str:
    """Say how old the compiled form of a statement is."""
    made_at = getattr(context, "compiled_at", None)
    if made_at is None:
        return "raw sql"
    spent = time.perf_counter() - made_at
    return f"generated in {spent:.5f}s" if context.is_fresh else f"cached since {spent:.4g}s ago"


def shortened(params: Any, many: bool = False) -> str:
    """Show parameters, with long values and long lists cut in the middle."""
    if many and isinstance(params, Sequence) and len(params) > MANY:
        kept = [shortened(one) for one in (*params[: MANY - 2], *params[-2:])]
        cut = f" ... displaying {MANY} of {len(params)} total bound parameter sets ... "
        return "[" + ", ".join(kept[: MANY - 2]) + cut + ", ".join(kept[MANY - 2 :]) + "]"
    text = repr(tuple(params) if isinstance(params, list) and not many else params)
    if len(text) <= LONG:
        return text
    half = LONG // 2
    return f"{text[:half]} ... ({len(text) - LONG} characters truncated) ... {text[-half:]}"


def make_echo(echo: bool | str | None, name: str | None) -> Echo | None:
    """Return the log of an engine, or None if nobody wants its lines.

    With `echo` and no handler configured anywhere, lines go to standard output.
    """
    logger = logging.getLogger("ambo.engine.Engine" + (f".{name}" if name else ""))
    if not echo:
        return Echo(logger, logger.isEnabledFor(logging.DEBUG)) if logger.isEnabledFor(logging.INFO) else None
    if not logger.hasHandlers():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logging.getLogger("ambo").addHandler(handler)
    return Echo(logger, echo == "debug")
