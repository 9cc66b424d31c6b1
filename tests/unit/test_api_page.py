"""docs/api.md says what is so: the limits and their defaults, and every code of an error."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from adapters.settings import Settings
from domain.errors import ErrorCode
from resolvers.limits import Limits

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


def test_every_limit_is_a_setting_with_the_default_that_is_told() -> None:
    told = dict(re.findall(r"^\| `(API_\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE))
    limits = {f"API_{limit.name.upper()}": f"{limit.default:,}" for limit in fields(Limits)}
    assert told == limits
    for limit in fields(Limits):
        assert Settings.model_fields[f"api_{limit.name}"].default == limit.default, limit.name


def test_every_code_of_an_error_is_explained() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)`(?:, `([A-Z_]+)`)? \|", PAGE, re.MULTILINE))
    codes = {code for pair in told for code in pair if code}
    assert {code.value for code in ErrorCode} <= codes
