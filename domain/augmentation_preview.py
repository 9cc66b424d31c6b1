"""What settings make of one image, before anything is made with them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.assets import readable_asset
from domain.augmentation_input import check_amounts
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.models.annotation import Annotation
from domain.models.asset import Asset
from domain.models.config import Augmentation, Preprocessing, VersionConfig
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.people import Principal
from domain.models.preview import PreviewImage, PreviewRequest
from domain.models.version import DatasetVersion, Manifest, Split
from domain.policies import Action
from domain.ports import Database, ManifestReader, PreviewRenderer, UnitOfWork, WorkerUnavailableError
from domain.preprocessing_input import check_preprocessing
from domain.ranges import check_within
from domain.versions import readable_version

ANSWER_SECONDS = 10.0
MAX_COPIES = 9


@dataclass(frozen=True, slots=True)
class PreviewAugmentation:
    """An image of a project under the settings given, those left out being none; or, with `version_id`, as that
    version froze it, under the version's own settings."""

    asset_id: str
    version_id: str | None
    preprocessing: Preprocessing | None
    augmentation: Augmentation | None
    copies: int


async def preview_augmentation(
    database: Database,
    manifests: ManifestReader,
    renderer: PreviewRenderer,
    principal: Principal,
    command: PreviewAugmentation,
) -> tuple[PreviewImage, ...]:
    """The preprocessed image (of its tiles the one with most objects) and its augmented copies, at preview size.

    Without a version the number of copies is the command's, whatever the multiplier; without steps there are none. Of a
    version they are those that it is trained on, as many of them as asked for. Raises NOT_FOUND, INVALID, NOT_READY for
    an image whose bytes were not read yet or a version without a manifest, UNSUPPORTED for one that cannot be rendered,
    and UNAVAILABLE when no worker answers.
    """
    request = await _of_version(database, manifests, principal, command)
    if request is None:
        request = await database.read(lambda uow: _of_asset(uow, principal, command))
    try:
        return await renderer.render(request, ANSWER_SECONDS)
    except WorkerUnavailableError as error:
        raise DomainError(ErrorCode.UNAVAILABLE, str(error)) from error


async def _of_asset(uow: UnitOfWork, principal: Principal, command: PreviewAugmentation) -> PreviewRequest:
    asset = await readable_asset(uow, principal, command.asset_id)
    config = VersionConfig(command.preprocessing or Preprocessing(), command.augmentation or Augmentation())
    check_preprocessing(config.preprocessing, "preprocessing")
    check_amounts(config.augmentation, "augmentation")
    _check_copies(command)
    annotations = (await uow.annotations.of_assets([asset.id])).get(asset.id, [])
    return PreviewRequest(_as_frozen(asset, annotations), config, command.copies)


async def _of_version(
    database: Database, manifests: ManifestReader, principal: Principal, command: PreviewAugmentation
) -> PreviewRequest | None:
    version_id = command.version_id
    if version_id is None:
        return None

    async def work(uow: UnitOfWork) -> tuple[DatasetVersion, Manifest, int]:
        version = await readable_version(uow, principal, version_id, Action.READ)
        for name in ("preprocessing", "augmentation"):
            if getattr(command, name) is not None:
                raise invalid(f"A version has its own settings; leave {name} out, or versionId.", name)
        _check_copies(command)
        if version.manifest is None:
            text = (
                f"v{version.version} is {version.status.value} and has no frozen images; it has them once it is READY."
            )
            raise DomainError(ErrorCode.NOT_READY, text, ("versionId",))
        row = await uow.version_assets.of_asset(version.id, command.asset_id)
        if row is None:
            raise not_found("asset")
        return version, version.manifest, row.position

    version, manifest, position = await database.read(work)
    image = await manifests.image(manifest, position)
    trained_on = version.config.augmentation.multiplier - 1 if image.split is Split.TRAIN else 0
    return PreviewRequest(image, version.config, min(command.copies, trained_on))


def _check_copies(command: PreviewAugmentation) -> None:
    check_within(command.copies, 1, MAX_COPIES, "The number of copies", "copies")


def _as_frozen(asset: Asset, annotations: list[Annotation]) -> FrozenImage:
    """As a version made now would freeze it. Raises NOT_READY."""
    if asset.sha256 is None or asset.width is None or asset.height is None:
        why = asset.facts_error or "it is done in the background; try again in a minute."
        raise DomainError(ErrorCode.NOT_READY, f"{asset.filename} has not been read yet: {why}", ("assetId",))
    return FrozenImage(
        asset_id=asset.id,
        filename=asset.filename,
        s3_key=asset.s3_key,
        sha256=asset.sha256,
        size_bytes=asset.size_bytes or 0,
        width=asset.width,
        height=asset.height,
        orientation=asset.orientation,
        gps_latitude=None,
        gps_longitude=None,
        group=asset.id,
        split=Split.TRAIN,
        annotations=tuple(
            FrozenAnnotation(one.id, one.weed_type, one.box, one.polygon, one.confidence, one.source, one.verified)
            for one in annotations
        ),
    )
