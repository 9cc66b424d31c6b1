"""Through every combination of steps a label stays on what it was drawn around."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.models.config import Augmentation, ContrastMode, Preprocessing, Resize, ResizeMode, Tile, VersionConfig
from domain.models.geometry import Box
from marked_images import bright_parts, marked_image
from rendered_trees import rendered_pictures
from rendering.decode import decode
from rendering.picture import Picture
from rendering.pixels import Pixels

BLOCK = Box(96, 56, 48, 40)
ORIENTATIONS = st.integers(1, 8)
KINDS = st.sampled_from(["JPEG", "PNG"])
RESIZES = st.one_of(
    st.none(),
    st.builds(Resize, st.integers(90, 300), st.integers(90, 300), st.sampled_from(ResizeMode)),
)
TILES = st.one_of(
    st.none(),
    st.builds(
        Tile, st.integers(1, 3), st.integers(1, 3), st.sampled_from([0.0, 0.2, 0.5]), st.sampled_from([0.0, 0.3, 0.6])
    ),
)
PREPROCESSING = st.builds(
    Preprocessing,
    auto_orient=st.booleans(),
    resize=RESIZES,
    tile=TILES,
    grayscale=st.booleans(),
    contrast=st.one_of(st.none(), st.sampled_from(ContrastMode)),
)
AUGMENTATIONS = st.builds(
    Augmentation,
    multiplier=st.just(3),
    horizontal_flip=st.booleans(),
    vertical_flip=st.booleans(),
    rotate90=st.booleans(),
    rotation=st.sampled_from([0.0, 10.0, 45.0]),
    shear=st.sampled_from([0.0, 10.0, 30.0]),
    crop=st.sampled_from([0.0, 0.2, 0.5]),
    brightness=st.sampled_from([0.0, 0.05]),
    exposure=st.sampled_from([0.0, 0.1]),
    saturation=st.sampled_from([0.0, 0.5]),
    hue=st.sampled_from([0.0, 90.0]),
    grayscale=st.sampled_from([0.0, 0.5]),
    blur=st.sampled_from([0.0, 1.0]),
    noise=st.sampled_from([0.0, 0.02]),
    cutout_count=st.integers(1, 3),
    cutout_size=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 1000),
)


def pixels_of(picture: Picture) -> Pixels:
    pixels = decode(picture.jpeg, 1)
    assert pixels.shape == (picture.height, picture.width, 3)
    return pixels


def shows(picture: Picture, mode: ResizeMode | None) -> None:
    """Each label lies in its picture, and holds the centre of a bright part; where that may have grown together with
    its reflection, bright pixels."""
    pixels = pixels_of(picture)
    parts = bright_parts(pixels, mode is ResizeMode.FIT_WHITE)
    for label in picture.labels:
        box = label.box
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= picture.width + 1e-6
        assert box.bottom <= picture.height + 1e-6
        if min(box.width, box.height) >= 8:
            if mode is ResizeMode.FIT_REFLECT:
                inside = pixels[round(box.y) : round(box.bottom), round(box.x) : round(box.right)]
                assert (inside > 150).mean() > 0.2
            else:
                assert any(box.x <= x <= box.right and box.y <= y <= box.bottom for _, (x, y), _ in parts)


@settings(max_examples=150, deadline=None)
@given(kind=KINDS, orientation=ORIENTATIONS, preprocessing=PREPROCESSING)
def test_preprocessing_keeps_labels_on_their_objects(kind: str, orientation: int, preprocessing: Preprocessing) -> None:
    mode = preprocessing.resize.mode if preprocessing.resize else None
    white = mode is ResizeMode.FIT_WHITE
    if white:
        preprocessing = replace(preprocessing, contrast=None)  # after which the block is white, too
    with tempfile.TemporaryDirectory() as folder:
        image, path = marked_image(Path(folder), [BLOCK], kind=kind, orientation=orientation)
        pictures = rendered_pictures(image, path, VersionConfig(preprocessing))
    assert len({picture.tile for picture in pictures}) == preprocessing.tiles
    for picture in pictures:
        source = [one for one in pictures if one.copy == 0 and one.tile == picture.tile]
        assert source == [picture] or picture.copy
        shows(picture, mode)
    # Without contrast, which may make anything of a tile of one colour, the box is where the block is to the pixel.
    if preprocessing.contrast is None and mode is not ResizeMode.FIT_REFLECT:
        for picture in (one for one in pictures if one.copy == 0 and one.labels):
            ((part, _, area),) = [max(bright_parts(pixels_of(picture), white), key=lambda one: one[2])]
            (label,) = picture.labels
            if area >= 100:
                sides = [getattr(part, side) - getattr(label.box, side) for side in ("x", "y", "right", "bottom")]
                assert np.abs(sides).max() <= 2.0


@settings(max_examples=250, deadline=None)
@given(orientation=ORIENTATIONS, resize=RESIZES, tile=TILES, augmentation=AUGMENTATIONS)
def test_augmentation_keeps_labels_on_their_objects(
    orientation: int, resize: Resize | None, tile: Tile | None, augmentation: Augmentation
) -> None:
    if not augmentation.has_steps:
        return
    if resize and resize.mode is ResizeMode.FIT_WHITE:
        resize = replace(resize, mode=ResizeMode.FIT_BLACK)  # the same, but that no step takes it for the block
    with tempfile.TemporaryDirectory() as folder:
        image, path = marked_image(Path(folder), [BLOCK], orientation=orientation)
        config = VersionConfig(Preprocessing(resize=resize, tile=tile), augmentation)
        pictures = rendered_pictures(image, path, config)
    assert len(pictures) == 3 * config.preprocessing.tiles
    for picture in pictures:
        shows(picture, resize.mode if resize else None)


@settings(max_examples=60, deadline=None)
@given(
    augmentation=st.builds(
        Augmentation,
        multiplier=st.just(2),
        horizontal_flip=st.just(True),
        rotate90=st.booleans(),
        rotation=st.sampled_from([0.0, 20.0]),
        shear=st.sampled_from([0.0, 15.0]),
        seed=st.integers(0, 10_000),
    )
)
def test_no_object_that_a_copy_shows_lacks_its_label(augmentation: Augmentation) -> None:
    with tempfile.TemporaryDirectory() as folder:
        image, path = marked_image(Path(folder), [BLOCK])
        pictures = rendered_pictures(image, path, VersionConfig(augmentation=augmentation))
    for picture in pictures:
        (label,) = picture.labels
        ((part, _, _),) = bright_parts(pixels_of(picture))
        sides = [getattr(part, side) - getattr(label.box, side) for side in ("x", "y", "right", "bottom")]
        assert np.abs(sides).max() <= 2.5
