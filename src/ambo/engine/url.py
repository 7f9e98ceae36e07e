"""Re-exports at SQLAlchemy's path `engine.url`."""

from __future__ import annotations

from ambo.connecting.url import (
    URL as URL,
    make_url as make_url,
)

__all__ = [
    "URL",
    "make_url",
]
