"""One peer in a process of its own: reads a request a line from standard input, answers with its times.

    {"case": "a", "verify": false}   ->   {"wall": seconds, "cpu": seconds, "count": 500}

A peer is a class `Peer` in `bench/peers/NAME.py` (see `bench/peers/__init__.py`). The clock runs during `case_X` only; `prepare_X`
and `finish_X`, where a peer has them, run outside it, as does the garbage collector.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.metadata
import inspect
import json
import sys
import time
from typing import Any

from bench import objects, schema
from bench.cases import Case, Sizes, named
from bench.seen import Seen, Unseen


async def finished(answer: Any) -> Any:
    """Return what a method returned, in either colour."""
    return await answer if inspect.isawaitable(answer) else answer


async def optional(peer: Any, name: str) -> None:
    """Call a method that a peer may have."""
    if method := getattr(peer, name, None):
        await finished(method())


async def measured(peer: Any, case: Case, verify: bool, url: str) -> dict[str, Any]:
    """Run one case and return its times, the number it counted, and what it saw if that is to be verified."""
    run = getattr(peer, f"case_{case.method}", None)
    if run is None:
        return {"missing": True}
    if case.writes:
        schema.refill_people(url, getattr(peer.sizes, case.starts_with) if case.starts_with else 0)
    await optional(peer, f"prepare_{case.method}")
    peer.seen = peer.watching() if verify else Unseen()
    gc.collect()
    began, began_cpu = time.perf_counter(), time.process_time()
    answer = run()
    count = await answer if peer.is_async else answer
    cpu = time.process_time() - began_cpu
    wall = time.perf_counter() - began
    await optional(peer, f"finish_{case.method}")
    written = schema.written(url, thoroughly=verify) if case.writes else None
    return {"wall": wall, "cpu": cpu, "count": count, "written": written, **(verified(peer.seen) if verify else {})}


def verified(seen: Seen) -> dict[str, Any]:
    """Return what was seen."""
    return {"sum": seen.sum(), "sample": seen.sample(), "keys_known": seen.keys_known}


async def answered(peer: Any, request: dict[str, Any], url: str) -> dict[str, Any]:
    """Answer one request."""
    try:
        if request["case"] == "objects":
            return await objects.measured(peer)
        return await measured(peer, named(request["case"]), request["verify"], url)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300]}


def introduced(peer: Any) -> dict[str, Any]:
    """Return what a peer says of itself: where it does less work, and its versions."""
    return {"notes": peer.notes, "versions": {name: importlib.metadata.version(name) for name in peer.packages}}


async def serve(peer: Any, url: str) -> None:
    """Answer requests until standard input ends."""
    await finished(peer.open(url))
    print(json.dumps(introduced(peer)), flush=True)
    for line in sys.stdin:
        print(json.dumps(await answered(peer, json.loads(line), url)), flush=True)
    await finished(peer.close())


def main() -> None:
    """Run the peer named on the command line."""
    name, url, sizes = sys.argv[1:]
    peer = importlib.import_module(f"bench.peers.{name}").Peer()
    peer.sizes = Sizes(**json.loads(sizes))
    if peer.is_async:
        asyncio.run(serve(peer, url))
        return
    step = serve(peer, url)
    try:
        step.send(None)
    except StopIteration:
        return
    raise RuntimeError(f"the sync peer {name} waited for an event loop")


if __name__ == "__main__":
    main()
