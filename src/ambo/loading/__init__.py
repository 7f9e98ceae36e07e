"""Reading objects: from a statement about classes to plain SQL, and from its rows to objects. No I/O.

    lower, planning (plan: what becomes of each row)  ->  prepared (compiled SQL and a row loader)  ->  population (one execution)  ->  results

Begin with `planning.py`; `docs/internals/life-of-a-select.md` tells it in order.
"""
