"""One peer in a process of its own: reads a case a line from standard input, answers with its times.

    {"case": "a", "times": 200}   ->   {"wall": seconds for one, "cpu": seconds for one, "check": 200}

A peer is a class `Peer` in `bench/peers/NAME.py` with `open(url)`, `close()` and one method a case; all are coroutines if
`Peer.is_async`. Each case returns a number that must be equal for every peer, so that nobody measures less work.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import json
import sys
import time
from typing import Any

from bench import schema

PEOPLE = {"e1": 0, "e2": 0, "f": 1000, "g": 1000}
"""The cases that write, and how many rows of `people` they start from."""


async def finished(answer: Any) -> Any:
    """Return what a case returned, in either colour."""
    return await answer if inspect.isawaitable(answer) else answer


async def measured(peer: Any, case: str, times: int, url: str) -> dict[str, Any]:
    """Run one case a few times and return the time of one."""
    run = getattr(peer, f"case_{case}", None)
    if run is None:
        return {"missing": True}
    wall = cpu = 0.0
    check: Any = 0
    for number in range(times):
        if case in PEOPLE:
            schema.refill_people(url, PEOPLE[case])
        gc.collect()
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = run(number)
        check = await answer if peer.is_async else answer
        cpu += time.process_time() - began_cpu
        wall += time.perf_counter() - began
    return {"wall": wall / times, "cpu": cpu / times, "check": check}


async def serve(name: str, url: str) -> None:
    """Answer requests until standard input ends."""
    peer = importlib.import_module(f"bench.peers.{name}").Peer()
    await finished(peer.open(url))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = await measured(peer, request["case"], request["times"], url)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)
    await finished(peer.close())


def main() -> None:
    """Run the peer named on the command line."""
    name, url = sys.argv[1:]
    if importlib.import_module(f"bench.peers.{name}").Peer.is_async:
        asyncio.run(serve(name, url))
        return
    step = serve(name, url)
    try:
        step.send(None)
    except StopIteration:
        return
    raise RuntimeError(f"the sync peer {name} waited for an event loop")


if __name__ == "__main__":
    main()
