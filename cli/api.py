"""`agridrone api`: the GraphQL server alone."""

from __future__ import annotations

import asyncio

from cli.options import DataDir, Host, Port, settings_errors, settings_of

_SERVICE = "agridrone-api"


def api(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the GraphQL API until told to stop."""
    from uvicorn.loops.auto import auto_loop_factory

    from adapters.logs import log_crashes
    from adapters.tracing import tracing
    from cli.serve import serve

    settings = settings_of(host, port, data_dir, _SERVICE)
    log_crashes()
    with settings_errors(), tracing(settings, _SERVICE), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(serve(settings))
