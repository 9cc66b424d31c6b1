"""The generated fields: the same from the same seed, and true to their boxes."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cli.demo.box import Box
from cli.demo.dataset import generated_fields
from cli.demo.ground import DRY_NOON, LUSH_EVENING, Conditions
from cli.demo.plants import PLANTS
from cli.demo.scenes import HEIGHT, WIDTH, Scene, scene

CONDITIONS = pytest.mark.parametrize("conditions", [DRY_NOON, LUSH_EVENING], ids=lambda conditions: conditions.name)


def pixels(view: Scene) -> NDArray[np.float64]:
    return np.asarray(Image.open(BytesIO(view.jpeg)), dtype=np.float64)


def inside(picture: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """The middle of the box, where there is plant and hardly any ground."""
    left, top = round(box.x + box.width / 3), round(box.y + box.height / 3)
    return picture[top : round(top + box.height / 3), left : round(left + box.width / 3)].reshape(-1, 3)


@CONDITIONS
def test_a_seed_always_gives_the_same_bytes_and_boxes(conditions: Conditions) -> None:
    assert scene(5, conditions) == scene(5, conditions)


def test_seeds_and_conditions_give_different_fields() -> None:
    views = [scene(1, DRY_NOON), scene(2, DRY_NOON), scene(1, LUSH_EVENING)]
    assert len({view.jpeg for view in views}) == 3
    assert len({view.boxes for view in views}) == 3


@CONDITIONS
def test_the_picture_has_the_promised_size_and_its_boxes_lie_inside_and_apart(conditions: Conditions) -> None:
    for seed in range(8):
        view = scene(seed, conditions)
        assert Image.open(BytesIO(view.jpeg)).size == (WIDTH, HEIGHT)
        for index, box in enumerate(view.boxes):
            assert box.x >= 0
            assert box.y >= 0
            assert box.right <= WIDTH
            assert box.bottom <= HEIGHT
            assert min(box.width, box.height) >= 30
            assert not any(box.iou(other) for other in view.boxes[:index])


@CONDITIONS
def test_every_field_has_both_classes(conditions: Conditions) -> None:
    for seed in range(8):
        assert {box.label for box in scene(seed, conditions).boxes} == set(PLANTS)


@CONDITIONS
def test_what_is_in_a_box_looks_like_its_plant_and_not_like_the_ground(conditions: Conditions) -> None:
    for seed in range(4):
        view = scene(seed, conditions)
        picture = pixels(view)
        bare = np.ones((HEIGHT, WIDTH), dtype=bool)
        for box in view.boxes:
            bare[int(box.y) : int(box.bottom) + 1, int(box.x) : int(box.right) + 1] = False
        ground = picture[bare].mean(axis=0)
        for box in view.boxes:
            red, green, blue = inside(picture, box).mean(axis=0)
            assert np.abs(np.array([red, green, blue]) - ground).max() > 15
            # Blossom is yellow, needles are blue-green.
            assert (red > blue + 30) if box.label == "wattle" else (green > red)


@pytest.mark.parametrize("label", PLANTS)
def test_a_plant_reaches_every_edge_of_its_own_picture(label: str) -> None:
    for seed in range(5):
        plant = np.asarray(PLANTS[label](np.random.default_rng(seed), 90.0))[..., 3]
        for edge in (plant[0], plant[-1], plant[:, 0], plant[:, -1]):
            assert edge.max() >= 96


def test_no_field_of_the_demo_is_used_twice() -> None:
    data = generated_fields()
    images = data.first + data.more + data.unseen
    assert len({image.name for image in images}) == len(images)
    assert len({image.sha256 for image in images}) == len(images)
