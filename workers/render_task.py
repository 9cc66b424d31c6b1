"""Rendering as a task of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from rendering.decode import ImageUnreadable
from rendering.order import Order
from rendering.pack import PackWriter
from rendering.picture import render
from rendering.pixels import use_one_thread
from workers.sandbox.tasks import RefusedError

# The cores are shared out by processes; threads within one would only get in the others' way.
use_one_thread()


class UnrenderableError(RefusedError):
    """The image at fault; the message says why."""


def render_image(order: Mapping[str, Any], source: str, packs: Mapping[str, str]) -> dict[str, Any]:
    """Render the image at `source` as rendering.order's JSON asks, the copies that `packs` names, each into a pack at
    the path it gives.

    The answer is empty, or has the error number and text of the system (`errno`, `strerror`) where the packs could not
    be written, for a full disk, say: the image is not at fault then. Raises UnrenderableError.
    """
    try:
        _render(Order.from_json(dict(order)), Path(source), {int(copy): Path(path) for copy, path in packs.items()})
    except ImageUnreadable as error:
        raise UnrenderableError(str(error)) from error
    except OSError as error:
        return {"errno": error.errno, "strerror": error.strerror}
    return {}


def _render(order: Order, source: Path, packs: Mapping[int, Path]) -> None:
    with ExitStack() as stack:
        writers = {copy: stack.enter_context(closing(PackWriter(path))) for copy, path in packs.items()}
        for picture in render(order, source, sorted(writers)):
            writers[picture.copy].add(picture)
