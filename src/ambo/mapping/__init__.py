"""Classes as data: how a class is mapped to tables, and what an object knows of its changes. No I/O, no session.

    declarative, registry  ->  mapper, properties, relationships       which attribute is which column, which class refers to which
    instrumentation        ->  tracking and its kinds  ->  state       what happens when an attribute is set; what changed since the last flush

Begin with `mapper.py`, then `state.py`.
"""
