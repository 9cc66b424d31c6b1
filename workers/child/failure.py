"""Failures of the child as sentences a person can act on."""

from __future__ import annotations


class CannotRun(Exception):  # noqa: N818 - a state, as its siblings are named
    """The job cannot be done as asked; the message says what to change."""


def sentence(error: Exception) -> str:
    """What to tell of an error that nobody foresaw."""
    text = " ".join(str(error).split())
    if "out of memory" in text.lower():
        return "The device ran out of memory; lower the batch size or the image size, or choose a smaller base model."
    if "NaN" in text:
        return "The training diverged: its loss is not a number. Lower the learning rate."
    return f"{type(error).__name__}: {text[:500]}" if text else f"{type(error).__name__} was raised without a message."
