"""A server of the demo's own, as a process that never outlives the demo."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.sign_in import development_token, development_token_command

_START_SECONDS = 120.0
_STOP_SECONDS = 45.0
_FIRST_PORT = 8000


class ServerError(Exception):
    """The server did not start, or broke off: a sentence, with the last lines of its log."""


class Server:
    """`main up` on a data folder. Use it as a context manager: the server runs inside, and is gone after it."""

    def __init__(self, data_dir: Path, host: str, port: int | None) -> None:
        """Without a port it takes 8000, or any free one when that is taken."""
        self.log = data_dir / "server.log"
        self._data_dir = data_dir
        self._host = host
        self._port = port or _free_port(host)
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            # A process group of its own: Ctrl-C reaches the demo alone, which then stops the server in order.
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                self._command(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        try:
            self.address = self._ready(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def token(self, email: str) -> str:
        """A bearer token of that user. Raises SignInError."""
        return development_token(email, self._data_dir, _environment())

    def token_command(self, email: str) -> list[str]:
        """The command that prints such a token."""
        return development_token_command(email, self._data_dir)

    def wait(self) -> None:
        """Returns when the server has ended by itself."""
        if self._process:
            self._process.wait()

    def last_lines(self, count: int = 20) -> str:
        """The end of the server's log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-count:])

    def _command(self) -> list[str]:
        listen = ["--host", self._host, "--port", str(self._port)]
        return [sys.executable, "-m", "cli", "up", *listen, "--data-dir", str(self._data_dir)]

    def _ready(self, process: subprocess.Popen[bytes]) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            said = re.search(r"^ready (http\S+)", self.log.read_text("utf-8", "replace"), re.MULTILINE)
            if said:
                return said[1]
            if process.poll() is not None:
                raise ServerError(
                    f"The server ended with code {process.returncode} as it started:\n{self.last_lines()}"
                )
            time.sleep(0.1)
        raise ServerError(f"The server was not ready after {_START_SECONDS:.0f} seconds:\n{self.last_lines()}")

    def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            # Too slow for itself, or for whoever pressed Ctrl-C twice: the group takes the server's workers along.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment() -> dict[str, str]:
    """Ours, but for what would lead the demo away from the embedded parts."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "JWT_SECRET": "",
        "PUBLIC_URL": "",
    }


def _free_port(host: str) -> int:
    for port in (_FIRST_PORT, 0):
        with socket.socket() as probe:
            # As the server itself will do: a port that only rests after its last user counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise ServerError(f"No port is free on {host}.")
