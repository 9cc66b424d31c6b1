"""Masks of COCO files become outlines; pycocotools writes the masks."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from annotation_files import parsed
from domain.models.geometry import bounding_box
from domain.models.imports import ExportFormat
from rendering.masks import BadMaskError, mask_outline

HEIGHT, WIDTH = 90, 130
Mask = NDArray[np.uint8]


def _blob(seed: int) -> Mask:
    """One part without holes that no axis fits."""
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 12))
    radii = rng.uniform(15, 40, 12)
    points = np.stack([WIDTH / 2 + radii * np.cos(angles), HEIGHT / 2 + radii * np.sin(angles)], axis=1)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return mask


def _compressed(mask: Mask) -> str:
    counts: bytes = coco_mask.encode(np.asfortranarray(mask))["counts"]
    return counts.decode()


def _runs(mask: Mask) -> list[int]:
    runs = [(value, len(list(run))) for value, run in groupby(mask.flatten(order="F").tolist())]
    return [length for _, length in ([(0, 0), *runs] if runs[0][0] else runs)]


def _filled(polygon: Any) -> Mask:
    """The pixels whose centre lies inside; drawn eight times as large, so that edges and centres differ."""
    large = np.zeros((HEIGHT * 8, WIDTH * 8), np.uint8)
    cv2.fillPoly(large, [(np.array(polygon) * 8).astype(np.int32)], 1)
    return large[4::8, 4::8]


@pytest.mark.parametrize("encode", [_compressed, _runs])
@pytest.mark.parametrize("seed", range(5))
def test_an_outline_encloses_the_mask(seed: int, encode: Any) -> None:
    mask = _blob(seed)
    box, polygon = mask_outline(HEIGHT, WIDTH, encode(mask))
    rows, columns = np.nonzero(mask)
    assert (box.x, box.y, box.right, box.bottom) == (
        columns.min(),
        rows.min(),
        columns.max() + 1,
        rows.max() + 1,
    )
    assert bounding_box(polygon) == box
    drawn = _filled(polygon)
    shared = np.logical_and(drawn, mask).sum() / np.logical_or(drawn, mask).sum()
    assert shared > 0.95


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((10, 20), (30, 60)), ((0, HEIGHT), (0, WIDTH)), ((89, 90), (129, 130)), ((0, 1), (0, 1)), ((40, 41), (3, 9))],
)
@pytest.mark.parametrize("encode", [_compressed, _runs])
def test_a_rectangle_is_outlined_to_its_edges(rows: tuple[int, int], columns: tuple[int, int], encode: Any) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[slice(*rows), slice(*columns)] = 1
    _, polygon = mask_outline(HEIGHT, WIDTH, encode(mask))
    assert set(polygon) == {(float(x), float(y)) for x in columns for y in rows}


def test_noise_is_decoded_as_pycocotools_decodes_it() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        mask = (rng.random((HEIGHT, WIDTH)) < rng.random()).astype(np.uint8)
        assert mask_outline(HEIGHT, WIDTH, _compressed(mask)) == mask_outline(HEIGHT, WIDTH, _runs(mask))


def test_of_several_parts_the_largest_is_outlined_and_the_box_holds_all() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[5:8, 5:8] = mask[50:80, 60:100] = 1
    box, polygon = mask_outline(HEIGHT, WIDTH, _compressed(mask))
    assert (box.x, box.y, box.right, box.bottom) == (5, 5, 100, 80)
    assert set(polygon) == {(60, 50), (100, 50), (100, 80), (60, 80)}


@pytest.mark.parametrize(
    ("height", "width", "counts"),
    [
        (10, 10, [100]),
        (10, 10, []),
        (10, 10, [50, 51]),
        (10, 10, [50, 10]),
        (10, 10, [110, -10]),
        (10, 10, [0, 2**70]),
        (0, 10, [0]),
        (-10, -10, [0, 100]),
        (65_500, 65_500, [0, 65_500**2]),
        (15_000, 15_000, [0, 15_000**2]),
        (10, 10, "hello world"),
        (10, 10, "é"),
        (10, 10, "oooooooooooooooooooo"),
        (10, 10, "o"),
        (10, 10, ""),
    ],
)
def test_runs_that_make_no_mask_are_refused(height: int, width: int, counts: Any) -> None:
    with pytest.raises(BadMaskError, match=r"mask.*\."):
        mask_outline(height, width, counts)


@pytest.mark.parametrize("encode", [_compressed, _runs])
@pytest.mark.parametrize("has_box", [True, False])
@pytest.mark.parametrize("crowd", [0, 1])
def test_a_coco_file_with_masks_gives_polygons(tmp_path: Path, encode: Any, has_box: bool, crowd: int) -> None:
    mask = _blob(0)
    segmentation = {"size": [HEIGHT, WIDTH], "counts": encode(mask)}
    annotation = {"image_id": 0, "category_id": 0, "iscrowd": crowd, "segmentation": segmentation}
    bad = annotation | {"segmentation": {"size": [HEIGHT, WIDTH + 1], "counts": encode(mask)}}
    worse = annotation | {"segmentation": {"size": HEIGHT, "counts": encode(mask)}}
    content = {
        "images": [{"id": 0, "file_name": "a.jpg"}],
        "categories": [{"id": 0, "name": "dock"}],
        "annotations": [annotation | ({"bbox": [1, 2, 3, 4]} if has_box else {}), bad, worse],
    }
    path = tmp_path / "upload"
    path.write_text(json.dumps(content))
    _, (image,), skips = parsed(path, ExportFormat.COCO)
    box, polygon = mask_outline(HEIGHT, WIDTH, encode(mask))
    assert image.objects[0].polygon == polygon
    assert image.objects[0].box.x == (1 if has_box else box.x)
    assert [skip.where for skip in skips] == ["annotations[1]", "annotations[2]"]
