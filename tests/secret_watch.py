"""No secret stands in a log: whatever is written while a test runs, by this process and by those that share its output,
is searched for the secrets that tests use, and the test fails. `conftest.py` takes the hook in.

What a program writes elsewhere is searched where it is started: `check_log` takes any text.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping

import pytest

SHAPES: Mapping[str, re.Pattern[str]] = {
    "a JSON Web Token": re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
    "an API token": re.compile(r"agri_[0-9a-fA-F]{64}"),
    "a webhook's secret": re.compile(r"whsec_[0-9a-fA-F]{16,}"),
    "an Authorization": re.compile(r"(?i)\bbearer [^\s<…'\"]{16,}"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@'\"]*:(?!\*{3}@)[^\s/@'\"]+@"),
    "a signed address": re.compile(r"[?&](signature|X-Amz-Signature)=[0-9a-f]{64}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
"""Secrets that are made anew each time are known by how they look."""

_known: dict[str, str] = {}


def keep_out_of_logs(secret: str, what: str) -> str:
    """Watches for that very text from now on, and gives it back."""
    _known[secret] = what
    return secret


def leaks(text: str) -> list[str]:
    """What kinds of secrets stand in the text, with the line of each, in which it is blotted out."""
    return [f"{what}: {_blotted(text, start, end)}" for what, start, end in _found(text)]


def check_log(text: str) -> None:
    """Raises AssertionError for a log with a secret in it."""
    found = leaks(text)
    assert not found, _sentence(found)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails the part of a test whose output holds a secret, and says so beside another failure."""
    report = yield
    written = [text for name, text in report.sections if name.startswith("Captured ") and name.endswith(report.when)]
    found = [leak for text in written for leak in leaks(text)]
    if found and report.failed:
        report.sections.append(("Secrets in the output", "\n".join(found)))
    elif found:
        report.outcome, report.longrepr = "failed", _sentence(found)
    return report


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    for secret, what in _known.items():
        if (start := text.find(secret)) >= 0:
            yield what, start, start + len(secret)
    for what, shape in SHAPES.items():
        if (match := shape.search(text)) is not None:
            yield what, *match.span()


def _blotted(text: str, start: int, end: int) -> str:
    line = text.rfind("\n", 0, start) + 1
    return f"{text[line:start][-200:]}▮▮▮{text[end:].partition(chr(10))[0][:200]}"


def _sentence(found: list[str]) -> str:
    return "A secret was written to a log or to the output:\n" + "\n".join(found)
