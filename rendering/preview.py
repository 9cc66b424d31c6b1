"""A few small pictures of what a version would make of one image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from domain.models.config import Resize, ResizeMode, VersionConfig
from domain.models.manifest import FrozenImage
from rendering.order import Order, order_of
from rendering.picture import Picture, render


def preview_pictures(
    source: Path, image: FrozenImage, config: VersionConfig, copies: int, longest: int
) -> list[Picture]:
    """The image whose original lies at `source`, preprocessed, or of its tiles the one with most objects, and `copies`
    augmented copies of it.

    No side is longer than `longest` pixels: the pictures are made at that size, and what is measured in pixels shrinks
    with them. Without augmentation steps there are no copies. Raises ImageUnreadable.
    """
    order = order_of(image, config)
    parts = list(order.tile_labels())
    number = max(range(len(parts)), key=lambda n: len(parts[n][2]))
    _, how, _ = parts[number]
    share = min(longest / max(how.width, how.height), 1.0)
    small = replace(_shrunk(order, how.width, how.height, share), tiles=(number,))
    wanted = range(copies + 1) if config.augmentation.has_steps else (0,)
    return list(render(small, source, wanted))


def _shrunk(order: Order, width: int, height: int, share: float) -> Order:
    """The order for pictures of a size that is `share` of `width` × `height`."""
    asked = order.preprocessing.resize
    if asked is None:
        resize = Resize(max(round(width * share), 1), max(round(height * share), 1), ResizeMode.STRETCH)
    else:
        resize = replace(asked, width=max(round(asked.width * share), 1), height=max(round(asked.height * share), 1))
    return replace(
        order,
        preprocessing=replace(order.preprocessing, resize=resize),
        augmentation=replace(order.augmentation, blur=order.augmentation.blur * share),
    )
