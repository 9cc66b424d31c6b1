"""What preprocessing and augmentation make of one image."""

from __future__ import annotations

from dataclasses import field

import strawberry

from domain.models import preview as entities
from schema.annotations import BoundingBox
from schema.payload import Payload


@strawberry.type
class PreviewBox:
    weed_type: str
    box: BoundingBox


@strawberry.type(description="A JPEG as a data address, with its boxes in its own pixels.")
class PreviewImage:
    data_url: str
    width: int
    height: int
    annotations: list[PreviewBox]

    @classmethod
    def of(cls, image: entities.PreviewImage) -> PreviewImage:
        return cls(
            data_url=image.data_url,
            width=image.width,
            height=image.height,
            annotations=[PreviewBox(weed_type=one.weed_type, box=BoundingBox.of(one.box)) for one in image.annotations],
        )


@strawberry.type(description="The preprocessed image first, then its augmented copies.")
class AugmentationPreviewPayload(Payload):
    images: list[PreviewImage] = field(default_factory=list)
