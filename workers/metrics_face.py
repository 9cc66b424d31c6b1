"""The metrics of a worker, for Prometheus to come and read."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from starlette.applications import Starlette

from adapters.metrics.http import metrics_route
from adapters.metrics.registry import watch_disk
from adapters.settings import Settings
from workers.http_server import serve_http


def metrics_face(settings: Settings) -> list[Coroutine[Any, Any, None]]:
    """What tells the metrics of this process all the time, where METRICS_PORT is set. It raises SettingsError when the
    port is taken."""
    if not settings.metrics_port:
        return []
    watch_disk(settings.data_dir)
    app = Starlette(routes=[metrics_route(settings.metrics_token.get_secret_value(), _nothing_to_look_up)])
    return [serve_http(app, settings.metrics_host, settings.metrics_port, "METRICS_PORT")]


async def _nothing_to_look_up() -> None:
    """A worker counts what it does as it goes along."""
