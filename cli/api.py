"""`agridrone api`: the GraphQL server alone."""

from __future__ import annotations

import asyncio

from cli.options import DataDir, Host, Port, settings_errors, settings_of


def api(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the GraphQL API until told to stop."""
    from uvicorn.loops.auto import auto_loop_factory

    from cli.serve import serve

    settings = settings_of(host, port, data_dir)
    with settings_errors(), asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(serve(settings))
