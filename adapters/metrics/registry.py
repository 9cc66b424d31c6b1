"""The metrics of this process, and what it says of itself whatever it does."""

from __future__ import annotations

import math
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, ProcessCollector, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time beside each counter, which nobody asks for

REGISTRY = CollectorRegistry()
"""One a process, whatever runs in it."""

ProcessCollector(registry=REGISTRY)
_build = Info("agridrone_build", "What runs here.", registry=REGISTRY)
_build.info({"version": version("agridrone-ops"), "python": platform.python_version()})

_retries = Counter(
    "agridrone_database_retries", "Transactions that the database asked for again.", ["reason"], registry=REGISTRY
)
_free = Gauge("agridrone_disk_free_bytes", "Free on the disk of the data folder.", registry=REGISTRY)
_size = Gauge("agridrone_disk_size_bytes", "Size of the disk of the data folder.", registry=REGISTRY)


def transaction_repeated(reason: str) -> None:
    """The database asked for a transaction again, because of `reason`."""
    _retries.labels(reason).inc()


def watch_disk(folder: Path) -> None:
    """The data folder of this process."""
    _free.set_function(lambda: _usage(folder)[0])
    _size.set_function(lambda: _usage(folder)[1])


def _usage(folder: Path) -> tuple[float, float]:
    """Free bytes and all bytes."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return math.nan, math.nan  # a folder that is not there must not cost the other metrics
    return usage.free, usage.total
