"""Sessions over several databases with the same tables, at SQLAlchemy's path."""

from ambo.sessions.sharding import ShardedQuery, ShardedSession, set_shard_id

__all__ = ["ShardedQuery", "ShardedSession", "set_shard_id"]
