"""Many images that a browser can be shown: a few different pictures with their boxes, again and again."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageOps

from adapters.settings import Settings
from bench.databases import SILENCE
from bench.rows import add_project
from cli.demo.box import Box as LabelledBox
from cli.demo.dataset import LabelledImage, own_images
from cli.demo.ground import DRY_NOON
from cli.demo.scenes import HEIGHT, WIDTH, scene
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import upgrade
from domain.ids import new_id
from domain.keys import original_key, thumbnail_key
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box
from domain.models.people import Principal
from domain.models.project import Project
from workers.thumbnails import write_thumbnails

THUMBNAIL = 320
"""What the grid asks for on a screen whose pixels are CSS pixels."""

_PICTURES = 42
"""As many different ones where they are generated."""

_CORNERS = ((0, 0), (WIDTH, 0), (0, HEIGHT), (WIDTH, HEIGHT))
_A_WRITE = 250
_FIRST_SHOT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Picture:
    """Its size is the upright original's, in whose pixels the boxes are; `thumbnail` is a file."""

    width: int
    height: int
    boxes: Sequence[LabelledBox]
    thumbnail: Path


async def add_pictured_images(settings: Settings, pictures: Sequence[Picture], count: int) -> tuple[str, str]:
    """A project of `count` images, on which the pictures take turns, in the data folder of a server that does not run
    yet: (its id, its owner's e-mail address). Each image has its own thumbnail address; there are no originals."""
    settings.data_dir.mkdir(parents=True)
    await upgrade(settings.sqlalchemy_url)
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), SILENCE, SILENCE)
    try:
        principal, project = await add_project(database, "Many images")
        for start in range(0, count, _A_WRITE):
            numbers = range(start, min(start + _A_WRITE, count))
            await _write(database, principal, project, {number: pictures[number % len(pictures)] for number in numbers})
            for number in numbers:
                _link(settings.objects_dir, project.team_id, number, pictures[number % len(pictures)].thumbnail)
    finally:
        await database.close()
    return project.id, principal.email


def pictures_in(folder: Path) -> Sequence[Picture]:
    """The real aerial images in REALDATA_DIR, or beside the checkout; where they are missing, generated fields with
    about as many boxes. Their thumbnails are written into the folder."""
    real = Path(os.environ.get("REALDATA_DIR") or Path(__file__).parents[2] / "shared" / "realdata")
    listing = real / "annotations.json"
    if not listing.is_file():
        return [_picture(_four_fields(number), folder / str(number)) for number in range(_PICTURES)]
    found = own_images(real, listing)
    images = [*found.first, *found.more, *found.unseen]
    return [_picture(image, folder / str(number)) for number, image in enumerate(images)]


def _picture(image: LabelledImage, folder: Path) -> Picture:
    folder.mkdir(parents=True)
    with Image.open(io.BytesIO(image.read())) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    write_thumbnails(upright, folder)
    return Picture(upright.width, upright.height, image.boxes, folder / f"{THUMBNAIL}.jpg")


def _four_fields(number: int) -> LabelledImage:
    """Of generated fields, which have seven to eleven plants each."""
    joined = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT))
    boxes = []
    for corner, (left, top) in enumerate(_CORNERS):
        view = scene(4 * number + corner, DRY_NOON)
        with Image.open(io.BytesIO(view.jpeg)) as field:
            joined.paste(field, (left, top))
        boxes += [LabelledBox(one.label, one.x + left, one.y + top, one.width, one.height) for one in view.boxes]
    jpeg = io.BytesIO()
    joined.save(jpeg, "JPEG")
    return LabelledImage(f"fields-{number}.jpg", tuple(boxes), jpeg.getvalue())


async def _write(database: SqlDatabase, principal: Principal, project: Project, pictures: dict[int, Picture]) -> None:
    images = {number: _image(project, number, picture) for number, picture in pictures.items()}
    drawn = [_annotation(images[number], box) for number, picture in pictures.items() for box in picture.boxes]
    await database.write(lambda uow: uow.assets.add(*images.values()))
    await database.write(lambda uow: uow.annotations.add(drawn, principal.user_id))


def _link(objects: Path, team_id: str, number: int, thumbnail: Path) -> None:
    """One file under many keys: the browser sees different addresses, and decodes each."""
    path = objects / thumbnail_key(team_id, _sha256(number), THUMBNAIL)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.hardlink_to(thumbnail)


def _image(project: Project, number: int, picture: Picture) -> Asset:
    sha256 = _sha256(number)
    return Asset(
        id=new_id(),
        project_id=project.id,
        upload_batch_id=None,
        filename=f"DJI_{number:06}.JPG",
        s3_key=original_key(project.team_id, sha256),
        sha256=sha256,
        size_bytes=1,
        content_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        orientation=1,
        gps_latitude=None,
        gps_longitude=None,
        captured_at=None,
        imported_split=None,
        created_at=_FIRST_SHOT + timedelta(seconds=number),
        perceptual_hash=sha256[:16],
    )


def _annotation(image: Asset, drawn: LabelledBox) -> Annotation:
    return Annotation(
        id=new_id(),
        asset_id=image.id,
        weed_type=drawn.label,
        box=Box(float(drawn.x), float(drawn.y), float(drawn.width), float(drawn.height)),
        polygon=drawn.polygon,
        geo_coordinates=None,
        confidence=None,
        verified=True,
        source=AnnotationSource.MANUAL,
        created_at=image.created_at,
        updated_at=image.created_at,
    )


def _sha256(number: int) -> str:
    """A project has no two images of one checksum."""
    return hashlib.sha256(str(number).encode()).hexdigest()
