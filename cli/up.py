"""`agridrone up`: everything on this machine, with nothing else to install."""

from __future__ import annotations

import asyncio

from cli.options import DataDir, Host, Port, settings_errors, settings_of


def up(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start the API, an io worker and a gpu worker, and stop them together."""
    from cli.supervisor import supervise

    settings = settings_of(host, port, data_dir)
    with settings_errors():
        raise SystemExit(asyncio.run(supervise(settings)))
