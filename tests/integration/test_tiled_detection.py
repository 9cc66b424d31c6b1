"""Models trained on tiles, on whole photographs: each object once, wherever the seams are."""

from __future__ import annotations

import cv2
import pytest

from cli.demo.box import Box as ScoredBox
from cli.demo.score import score
from domain.ids import new_id
from domain.models.config import Preprocessing, Tile
from domain.models.detection import Detection, ServedModel
from domain.models.geometry import Box
from domain.tiling import tile_windows
from plant_scenes import CLASSES, HEIGHT, WIDTH, Plant, as_jpeg, drawn, ground, planted
from real_images import REALDATA, needs_real_images
from trained_detectors import IMAGE_SIZE, TEAM, TILED, WHOLE, Detector
from workers.engine import Engine, NetworkFile, Resident, RuntimeKind
from workers.engine.source_image import MIN_OVERLAP

_CONFIDENCE, _IOU = 0.25, 0.45


def resident(engine: Engine, detector: Detector, preprocessing: Preprocessing = TILED) -> Resident:
    model = ServedModel(new_id(), TEAM, "", detector.weights_sha256, None, CLASSES, preprocessing, IMAGE_SIZE)
    file = NetworkFile(RuntimeKind.ONNX, detector.onnx, detector.onnx_sha256, CLASSES, IMAGE_SIZE)
    return engine.load(model, file)


def f1(found: tuple[Detection, ...], plants: list[Plant]) -> float:
    ours = [ScoredBox(d.weed_type, d.box.x, d.box.y, d.box.width, d.box.height, d.confidence) for d in found]
    truth = [ScoredBox(p.kind, p.box.x, p.box.y, p.box.width, p.box.height) for p in plants]
    return score(ours, truth).f1


def test_small_plants_are_found_on_tiles_only(detector: Detector) -> None:
    pixels, plants = planted(ground(77), 77, 130)
    engine = Engine("cpu", 2)
    scores = []
    for preprocessing in (TILED, WHOLE):
        found = engine.detect(resident(engine, detector, preprocessing), as_jpeg(pixels), _CONFIDENCE, _IOU)
        assert (found.width, found.height) == (WIDTH, HEIGHT)
        scores.append(f1(found.detections, plants))
    assert scores[0] >= 0.7
    assert scores[0] >= scores[1] + 0.1


def on_the_seams() -> list[Plant]:
    """Plants on every crossing of two tiles' edges: each is whole in some tile, and cut, or seen again, by others."""
    windows = tile_windows(WIDTH, HEIGHT, Tile(4, 4, MIN_OVERLAP))
    columns = {edge for window in windows for edge in (window.x, window.right)} - {0, WIDTH}
    rows = {edge for window in windows for edge in (window.y, window.bottom)} - {0, HEIGHT}
    places = [(column, row) for column in sorted(columns) for row in sorted(rows)]
    return [Plant(CLASSES[n % 2], Box(x - 40.0, y - 40.0, 80, 80)) for n, (x, y) in enumerate(places)]


@needs_real_images
@pytest.mark.parametrize("name", ["DJI_0010.JPG", "DJI_0012.JPG"])
def test_what_lies_across_seams_of_a_real_photograph_counts_once(detector: Detector, name: str) -> None:
    photograph = cv2.imread(str(REALDATA / "images" / name), cv2.IMREAD_COLOR_RGB)
    assert photograph is not None
    assert photograph.shape[:2] == (HEIGHT, WIDTH)
    plants = on_the_seams()
    engine = Engine("cpu", 2)
    found = engine.detect(resident(engine, detector), as_jpeg(drawn(photograph, plants)), _CONFIDENCE, _IOU)
    hits = [sum(meets(one, plant, 0.4) for one in found.detections) for plant in plants]
    assert max(hits) == 1
    assert hits.count(1) >= 0.9 * len(plants)
    # A detector of ten epochs now and then sees something where there is half a plant; without merging it is every one.
    touched = [sum(meets(one, plant, 0.1) for one in found.detections) for plant in plants]
    assert sum(count > 1 for count in touched) <= 0.1 * len(plants)


def meets(found: Detection, plant: Plant, iou: float) -> bool:
    return found.weed_type == plant.kind and found.box.iou(plant.box) > iou
