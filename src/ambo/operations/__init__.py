"""Every verb, once for both colours: generators that yield what they want done (`ambo/effects.py`) and never wait.

    query, session_query     what a session reads             flush, save, delete     what it writes
    execute, connection      the same for a connection        channel, transaction    what both talk through

`connecting/runtime.py` performs them.
"""
