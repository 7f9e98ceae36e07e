"""One file a peer: the same cases, each in that library's own best idiom.

A module has a class `Peer` with `open(url)`, `close()` and a method `case_VERB() -> int` for each case of `bench/cases.py`; all are coroutines
if `is_async`. `prepare_VERB` and `finish_VERB` run outside the clock. A case shows what it loaded to `self.seen` and returns how many objects
that were. `notes` says, for a case or for all (`"*"`), where the peer does less work than a session, or more; tables print it as a footnote.
"""
