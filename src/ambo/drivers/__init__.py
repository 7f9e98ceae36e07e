"""One module (or a few) for each DB-API, both colours side by side. `base.py` says what a driver and its links must offer.

`docs/internals/add-a-driver.md` tells how to add one.
"""
