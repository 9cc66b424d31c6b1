"""Which server a command speaks to, and as whom."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx


class SignInError(Exception):
    """There is no server to speak to, or nobody to speak as: a sentence that says what to do."""


def server_address(given: str | None) -> str:
    """The given address, checked, or that of the server which the settings describe, on this machine."""
    if given is None:
        from adapters.settings import SettingsError, load_settings

        try:
            port = load_settings().port
        except SettingsError as error:
            raise SignInError(f"{error}. Or name the server: --server, or AGRIDRONE_SERVER.") from error
        if port == 0:
            raise SignInError("AGRIDRONE_PORT is 0, a port that nobody knows beforehand: name the server by --server.")
        return f"http://127.0.0.1:{port}"
    try:
        address = httpx.URL(given)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise SignInError(f"--server: {given!r} is no address such as https://agridrone.example.org.")
    return given


def bearer_token(given: str | None, email: str | None, address: str) -> str:
    """The given token, or that of the development sign-in: the data folder of a server on this machine signs it."""
    if given:
        return given
    if not email:
        raise SignInError(
            "Nobody is signed in. Give a token by --token or AGRIDRONE_TOKEN; for a server on this machine, "
            "--email you@example.org is enough."
        )
    if not _is_loopback(httpx.URL(address).host):
        raise SignInError(f"--email signs in on this machine only, and {address} is elsewhere: give a --token.")
    from adapters.settings import SettingsError, load_settings

    try:
        data_dir = load_settings().data_dir
    except SettingsError as error:
        raise SignInError(f"{error}. Or give a token by --token.") from error
    if not data_dir.is_dir():
        raise SignInError(
            f"--email: there is no folder {data_dir}, in which the server keeps its data. Run this where the server "
            "runs, set AGRIDRONE_DATA_DIR to its folder, or give a token by --token."
        )
    return development_token(email, data_dir, os.environ)


def development_token(email: str, data_dir: Path, environment: Mapping[str, str]) -> str:
    """As `agridrone token` prints it. Raises SignInError with what that says."""
    made = subprocess.run(  # noqa: S603 (our own command)
        development_token_command(email, data_dir), capture_output=True, text=True, check=False, env=environment
    )
    lines = made.stdout.split()
    if made.returncode or not lines:
        raise SignInError(f"No token could be made for {email}: {made.stderr.strip()[-2000:]}")
    return lines[-1]


def development_token_command(email: str, data_dir: Path) -> list[str]:
    """A process of its own, since it works on the server's database, and a client does not."""
    return [sys.executable, "-m", "cli", "token", "--email", email, "--data-dir", str(data_dir)]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
