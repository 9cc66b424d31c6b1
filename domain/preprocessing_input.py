"""The documented ranges of preprocessing, each refusal with the path of the field at fault."""

from __future__ import annotations

from domain.errors import invalid
from domain.models.config import Preprocessing, Resize, Tile
from domain.ranges import check_listed, check_within
from domain.shapes import MAX_CLASS_NAME, checked_class_name

MAX_TILES, MAX_OVERLAP = 16, 0.9
MIN_RESIZE, MAX_RESIZE = 16, 8192


def check_preprocessing(preprocessing: Preprocessing, *path: str) -> None:
    """Raises INVALID for the first value outside its range; the preprocessing stands at `path` in the input."""
    if preprocessing.resize is not None:
        _check_resize(preprocessing.resize, *path, "resize")
    if preprocessing.tile is not None:
        _check_tile(preprocessing.tile, *path, "tile")
    if preprocessing.max_empty_fraction is not None:
        share = preprocessing.max_empty_fraction
        check_within(share, 0, 1, "The share of images without an object", *path, "maxEmptyFraction")
    _check_classes(preprocessing, *path)


def check_present_class(name: str, *path: str) -> None:
    """Raises INVALID for what no annotation bears as its class. In an adopted database names may have blanks around
    them."""
    checked_class_name(name, *path)
    if len(name) > MAX_CLASS_NAME:
        raise invalid(f"A class name has 1 to {MAX_CLASS_NAME} characters, its blanks included.", *path)


def _check_resize(resize: Resize, *path: str) -> None:
    check_within(resize.width, MIN_RESIZE, MAX_RESIZE, "The width in pixels", *path, "width")
    check_within(resize.height, MIN_RESIZE, MAX_RESIZE, "The height in pixels", *path, "height")


def _check_tile(tile: Tile, *path: str) -> None:
    check_within(tile.rows, 1, MAX_TILES, "Rows", *path, "rows")
    check_within(tile.columns, 1, MAX_TILES, "Columns", *path, "columns")
    check_within(tile.overlap, 0, MAX_OVERLAP, "The overlap", *path, "overlap")
    check_within(tile.min_visible, 0, 1, "The visible share", *path, "minVisible")


def _check_classes(preprocessing: Preprocessing, *path: str) -> None:
    renames, drops = (*path, "classRemap"), (*path, "dropClasses")
    check_listed(preprocessing.class_remap or None, "classes", *renames)
    check_listed(preprocessing.drop_classes or None, "classes", *drops)
    for name in preprocessing.drop_classes:
        check_present_class(name, *drops)
    sources = set()
    for one in preprocessing.class_remap:
        check_present_class(one.source, *renames)
        if checked_class_name(one.target, *renames) != one.target:
            raise invalid(f"The new class name {one.target!r} has a blank at its start or end.", *renames)
        if one.source in sources:
            raise invalid(f"The class {one.source} is renamed twice.", *renames)
        sources.add(one.source)
    both = sorted(sources & set(preprocessing.drop_classes))
    if both:
        raise invalid(f"The class {both[0]} is dropped, so it cannot be renamed as well.", *renames)
