"""Engines, connections and pools in both colours, and the two loops that perform operations.

`aio.py` is written by hand and `sync.py` generated from it; `runtime.py` performs; `pool.py` decides, `sync_pool.py` and `async_pool.py` wait.
"""
