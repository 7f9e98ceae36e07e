"""What the report says of the machine."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

from bench.results import Machine


def described() -> Machine:
    """Return the machine, as far as the system tells."""
    return Machine(
        processor=first_after("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=gigabytes(first_after("/proc/meminfo", "MemTotal")),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0,
    )


def first_after(path: str, key: str) -> str:
    """Return what stands after `key:` in a file of /proc, if there is one."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")


def gigabytes(text: str) -> str:
    """Return `123456 kB` as gigabytes."""
    return f"{int(text.split(maxsplit=1)[0]) / 1024**2:.0f} GB" if text else ""
