"""Small pictures of what a version would make of an image."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.config import VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenImage


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """The image, as it is or was frozen, under these settings: itself, preprocessed, and so many augmented copies."""

    image: FrozenImage
    config: VersionConfig
    copies: int


@dataclass(frozen=True, slots=True)
class PreviewBox:
    """An object, in pixels of the picture that it is in."""

    weed_type: str
    box: Box


@dataclass(frozen=True, slots=True)
class PreviewImage:
    """A JPEG of `width` × `height` pixels as a data address (RFC 2397), with what is to be seen on it."""

    data_url: str
    width: int
    height: int
    annotations: tuple[PreviewBox, ...]
