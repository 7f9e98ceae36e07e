"""The hand-written SQL of the PostgreSQL floors, placeholders as `$1`."""

import re
from collections.abc import Sequence

USER = "SELECT id, name, email, age, created_at, active FROM users"
BY_KEY = f"{USER} WHERE id = $1"
SOME = f"{USER} WHERE id <= $1"
ADDRESSES = "SELECT id, user_id, street, city, zip FROM addresses WHERE user_id = ANY($1::int[]) ORDER BY id"
ORDERS = "SELECT id, user_id, total, status, created_at FROM orders WHERE user_id = ANY($1::int[]) ORDER BY id"
OF_ONE = "SELECT id, user_id, street, city, zip FROM addresses WHERE user_id = $1 ORDER BY id"
JOINED = (
    "SELECT u.id, u.name, u.email, u.age, u.created_at, u.active, a.id, a.user_id, a.street, a.city, a.zip "
    "FROM users u LEFT OUTER JOIN addresses a ON a.user_id = u.id WHERE u.id <= $1 ORDER BY a.id"
)
FILTERED = f"{USER} WHERE age > $1 AND name LIKE $2 ORDER BY id LIMIT $3"
INSERT_MANY = (
    "INSERT INTO people (name, email, age, created_at, active) "
    "SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamp[], $5::bool[]) RETURNING id"
)
INSERT_ONE = "INSERT INTO people (name, email, age, created_at, active) VALUES ($1, $2, $3, $4, $5) RETURNING id"
PEOPLE = USER.replace("users", "people")
UPDATE_MANY = "UPDATE people SET age = n.age FROM unnest($1::int[], $2::int[]) AS n (id, age) WHERE people.id = n.id"
DELETE_EACH = "DELETE FROM people WHERE id = $1"


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Return rows as columns, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def binary(statement: str) -> str:
    """Return a statement for psycopg's own cursor, its parameters sent in binary: a raw cursor sends arrays as text, at five times the cost."""
    return re.sub(r"\$\d", "%b", statement)
