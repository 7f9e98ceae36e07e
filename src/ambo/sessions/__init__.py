"""`Session`, `AsyncSession` and the classic `Query`: what users hold in their hands; their verbs are in `operations`.

`base.py` has what needs no I/O; `aio.py` is written by hand and `sync.py` generated from it, as `query_sync.py` is from `query_aio.py`.
"""
