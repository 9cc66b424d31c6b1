"""Rendering previews as a task of the sandbox."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adapters.manifest import image_from_json
from domain.models.config import VersionConfig
from rendering.decode import ImageUnreadable
from rendering.picture import Picture
from rendering.pixels import use_one_thread
from rendering.preview import preview_pictures
from workers.sandbox.tasks import RefusedError

LONGEST = 320
"""Pixels of the longer side of a preview."""

use_one_thread()


class UnrenderableError(RefusedError):
    """The image at fault; the message says why."""


def render_preview(source: str, image: Mapping[str, Any], config: Mapping[str, Any], copies: int) -> dict[str, Any]:
    """`{"images": […]}` as adapters.preview_queue reads them, of the original at `source`; `image` is a manifest's line
    and `config` that of a VersionConfig. Raises UnrenderableError."""
    frozen, settings = image_from_json(dict(image)), VersionConfig.from_json(dict(config))
    try:
        pictures = preview_pictures(Path(source), frozen, settings, copies, LONGEST)
    except ImageUnreadable as error:
        raise UnrenderableError(str(error)) from error
    return {"images": [_to_json(picture) for picture in pictures]}


def _to_json(picture: Picture) -> dict[str, Any]:
    return {
        "dataUrl": f"data:image/jpeg;base64,{b64encode(picture.jpeg).decode()}",
        "width": picture.width,
        "height": picture.height,
        "annotations": [{"weedType": label.class_name, "box": asdict(label.box)} for label in picture.labels],
    }
