"""Images and their annotations, on their way to the server."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.client import ApiError, Client
from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from cli.demo.screen import Step
from cli.local_file import LocalFile
from cli.sending import send_files

_ANNOTATIONS_A_CALL = 1000

_ANNOTATE = """
mutation ($input: CreateAnnotationsInput!) {
  createAnnotations(input: $input) { annotations { id } userErrors { code message field } }
}
"""


class _StepWatch:
    """Shows the sending of so many files on the demo's running step."""

    def __init__(self, step: Step, files: int) -> None:
        self._step = step
        self._files = files

    def sending(self, files: int, sent_bytes: int, saved_bytes: int) -> None:
        self._step.show(files, self._files, "sending")

    def checking(self, done: int, total: int) -> None:
        self._step.show(done, total, "checking")


async def upload(
    client: Client, project_id: str, batch_name: str, images: Sequence[LabelledImage], step: Step
) -> list[str]:
    """Uploads the images and waits until the server has checked them: the asset ids, in the order of `images`."""
    files = [LocalFile(image.filename, image.source) for image in images]
    report = await send_files(client, project_id, batch_name, files, _StepWatch(step, len(files)))
    if report.failures:
        first = report.failures[0]
        raise ApiError(f"{len(report.failures)} of {len(files)} images were refused. {first.name}: {first.reason}")
    assets = [asset_id for asset_id in report.asset_ids if asset_id is not None]
    if len(assets) != len(files):
        raise ApiError(f"{len(files) - len(assets)} of {len(files)} images were deleted as soon as they came.")
    return assets


async def annotate(
    client: Client, project_id: str, images: Sequence[LabelledImage], assets: Sequence[str], step: Step
) -> int:
    """Gives each image, known by the asset id at the same place, its true boxes; returns how many there are."""
    rows = list(_rows(images, assets))
    for start in range(0, len(rows), _ANNOTATIONS_A_CALL):
        part = rows[start : start + _ANNOTATIONS_A_CALL]
        await client.call(_ANNOTATE, input={"projectId": project_id, "annotations": part})
        step.show(start + len(part), len(rows), "annotating")
    return len(rows)


def _rows(images: Sequence[LabelledImage], assets: Sequence[str]) -> Iterator[dict[str, Any]]:
    for image, asset in zip(images, assets, strict=True):
        for box in image.boxes:
            yield {"assetId": asset, "weedType": box.label, "verified": True, **_shape(box)}


def _shape(box: Box) -> dict[str, Any]:
    shape: dict[str, Any] = {"box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height}}
    if box.polygon:
        shape["polygon"] = [{"x": x, "y": y} for x, y in box.polygon]
    return shape
