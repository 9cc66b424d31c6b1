"""The pictures that a runtime is tried on: of the images that the model was made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import structlog

from domain.models.config import Preprocessing
from domain.paging import PageRequest
from domain.ports import AssetFilter, ObjectStore, UnitOfWork
from rendering.decode import ImageUnreadable
from rendering.pixels import Pixels
from workers.engine.source_image import SourceImage

PICTURES = 8
_log = structlog.get_logger(__name__)


async def image_keys(uow: UnitOfWork, model_id: str) -> list[str]:
    """The object keys of up to eight images: frozen ones, all over the version that the model was trained on; of the
    project where it was trained on none."""
    model = await uow.models.get(model_id)
    if model is None:
        return []
    if model.dataset_id is not None:
        counts = await uow.version_assets.counts([model.dataset_id], None)
        count = counts.get(model.dataset_id, 0)
        spread = sorted({number * count // PICTURES for number in range(PICTURES)})
        frozen = await uow.version_assets.at(model.dataset_id, spread)
        if frozen:
            return [frozen[position].s3_key for position in sorted(frozen)]
    pages = await uow.assets.pages([model.project_id], PageRequest(PICTURES), AssetFilter())
    return [asset.s3_key for asset in pages[model.project_id].items]


async def stored_images(store: ObjectStore, keys: Sequence[str]) -> list[bytes]:
    """Their files, but for those that are gone."""
    found = []
    for key in keys:
        try:
            found.append(await store.get(key))
        except KeyError:
            _log.warning("parity_image_missing", key=key)
    return found


def pictures_of(images: Sequence[bytes], preprocessing: Preprocessing) -> Iterator[Pixels]:
    """About eight of the pictures that the preprocessing makes of the images; none of an image that is unreadable."""
    each = ceil(PICTURES / len(images)) if images else 0
    for image in images:
        try:
            source = SourceImage.read(image, preprocessing)
        except ImageUnreadable as error:
            _log.warning("parity_image_unreadable", reason=str(error))
            continue
        step = max(len(source.windows) // each, 1)
        for window in source.windows[::step][:each]:
            yield source.picture(window)
