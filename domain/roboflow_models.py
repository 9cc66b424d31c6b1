"""Roboflow's models by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.errors import invalid

MAX_MODELS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,150}/[1-9][0-9]{0,5}")


def checked_models(names: Sequence[str], *field: str) -> tuple[str, ...]:
    """The names, each once. Raises INVALID for one that is not of the form `workspace-project/6`, and for too many."""
    if len(names) > MAX_MODELS:
        raise invalid(f"A project has at most {MAX_MODELS} Roboflow models, these are {len(names)}.", *field)
    for name in names:
        if not is_model_name(name):
            raise invalid("A Roboflow model is named as its project and version are: workspace-project/6.", *field)
    return tuple(dict.fromkeys(names))


def is_model_name(name: str) -> bool:
    """Whether it is of the form `workspace-project/6`; such a name leads nowhere but to a model when it becomes part of
    an address."""
    return _NAME.fullmatch(name) is not None
