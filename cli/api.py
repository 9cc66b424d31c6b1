"""`agridrone api`: the GraphQL server alone."""

from __future__ import annotations

import asyncio

from cli.options import DataDir, Host, Port, settings_errors, settings_of


def api(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the GraphQL API until told to stop."""
    from cli.serve import serve

    settings = settings_of(host, port, data_dir)
    with settings_errors():
        asyncio.run(serve(settings))
