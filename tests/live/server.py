"""`agridrone up` as a real process on a folder of its own, and every process that came out of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from secret_watch import check_log, keep_out_of_logs

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]

_READY_SECONDS = 90.0
_STOP_SECONDS = 40.0
_LOG_LINES = 60
# What the developer's shell may hold, and would change what is tested.
_NOT_INHERITED = ("DATABASE_URL", "REDIS_URL", "AGRIDRONE_HOST", "AGRIDRONE_PORT", "AGRIDRONE_DATA_DIR", "PUBLIC_URL")


class LiveServer:
    """One data folder, on which `up` is started, stopped and killed."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.data_dir = folder / "data"
        self.address = ""
        self._log = folder / "server.log"
        # Every process of the server inherits it, the training child too: it tells them from the rest of the machine.
        self._mark = folder / "tmp"
        self._mark.mkdir()
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        # One thread: several tests run at a time, and more threads than cores wait for one another.
        ours = {"TMPDIR": str(self._mark), "PYTHONUNBUFFERED": "1", "THREADS": "1"}
        self._environment = kept | ours | environment
        self._up: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Returns when it answers."""
        offset = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._up = subprocess.Popen(
                self._command("up", "--port", "0"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=ROOT,
                start_new_session=True,
            )
        self.address = wait_for(lambda: self._said_ready(offset), _READY_SECONDS, "`up` to be ready")

    def stop(self) -> int:
        """Ends it with SIGTERM; the answer is its exit code."""
        self.up.send_signal(signal.SIGTERM)
        return self.up.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """kill -9 of `up` alone: what it started is not touched."""
        self.up.kill()
        self.up.wait()

    def token(self, email: str) -> str:
        made = subprocess.run(
            self._command("token", "--email", email),
            env=self._environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.split()[-1]

    @property
    def database_url(self) -> str:
        """Of the embedded database."""
        return f"sqlite+aiosqlite:///{self.data_dir / 'agridrone.sqlite'}"

    @property
    def up(self) -> subprocess.Popen[bytes]:
        assert self._up is not None, "the server was not started"
        return self._up

    def processes(self) -> list[psutil.Process]:
        """Everything that runs and came out of this folder's `up`s, whoever its parent is by now."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def part(self, *arguments: str) -> psutil.Process:
        """The process of one part, as ("worker", "io"), once it is there; not one that has been told to end."""
        return wait_for(lambda: self._part(arguments), _READY_SECONDS, f"`{' '.join(arguments)}` to run")

    def another(self, *arguments: str) -> None:
        """One more process of a part, as ("worker", "gpu"), beside the one that `up` keeps; on the same servers."""
        environment = self.part("worker", "gpu").environ()
        del environment["AGRIDRONE_PARENT"]
        with self._log.open("ab") as log:
            other = subprocess.Popen(
                self._command(*arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=ROOT
            )
        self._others.append(other)

    def another_api(self) -> str:
        """The address of one more API process, which answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.another("api", "--port", str(port))
        wait_for(lambda: _listens(port), _READY_SECONDS, "the other API to listen")
        return f"http://127.0.0.1:{port}"

    def training_children(self) -> list[psutil.Process]:
        return [process for process in self.processes() if "workers.child" in _arguments(process)]

    def log_tail(self) -> str:
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:])

    def check_log(self) -> None:
        """Raises AssertionError where a part of the server wrote a secret, its own signing secret among them."""
        keep_out_of_logs((self.data_dir / "secret").read_text(), "the data folder's secret")
        check_log(self._log.read_text("utf-8", "replace"))

    def clear_away(self) -> None:
        """Leaves no process, whatever the test did."""
        if self._up is not None and self._up.poll() is None:
            self._up.kill()
            self._up.wait()
        for process in self.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        for other in self._others:
            other.wait()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli", *arguments, "--data-dir", str(self.data_dir)]

    def _said_ready(self, offset: int) -> str | None:
        said = self._log.read_bytes()[offset:].decode("utf-8", "replace")
        found = re.search(r"^ready (http\S+)$", said, re.MULTILINE)
        if found is None and self.up.poll() is not None:
            raise AssertionError(f"`up` ended with code {self.up.returncode} as it started:\n{said}")
        return found[1] if found else None

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            # Valkey writes its title over its environment; it works in a folder of its own within the mark.
            marked = process.environ().get("TMPDIR") == str(self._mark) or process.cwd().startswith(str(self._mark))
            return marked and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False  # somebody else's, or gone

    def _part(self, arguments: tuple[str, ...]) -> psutil.Process | None:
        for process in psutil.Process(self.up.pid).children():
            if _arguments(process)[-len(arguments) :] == list(arguments):
                return process
        return None


@contextmanager
def live_server(**environment: str) -> Iterator[LiveServer]:
    """A started server; afterwards its processes and its folder are gone. A failure shows the end of its log."""
    # Not pytest's folder: a Unix socket's path has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="agri-", ignore_cleanup_errors=True) as folder:
        server = LiveServer(Path(folder), environment)
        try:
            server.start()
            yield server
        except BaseException as error:
            error.add_note(f"The server's log ends with:\n{server.log_tail()}")
            raise
        finally:
            server.clear_away()
        server.check_log()


def wait_for(probe: Callable[[], T | None], seconds: float, what: str) -> T:
    """The first answer of the probe that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"Waited {seconds:.0f} seconds for {what}, in vain.")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
