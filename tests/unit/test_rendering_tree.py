"""The YOLO tree: what a label says is where the picture shows it, whatever was done to both."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.models.annotation import AnnotationSource
from domain.models.config import Augmentation, Preprocessing, Resize, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from marked_images import DARK, marked_image
from rendered_trees import render_tree, rendered_pictures
from rendering.decode import ImageUnreadable, decode, decode_file, read_orientation
from rendering.formats.dataset_format import FOLDERS
from rendering.pixels import upright_to_stored
from rendering.tree import RenderedTree, SplitTally

CLASSES = ["red", "green", "blue"]
COLOURS = np.array([(230, 30, 30), (30, 200, 30), (40, 40, 230)])
BOXES = [Box(20, 12, 60, 40), Box(150, 20, 36, 60), Box(110, 100, 50, 30), Box(30, 110, 24, 28)]
KINDS = [0, 1, 2, 1]
WIDTH, HEIGHT = 240, 160
REALDATA = Path(os.environ.get("REALDATA_DIR", Path(__file__).resolve().parents[3] / "shared" / "realdata"))


def _image(
    folder: Path, name: str = "field 1.png", orientation: int = 1, split: Split = Split.TRAIN, shade: int = 120
) -> FrozenImage:
    pixels = np.full((HEIGHT, WIDTH, 3), shade, np.uint8)
    for box, kind in zip(BOXES, KINDS, strict=True):
        pixels[int(box.y) : int(box.bottom), int(box.x) : int(box.right)] = COLOURS[kind]
    path = folder / hashlib.sha256(f"{name}{shade}".encode()).hexdigest()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(upright_to_stored(pixels, orientation))).save(path, "PNG", exif=exif)
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    annotations = tuple(
        FrozenAnnotation(str(i), CLASSES[kind], box, None, None, AnnotationSource.MANUAL, True)
        for i, (box, kind) in enumerate(zip(BOXES, KINDS, strict=True))
    )
    return FrozenImage(
        path.name, name, path.name, sha256, len(data), WIDTH, HEIGHT, orientation, None, None, "g", split, annotations
    )


def _render(folder: Path, images: list[FrozenImage], config: VersionConfig, name: str = "tree") -> RenderedTree:
    return render_tree(folder / name, images, lambda image: folder / image.s3_key, config, CLASSES, list(Split))


def _pairs(tree: RenderedTree, split: Split = Split.TRAIN) -> list[tuple[np.ndarray, list[tuple[int, Box]]]]:
    """Each picture with its labels in pixels."""
    pairs = []
    for path in sorted((tree.root / FOLDERS[split] / "images").iterdir()):
        pixels = decode_file(path, 1)
        height, width = pixels.shape[:2]
        labels = []
        for line in (path.parent.parent / "labels" / f"{path.stem}.txt").read_text().splitlines():
            kind, x, y, w, h = (float(value) for value in line.split())
            labels.append((int(kind), Box((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)))
        pairs.append((pixels, labels))
    return pairs


def _assert_marked(pixels: np.ndarray, labels: list[tuple[int, Box]], filled: float) -> None:
    """Boxes hold their colour (at least the share `filled`), and no colour lies outside its boxes."""
    distance = np.abs(pixels[:, :, None, :].astype(int) - COLOURS).sum(axis=-1)
    nearest = np.where(distance.min(axis=-1) < 120, distance.argmin(axis=-1), -1)
    covered = np.full(nearest.shape, False)
    for kind, box in labels:
        left, top, right, bottom = (round(v) for v in (box.x, box.y, box.right, box.bottom))
        inside = nearest[top:bottom, left:right] == kind
        if box.width >= 6 and box.height >= 6:
            assert inside.mean() >= filled
        covered[max(top - 3, 0) : bottom + 3, max(left - 3, 0) : right + 3] = True
    assert (nearest[~covered] >= 0).sum() == 0


CONFIGS = {
    "plain": Preprocessing(),
    "resized": Preprocessing(resize=Resize(200, 96)),
    "tiled": Preprocessing(tile=Tile(2, 3, min_visible=0.0)),
    "overlapping": Preprocessing(tile=Tile(3, 2, overlap=0.25, min_visible=0.0), resize=Resize(160, 160)),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("name", CONFIGS)
def test_labels_stay_on_their_objects(tmp_path: Path, name: str, upright: bool, orientation: int) -> None:
    config = VersionConfig(preprocessing=replace(CONFIGS[name], auto_orient=upright))
    pairs = _pairs(_render(tmp_path, [_image(tmp_path, orientation=orientation)], config))
    assert len(pairs) == config.preprocessing.tiles
    assert sum(len(labels) for _, labels in pairs) >= len(BOXES)
    for pixels, labels in pairs:
        _assert_marked(pixels, labels, 0.85)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize(
    ("steps", "filled"),
    [
        (Augmentation(multiplier=4, horizontal_flip=True, vertical_flip=True), 0.85),
        (Augmentation(multiplier=4, rotate90=True), 0.85),
        # A turned rectangle fills about half of the box around it.
        (Augmentation(multiplier=4, horizontal_flip=True, rotate90=True, rotation=30), 0.4),
    ],
)
def test_copies_keep_their_labels(tmp_path: Path, name: str, steps: Augmentation, filled: float) -> None:
    config = VersionConfig(preprocessing=CONFIGS[name], augmentation=steps)
    # Copies show parts of objects that min_visible drops; a threshold of 0 keeps them all.
    if config.preprocessing.tile is None:
        config = replace(config, preprocessing=replace(config.preprocessing, tile=Tile(1, 1, min_visible=0.0)))
    pairs = _pairs(_render(tmp_path, [_image(tmp_path)], config))
    assert len(pairs) == config.preprocessing.tiles * 4
    for pixels, labels in pairs:
        if labels:
            _assert_marked(pixels, labels, 0.25 if config.preprocessing.tiles > 1 and steps.rotation else filled)


def _data(tree: RenderedTree) -> dict[str, object]:
    """data.yaml, of which our subset needs no YAML library."""
    head, _, names = tree.data_yaml.read_text().partition("names:\n")
    values = dict(line.split(": ") for line in head.splitlines())
    return {**values, "names": [json.loads(line.removeprefix("  - ")) for line in names.splitlines()]}


def _contents(tree: RenderedTree) -> dict[str, bytes]:
    return {str(path.relative_to(tree.root)): path.read_bytes() for path in tree.root.rglob("*") if path.is_file()}


def test_the_bytes_do_not_depend_on_the_run(tmp_path: Path) -> None:
    images = [_image(tmp_path, f"{i}.png", shade=90 + i) for i in range(6)]
    config = VersionConfig(Preprocessing(tile=Tile(2, 2)), Augmentation(multiplier=3, rotation=20, rotate90=True))
    first, second = (_contents(_render(tmp_path, images, config, f"tree{n}")) for n in (1, 4))
    assert first == second
    assert len(first) == 6 * 4 * 3 * 2 + 1
    copies = [data for name, data in first.items() if name.endswith(".jpg")]
    assert len(set(copies)) == len(copies)


def test_only_training_images_are_copied(tmp_path: Path) -> None:
    images = [_image(tmp_path, f"{split}.png", split=split, shade=100 + i) for i, split in enumerate(Split)]
    config = VersionConfig(Preprocessing(tile=Tile(1, 2)), Augmentation(multiplier=3, horizontal_flip=True))
    tree = _render(tmp_path, images, config)
    assert {split: (t.sources, t.images) for split, t in tree.splits.items()} == {
        Split.TRAIN: (1, 6),
        Split.VAL: (1, 2),
        Split.TEST: (1, 2),
    }
    assert tree.validation is Split.VAL
    assert _data(tree) == {
        "train": "train/images",
        "val": "valid/images",
        "test": "test/images",
        "nc": "3",
        "names": CLASSES,
    }


def test_names_are_safe_and_never_collide(tmp_path: Path) -> None:
    names = ["DJI 0001.png", "DJI 0001.png", "../../up/DJI 0001.png", "größe ñ.png", ".png", "DJI 0001.PNG"]
    images = [_image(tmp_path, name) for name in names]  # equal pixels: equal SHA-256
    assert _render(tmp_path, images, VersionConfig()).splits[Split.TRAIN].images == len(names)
    files = [path.name for path in (tmp_path / "tree" / "train" / "images").iterdir()]
    assert len(files) == len(names)
    assert all(images[0].sha256[:8] in name and name.isascii() and " " not in name for name in files)


def test_what_was_skipped_is_counted(tmp_path: Path) -> None:
    image = _image(tmp_path)
    odd = [
        replace(image.annotations[0], weed_type="unknown"),
        replace(image.annotations[0], box=Box(float("nan"), 0, 1, 1)),
        replace(image.annotations[0], box=Box(110, 10, 20, 20)),  # half in either tile
    ]
    image = replace(image, annotations=(*image.annotations[:1], *odd))
    tree = _render(tmp_path, [image], VersionConfig(Preprocessing(tile=Tile(1, 2, min_visible=0.6))))
    assert {notice.code: notice.count for notice in tree.notices} == {
        "LABELS_OF_OTHER_CLASSES": 1,
        "LABELS_WITHOUT_AREA": 1,
        "LABELS_NOT_VISIBLE": 1,
        "VALIDATED_ON_TRAIN": 2,
    }
    assert tree.splits[Split.TRAIN].labels == 1


def test_without_validation_images_training_ones_serve_and_test_ones_never(tmp_path: Path) -> None:
    images = [_image(tmp_path, "a.png"), _image(tmp_path, "b.png", split=Split.TEST, shade=90)]
    tree = _render(tmp_path, images, VersionConfig())
    assert tree.validation is Split.TRAIN
    assert _data(tree)["val"] == "train/images"


def _render_only(folder: Path, images: list[FrozenImage], split: Split) -> RenderedTree:
    def source(image: FrozenImage) -> Path:
        return folder / image.s3_key

    return render_tree(folder / "tree", images, source, VersionConfig(), CLASSES, {split})


def test_one_split_alone_is_what_an_evaluation_reads(tmp_path: Path) -> None:
    images = [_image(tmp_path, "a.png"), _image(tmp_path, "b.png", split=Split.TEST, shade=90)]
    tree = _render_only(tmp_path, images, Split.TEST)
    assert tree.splits == {Split.TEST: SplitTally(sources=1, images=1, labels=4)}
    assert tree.notices == ()
    data = _data(tree)
    assert (data["train"], data["val"], data["test"]) == ("test/images",) * 3


def test_a_split_without_images_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no image in VAL"):
        _render_only(tmp_path, [_image(tmp_path)], Split.VAL)


def test_a_damaged_source_is_named(tmp_path: Path) -> None:
    image = _image(tmp_path, "cut off.png")
    (tmp_path / image.s3_key).write_bytes(b"\x89PNG")
    with pytest.raises(ImageUnreadable, match=r"cut off\.png"):
        _render(tmp_path, [image], VersionConfig())


def test_a_picture_too_long_for_a_jpeg_is_refused_with_what_to_do(tmp_path: Path) -> None:
    image, path = marked_image(tmp_path, [], width=65_600, height=4, kind="PNG")
    with pytest.raises(ImageUnreadable, match=r"65600 × 4 pixels, .* resizes the images or cuts them into tiles"):
        rendered_pictures(image, path, VersionConfig())
    tiled = VersionConfig(Preprocessing(tile=Tile(1, 2)))
    assert [one.width for one in rendered_pictures(image, path, tiled)] == [32_800] * 2


def test_a_manifest_of_another_size_is_not_drawn_over(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="240 × 160 pixels where the manifest says 241 × 160"):
        _render(tmp_path, [replace(_image(tmp_path), width=241)], VersionConfig())


@pytest.mark.skipif(not REALDATA.is_dir(), reason="the real images are not here: set REALDATA_DIR")
def test_real_drone_files_render(tmp_path: Path) -> None:
    files = [REALDATA / "images" / name for name in ("DJI_0010.JPG", "OSBS_029.tif", "SOAP_061.png")]
    images = []
    for path in files:
        data = path.read_bytes()
        with Image.open(path) as image:
            width, height = image.size
        images.append(
            FrozenImage(
                path.name, f"Site A/{path.name}", path.name, hashlib.sha256(data).hexdigest(), len(data), width, height,
                read_orientation(data), None, None, "g", Split.TRAIN, (),
            )
        )  # fmt: skip
    config = VersionConfig(Preprocessing(tile=Tile(2, 2), resize=Resize(128, 128)))
    tree = render_tree(tmp_path / "tree", images, lambda i: REALDATA / "images" / i.s3_key, config, [], list(Split))
    assert tree.splits[Split.TRAIN] == SplitTally(sources=3, images=12, labels=0)


@pytest.mark.parametrize("side", [256, 320, 640])
def test_a_jpeg_at_a_scale_of_its_own_shows_objects_where_they_are(tmp_path: Path, side: int) -> None:
    # 2250 is no multiple of 8: at an eighth of its size a quarter of the last row is padding.
    image, path = marked_image(tmp_path, [Box(3600, 2040, 200, 150)], width=4000, height=2250)
    (picture,) = rendered_pictures(image, path, VersionConfig(Preprocessing(resize=Resize(side, side))))
    weight = np.clip(decode(picture.jpeg, 1)[..., 0].astype(float) - DARK - 10, 0, None)
    rows, columns = np.indices(weight.shape) + 0.5
    (label,) = picture.labels
    assert (columns * weight).sum() / weight.sum() == pytest.approx(label.box.x + label.box.width / 2, abs=0.35)
    assert (rows * weight).sum() / weight.sum() == pytest.approx(label.box.y + label.box.height / 2, abs=0.35)
