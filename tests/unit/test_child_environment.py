"""What a training child is told of the worker's environment: how to find programs and GPUs, and no setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.settings import Settings
from workers.child_process import _environment

SECRET = "not for the child"


def test_no_setting_and_no_secret_reaches_the_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    foreign = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "MYSQL_PWD", "SOME_API_KEY")
    for name in (*(field.upper() for field in Settings.model_fields), *foreign):
        monkeypatch.setenv(name, SECRET)
    environment = _environment(tmp_path, threads=2)
    assert [name for name, value in environment.items() if SECRET in value] == []
    assert environment["PATH"]
