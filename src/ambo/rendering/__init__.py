"""From nodes to SQL text: `compiler.py` is the entry, `render_*.py` one concern or one database each.

What differs between databases is a fact in `features.py`, or has its place in `sqlite.py`, `postgresql.py`, `mariadb.py`.
"""
