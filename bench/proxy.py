"""A server made far: a proxy in a process of its own, which holds back what the client sends for the time of a round trip.

    python -m bench.proxy URL     prints its port; then every line of standard input is a delay in seconds, answered by a line

Only one direction is delayed, since a round trip is what is added. Chunks follow each other at their own distance, so that a pipeline
pays the delay once.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict


class Far:
    """What all connections share: how long chunks are held back."""

    delay = 0.0


class Side(asyncio.Protocol):
    """One end of a connection, whose data goes to `other`."""

    def __init__(self, far: Far | None) -> None:
        self.far = far
        self.waiting: deque[bytes] = deque()
        self.other: Side | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, and send what came before there was one."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.other and self.other.waiting:
            self.other.forward_all()

    def data_received(self, data: bytes) -> None:
        """Pass data on, later if the server is far."""
        self.waiting.append(data)
        if self.far and self.far.delay:
            asyncio.get_running_loop().call_later(self.far.delay, self.forward)
        else:
            self.forward_all()

    def forward(self) -> None:
        """Send the oldest chunk."""
        if self.waiting and self.other and self.other.transport:
            self.other.transport.write(self.waiting.popleft())

    def forward_all(self) -> None:
        """Send every chunk."""
        while self.waiting and self.other and self.other.transport:
            self.forward()

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other end too."""
        if self.other and self.other.transport:
            self.other.transport.close()


async def serve(url: str) -> None:
    """Accept connections until standard input ends."""
    loop, far, tasks = asyncio.get_running_loop(), Far(), set()
    target = conninfo_to_dict(url)
    host, port = str(target.get("host") or "localhost"), int(target.get("port") or 5432)

    def accepted() -> Side:
        client, server = Side(far), Side(None)
        client.other, server.other = server, client
        if host.startswith("/"):
            opening = loop.create_unix_connection(lambda: server, f"{host}/.s.PGSQL.{port}")
        else:
            opening = loop.create_connection(lambda: server, host, port)
        task = loop.create_task(opening)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return client

    listening = await loop.create_server(accepted, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        far.delay = float(line)
        print("set", flush=True)


class Proxy:
    """The proxy's process, as the benchmark uses it."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "bench.proxy", url]
        folder = Path(__file__).parent.parent
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder)
        self.url = through(url, int(self.answer()))

    def answer(self) -> str:
        """Read a line."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def hold(self, seconds: float) -> None:
        """Set what a round trip takes longer."""
        assert self.process.stdin
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.answer()

    def measured(self, seconds: float) -> float:
        """Return what a round trip takes in fact: the median of fifty."""
        self.hold(seconds)
        times = []
        with psycopg.connect(self.url, autocommit=True) as raw:
            for _ in range(50):
                began = time.perf_counter()
                raw.execute("SELECT 1")
                times.append(time.perf_counter() - began)
        return statistics.median(times)

    def stop(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)


def through(url: str, port: int) -> str:
    """Return the URL that leads through the proxy."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0].removesuffix(":")
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}", query=""))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
