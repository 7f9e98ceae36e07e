"""Re-exports at SQLAlchemy's path `engine.mock`."""

from __future__ import annotations

from ambo.connecting.mock import MockConnection as MockConnection, create_mock_engine as create_mock_engine
