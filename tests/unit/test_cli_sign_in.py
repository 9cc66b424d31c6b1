"""Which server a command speaks to, and what it says when nobody is signed in."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.sign_in import SignInError, bearer_token, server_address


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AGRIDRONE_HOST", "AGRIDRONE_PORT", "AGRIDRONE_DATA_DIR", "JWT_SECRET", "JWKS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_an_address_it_is_this_machine_with_the_port_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server_address(None) == "http://127.0.0.1:8000"
    monkeypatch.setenv("AGRIDRONE_PORT", "9000")
    assert server_address(None) == "http://127.0.0.1:9000"


def test_a_given_address_needs_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGRIDRONE_PORT", "none")
    assert server_address("https://agridrone.example.org") == "https://agridrone.example.org"
    with pytest.raises(SignInError, match=r"AGRIDRONE_PORT.*--server"):
        server_address(None)


@pytest.mark.parametrize("given", ["", "agridrone.example.org", "ftp://example.org", "http://", "http://[::1"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(SignInError, match="--server"):
        server_address(given)


def test_a_given_token_is_taken_as_it_is() -> None:
    assert bearer_token("secret", "ana@example.org", "https://elsewhere.example.org") == "secret"


def test_without_token_and_address_it_says_what_to_give() -> None:
    with pytest.raises(SignInError, match=r"--token or AGRIDRONE_TOKEN.*--email"):
        bearer_token(None, None, "http://127.0.0.1:8000")


def test_the_development_sign_in_is_for_this_machine_alone() -> None:
    with pytest.raises(SignInError, match="on this machine only"):
        bearer_token(None, "ana@example.org", "https://elsewhere.example.org")


def test_the_development_sign_in_makes_no_new_data_folder(tmp_path: Path) -> None:
    with pytest.raises(SignInError, match="AGRIDRONE_DATA_DIR"):
        bearer_token(None, "ana@example.org", "http://localhost:8000")
    assert list(tmp_path.iterdir()) == []


def test_no_token_is_made_that_the_server_would_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWKS_URL", "https://login.example.org/keys")
    monkeypatch.setenv("JWT_ISSUER", "https://login.example.org")
    monkeypatch.setenv("JWT_AUDIENCE", "farm")
    done = CliRunner().invoke(app, ["token", "--email", "ana@example.org"])
    assert done.exit_code == 2
    assert "JWT_SECRET" in done.output
