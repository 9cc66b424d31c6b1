"""Runs every benchmark, one after the other: `python -m bench`, or one by its name: `python -m bench snapshot`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bench.snapshot import measure_snapshot

BENCHMARKS: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = {"snapshot": measure_snapshot}


def main(names: list[str]) -> int:
    """0, or 2 for a name that no benchmark has."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"There is no benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}.\n")
        return 2
    for name in names or BENCHMARKS:
        asyncio.run(BENCHMARKS[name]())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
