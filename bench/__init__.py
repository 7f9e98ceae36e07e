"""The benchmark: ambo beside the bare drivers and the other ORMs, in one run. `python -m bench --help`."""
