"""Who brings images, marks what is on them, and takes the oldest away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.client import ApiError, Client, UnavailableError
from cli.demo.dataset import LabelledImage
from cli.local_file import LocalFile
from cli.sending import send_files
from fleet.pictures import plant
from fleet.violation import Violation
from fleet.world import World

_AT_ONCE, _MOST = 3, 24
_PAUSE_SECONDS = 3
_ANNOTATE = """
mutation ($input: CreateAnnotationsInput!) {
  createAnnotations(input: $input) { annotations { id } userErrors { code message field } }
}
"""
_DELETE = "mutation ($ids: [ID!]!) { deleteAssets(ids: $ids) { deletedIds userErrors { code message field } } }"


async def bring_images(world: World) -> None:
    """Until it is told to end; so that a version has 24 of them at most, or few more."""
    number = 0
    while not world.told.is_set():
        images = [plant(number + place) for place in range(_AT_ONCE)]
        number += _AT_ONCE
        assets = await _sent(world, f"flight {number}", images)
        world.ledger.images |= {image.sha256: asset for image, asset in zip(images, assets, strict=True)}
        world.ledger.done["images"] += len(images)
        for image, asset in zip(images, assets, strict=True):
            await _annotate(world, image, asset)
        while len(world.ledger.images) > _MOST:
            await _delete_oldest(world)
        await world.pause(_PAUSE_SECONDS)


async def _sent(world: World, name: str, images: Sequence[LabelledImage]) -> list[str]:
    files = [LocalFile(image.filename, image.read()) for image in images]

    async def send(client: Client) -> list[str]:
        report = await send_files(client, world.project_id, name, files, _Unseen())
        assets = [asset for asset in report.asset_ids if asset is not None]
        if len(assets) < len(files):
            raise UnavailableError("; ".join(failure.reason for failure in report.failures))
        return assets

    return await world.caller.ask(send)


async def _annotate(world: World, image: LabelledImage, asset: str) -> None:
    shapes: list[dict[str, Any]] = [
        {
            "assetId": asset,
            "weedType": box.label,
            "verified": True,
            "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        }
        for box in image.boxes
    ]
    order = {"projectId": world.project_id, "annotations": shapes, "idempotencyKey": world.key("annotations")}
    made = (await world.caller.call(_ANNOTATE, input=order))["annotations"]
    if len(made) != len(shapes):
        raise Violation(f"createAnnotations was asked for {len(shapes)} annotations, and answered with {len(made)}.")
    world.ledger.annotations[asset] = frozenset(one["id"] for one in made)


async def _delete_oldest(world: World) -> None:
    sha256, asset = next(iter(world.ledger.images.items()))
    world.ledger.leaving.add(asset)
    try:
        await world.caller.call(_DELETE, ids=[asset])
    except ApiError as error:
        if error.code != "NOT_FOUND":  # an answer that was lost said that it is deleted
            raise
    del world.ledger.images[sha256]
    del world.ledger.annotations[asset]
    world.ledger.gone.add(asset)


class _Unseen:
    """Fulfils cli.sending.Watch."""

    def sending(self, files: int, sent_bytes: int, saved_bytes: int) -> None:
        """Nobody watches."""

    def checking(self, done: int, total: int) -> None:
        """Nobody watches."""
