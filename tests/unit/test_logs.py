"""What stands in a log: one JSON object a line, whoever wrote it, and no secret."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from adapters.logs import configure_logs
from secret_watch import leaks


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a process writes to stderr that begins as `agridrone-api` does."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with warnings.catch_warnings():
        configure_logs("info", "agridrone-api")
        yield file
        logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_lines_of_ours_and_of_libraries_are_alike(written: io.StringIO) -> None:
    with bound_contextvars(request_id="r-1", job_id="j-1"):
        structlog.get_logger().info("work_done", seconds=1.5)
        logging.getLogger("botocore.retries").warning("tried %d times", 3)
    ours, theirs = lines(written)
    shared = {"service": "agridrone-api", "request_id": "r-1", "job_id": "j-1"}
    assert ours.items() >= {**shared, "event": "work_done", "seconds": 1.5, "level": "info"}.items()
    named = {"event": "tried 3 times", "level": "warning", "logger": "botocore.retries"}
    assert theirs.items() >= {**shared, **named}.items()
    assert set(theirs) - set(ours) == {"logger"}


def test_libraries_are_heard_from_warning_on(written: io.StringIO) -> None:
    logging.getLogger("arq.worker").info("started")
    structlog.get_logger().debug("looked")
    assert lines(written) == []


def test_an_error_is_one_line_with_its_traceback(written: io.StringIO) -> None:
    for log in (structlog.get_logger().exception, logging.getLogger("asyncio").exception):
        try:
            raise KeyError("asset")
        except KeyError:
            log("it_failed")
    for line in lines(written):
        assert (line["event"], line["level"]) == ("it_failed", "error")
        assert str(line["exception"]).startswith("Traceback")
        assert str(line["exception"]).endswith("KeyError: 'asset'")


def test_warnings_of_python_are_lines_too(written: io.StringIO) -> None:
    warnings.simplefilter("always")
    warnings.warn("this goes away", DeprecationWarning, stacklevel=1)
    (line,) = lines(written)
    assert line["logger"] == "py.warnings"
    assert "this goes away" in str(line["event"])


def test_what_is_no_json_is_told_as_it_can_be(written: io.StringIO) -> None:
    structlog.get_logger().warning("odd", thing={1: object, "half": "\ud800"}, huge=1 << 80)
    (line,) = lines(written)
    assert line["huge"] == 1 << 80


CRASH = """
from adapters.logs import configure_logs, log_crashes
configure_logs("info", "agridrone-io")
log_crashes()
raise ConnectionError("mysql+aiomysql://agridrone:" + "sword" + "fish@db/agridrone")
"""


def test_what_ends_a_process_is_a_line_too() -> None:
    ended = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=False)
    (line,) = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == 1
    assert (line["event"], line["service"], line["level"]) == ("crashed", "agridrone-io", "critical")
    assert line["exception"].endswith("ConnectionError: mysql+aiomysql://***@db/agridrone")


SECRETS = [
    ("https://bucket.s3/key?X-Amz-Credential=AKIA%2F1&X-Amz-Signature={}&x-id=GetObject", "a" * 64),
    ("http://127.0.0.1/objects/k?expires=1&signature={}", "b" * 64),
    ("mysql+aiomysql://agridrone:{}@db/agridrone", "swordfish"),
    ("redis://:{}@cache:6379/0", "swordfish"),
    ("Authorization: Bearer {}", "x" * 40),
    ("agri_{}", "c" * 64),
    ("whsec_{}", "d" * 64),
    ("token {}", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJlIG9m"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_blotted_out_wherever_they_stand(text: str, secret: str, written: io.StringIO) -> None:
    said = text.format(secret)
    del logging.getLogger().handlers[1:]  # pytest's own, which blots nothing out
    structlog.get_logger().error("it_failed", reason=said, nested={"address": [said]})
    logging.getLogger("botocore").warning("Could not reach %s", said)
    try:
        raise OSError(said)
    except OSError:
        structlog.get_logger().exception("it_failed")
    assert secret not in written.getvalue()
    assert leaks(written.getvalue()) == []
    assert len(lines(written)) == 3
    assert written.getvalue().count("***") >= 4


def test_addresses_without_secrets_stay_as_they_are(written: io.StringIO) -> None:
    said = "GET http://127.0.0.1:8000/graphql?query=x&id=5 of a@b.org, job=7, basic training, bearer of news"
    structlog.get_logger().warning("odd", said=said)
    assert lines(written)[0]["said"] == said
