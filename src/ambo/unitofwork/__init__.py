"""The objects of a session, and the planning of a flush. No I/O.

    unit (on frame_stack, membership, absorbing)       which objects, through which transactions
    gather  ->  flush_plan  ->  write_plan, rows       what a flush writes, in which order, with which values

Begin with `unit.py`; `docs/internals/life-of-a-flush.md` tells the second line in order.
"""
