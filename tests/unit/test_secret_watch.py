"""The watch over logs finds every kind of secret, in the output of a test and in that of programs it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sign_in import TokenSigner
from domain.models.people import User
from roboflow_server import KEY
from secret_watch import check_log, keep_out_of_logs, leaks
from stack import SECRET

TESTS = Path(__file__).parents[1]
_USER = User("id", "Rosa", "rosa@example.org", datetime.now(UTC))
TOKEN = TokenSigner(SECRET.encode()).issue(_USER, timedelta(hours=1))


@pytest.mark.parametrize(
    ("secret", "what"),
    [
        (SECRET, "JWT_SECRET"),
        (KEY, "ROBOFLOW_API_KEY"),
        (TOKEN, "a JSON Web Token"),
        ("agri_" + "0a" * 32, "an API token"),
        ("whsec_" + "5e" * 32, "a webhook's secret"),
        ("Bearer the-secret-of-some-gpu-host", "an Authorization"),
        ("mysql+aiomysql://root:pass@127.0.0.1:3306/farm", "an address with a password"),
        ("redis://:pass@127.0.0.1/0", "an address with a password"),
        ("/objects/a.jpg?expires=9&signature=" + "5e" * 32, "a signed address"),
        ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ],
)
def test_every_kind_of_secret_is_found_and_not_repeated(secret: str, what: str) -> None:
    line = f'{{"event": "claim_failed", "error": "OSError(\'{secret}\')", "level": "error"}}'
    found = leaks(f"before\n{line}\nafter")
    assert [leak.partition(": ")[0] for leak in found] == [what]
    assert secret not in found[0]
    assert "claim_failed" in found[0]
    with pytest.raises(AssertionError, match="claim_failed"):
        check_log(line)


@pytest.mark.parametrize(
    "line",
    [
        "The Authorization must be `Bearer <token>`.",
        "Send the GPU host's secret (GPU_HTTP_SECRET) as `Authorization: Bearer <secret>`.",
        "mysql+aiomysql://root:***@127.0.0.1:3306/farm is not reachable",
        "redis://127.0.0.1:6379/0 and http://127.0.0.1:8000/graphql answer",
        '{"event": "stray_collected", "key": "teams/a/originals/5e/5e5e.jpg", "sha256": "' + "5e" * 32 + '"}',
        "agri_… and whsec_… are how secrets begin",
    ],
)
def test_what_is_no_secret_may_be_written(line: str) -> None:
    assert leaks(line) == []


def test_a_secret_of_its_own_is_watched_for_once_it_is_told() -> None:
    mine = "a secret that nothing looks like"
    assert leaks(mine) == []
    keep_out_of_logs(mine, "my secret")
    assert leaks(f"said {mine} aloud") == ["my secret: said ▮▮▮ aloud"]


LEAKING = """
import logging, subprocess, sys
import pytest, structlog

TOKEN = "{token}"

def test_print(): print(TOKEN)
def test_structlog(): structlog.get_logger().warning("refused", token=TOKEN)
def test_logging(): logging.getLogger("any").warning("refused %s", TOKEN)
def test_child(): subprocess.run([sys.executable, "-c", f"import sys; sys.stderr.write('{{TOKEN}}')"], check=True)
@pytest.fixture
def loud():
    yield
    print(TOKEN)
def test_teardown(loud): pass
def test_failing(): print(TOKEN); assert False
def test_quiet(): print("nothing")
"""


def test_a_test_that_logs_a_secret_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING.format(token=TOKEN))
    command = [sys.executable, "-m", "pytest", "-p", "secret_watch", "-p", "no:cacheprovider", "-rA", "--color=no"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "test_leaking.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "5 failed, 2 passed, 1 error" in done.stdout, done.stdout
    for name in ("print", "structlog", "logging", "child", "failing"):
        assert f"FAILED test_leaking.py::test_{name}" in done.stdout
    assert "ERROR test_leaking.py::test_teardown" in done.stdout
    assert done.stdout.count("a JSON Web Token: ") >= 6
