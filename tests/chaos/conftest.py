"""A server for the tests of a file, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from live.server import LiveServer, live_server


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """Each test leaves it running, and nothing at work on it."""
    with live_server() as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows the end of the server's log."""
    report = yield
    server = item.funcargs.get("server")
    if report.failed and isinstance(server, LiveServer):
        report.sections.append(("The server's log ends with", server.log_tail()))
    return report
