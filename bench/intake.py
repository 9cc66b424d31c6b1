"""All that images and annotations go through when they come in: `python -m bench intake`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bench.asset_pages import measure_asset_pages
from bench.importing import measure_importing
from bench.registering import measure_registering

Benchmark = Callable[[], Coroutine[Any, Any, None]]

INTAKE: Mapping[str, Benchmark] = {
    "registering": measure_registering,
    "importing": measure_importing,
    "asset-pages": measure_asset_pages,
}
