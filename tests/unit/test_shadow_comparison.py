"""A version's manifest held against a YOLO folder: each kind of difference, alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.shadow.comparison import Comparison
from cli.shadow.frozen import FrozenSide
from cli.shadow.pairing import MatchedBy
from cli.shadow.report import Kind, Report
from cli.shadow.wording import lines_of
from cli.shadow.yolo_folder import read_yolo_folder

SPLITS = {"TRAIN": "train", "VAL": "valid", "TEST": "test"}


@dataclass
class Field:
    """Three images of 200 × 100 pixels, frozen and in a folder, as alike as can be."""

    root: Path
    header: dict[str, Any]
    images: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        return self.root / "export"

    def image(self, name: str) -> dict[str, Any]:
        return next(one for one in self.images if one["filename"] == name)

    def label_file(self, name: str) -> Path:
        return next(self.folder.rglob(f"labels/{Path(name).stem}.txt"))

    def compared(self, same_iou: float = 0.9) -> Report:
        manifest = self.root / "manifest.json"
        lines = ",\n".join(json.dumps(image) for image in self.images)
        manifest.write_text(json.dumps({"header": self.header})[:-1] + ',"images":[\n' + lines + "\n]}\n")
        comparison = Comparison(FrozenSide(manifest), read_yolo_folder(self.folder), same_iou)
        for _ in comparison.steps():
            pass
        return comparison.report

    def kinds(self, same_iou: float = 0.9) -> dict[Kind, int]:
        return dict(Counter(one.kind for one in self.compared(same_iou).differences))


def note(name: str, *box: float, polygon: list[list[float]] | None = None) -> dict[str, Any]:
    return {"class": name, "box": list(box), "polygon": polygon}


@pytest.fixture
def field(tmp_path: Path) -> Field:
    preprocessing: dict[str, Any] = {"class_remap": [], "drop_classes": [], "resize": None, "tile": None}
    header = {"classes": ["gorse", "wattle"], "preprocessing": preprocessing}
    images = []
    for name, split in (("a.JPG", "TRAIN"), ("flight 1/b.JPG", "TRAIN"), ("c.JPG", "VAL")):
        content = f"the bytes of {name}".encode()
        base = Path(name).name
        notes = [note("wattle", 20, 30, 40, 20), note("gorse", 100, 10, 20.5, 30)]
        facts = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "width": 200, "height": 100}
        images.append({"filename": name, "split": split, "annotations": notes, **facts})
        for kind in ("images", "labels"):
            (tmp_path / "export" / SPLITS[split] / kind).mkdir(parents=True, exist_ok=True)
        (tmp_path / "export" / SPLITS[split] / "images" / base).write_bytes(content)
        lines = "1 0.2 0.4 0.2 0.2\n0 0.55125 0.25 0.1025 0.3\n"
        (tmp_path / "export" / SPLITS[split] / "labels" / f"{Path(base).stem}.txt").write_text(lines)
    yaml = "train: train/images\nval: valid/images\nnames: [gorse, wattle]\n"
    (tmp_path / "export" / "data.yaml").write_text(yaml)
    return Field(tmp_path, header, images)


def test_what_is_alike_has_no_difference(field: Field) -> None:
    report = field.compared()
    assert report.same
    assert report.matched[MatchedBy.CONTENT] == 3
    assert report.same_boxes == 6
    assert {(name, tally.version, tally.folder) for name, tally in report.images.items()} == {
        ("TRAIN", 2, 2),
        ("VAL", 1, 1),
        ("TEST", 0, 0),
    }
    assert field.image("a.JPG")["annotations"], "of which there were some"


def test_pictures_of_other_pixels_are_known_by_their_names(field: Field) -> None:
    images = field.folder / "train" / "images"
    (images / "a.JPG").write_bytes(b"resized")
    renamed = "b_JPG.rf.0123456789abcdef0123456789abcdef"
    (images / "b.JPG").unlink()
    (images / f"{renamed}.jpg").write_bytes(b"resized")
    field.label_file("b.JPG").rename(field.label_file("b.JPG").with_name(f"{renamed}.txt"))
    exported = f"another_{field.image('c.JPG')['sha256'][:8]}"
    valid = field.folder / "valid"
    (valid / "images" / "c.JPG").unlink()
    (valid / "images" / f"{exported}.jpg").write_bytes(b"rendered")
    (valid / "labels" / "c.txt").rename(valid / "labels" / f"{exported}.txt")
    report = field.compared()
    assert report.differences == []
    assert report.matched == {
        MatchedBy.CONTENT: 0,
        MatchedBy.EXPORT_NAME: 1,
        MatchedBy.NAME: 1,
        MatchedBy.ROBOFLOW_NAME: 1,
    }


def add_image(field: Field) -> None:
    field.images.append({**field.image("a.JPG"), "filename": "new.JPG", "sha256": "0" * 64})


def add_picture(field: Field) -> None:
    (field.folder / "train" / "images" / "old.JPG").write_bytes(b"of an image that is gone")


def add_twins(field: Field) -> None:
    """Two images of one name: which of them the resized picture shows is not known."""
    field.images.append({**field.image("a.JPG"), "filename": "flight 2/a.JPG", "sha256": "1" * 64})
    (field.folder / "train" / "images" / "a.JPG").write_bytes(b"resized")


def add_copy(field: Field) -> None:
    images = field.folder / "train" / "images"
    (images / "a_JPG.rf.0123456789abcdef.jpg").write_bytes(b"augmented")


def move_split(field: Field) -> None:
    for kind in ("images", "labels"):
        (one,) = (field.folder / "train" / kind).glob("a.*")
        shutil.move(one, field.folder / "valid" / kind)


def lose_object(field: Field) -> None:
    path = field.label_file("a.JPG")
    path.write_text(path.read_text().splitlines()[0])


def add_object(field: Field) -> None:
    field.image("a.JPG")["annotations"].pop()


def move_object(field: Field) -> None:
    field.label_file("a.JPG").write_text("1 0.22 0.4 0.2 0.2\n0 0.55125 0.25 0.1025 0.3\n")


def change_class(field: Field) -> None:
    field.image("a.JPG")["annotations"][0]["class"] = "gorse"


def rename_class(field: Field) -> None:
    field.header["classes"] = ["gorse", "acacia"]
    field.header["preprocessing"]["class_remap"] = [{"source": "wattle", "target": "acacia"}]


def turn_classes(field: Field) -> None:
    yaml = field.folder / "data.yaml"
    yaml.write_text(yaml.read_text().replace("[gorse, wattle]", "[wattle, gorse]"))
    for path in field.folder.rglob("labels/*.txt"):
        path.write_text("".join(f"{1 - int(line[0])}{line[1:]}\n" for line in path.read_text().splitlines()))


def unused_class(field: Field) -> None:
    yaml = field.folder / "data.yaml"
    yaml.write_text(yaml.read_text().replace("wattle]", "wattle, lantana]"))


def drop_class(field: Field) -> None:
    field.header["classes"] = ["wattle"]
    field.header["preprocessing"]["drop_classes"] = ["gorse"]


def outline_there(field: Field) -> None:
    field.label_file("a.JPG").write_text("1 0.1 0.3 0.3 0.3 0.2 0.5\n0 0.55125 0.25 0.1025 0.3\n")


def outline_here(field: Field) -> None:
    outline_there(field)
    for image in field.images:
        image["annotations"][0]["polygon"] = [[20, 30], [60, 30], [40, 50]]


def bad_line(field: Field) -> None:
    path = field.label_file("a.JPG")
    path.write_text(path.read_text() + "9 0.5 0.5 0.1 0.1\n")


CASES: list[tuple[Callable[[Field], None], dict[Kind, int]]] = [
    (add_image, {Kind.IMAGE_ONLY_IN_VERSION: 1}),
    (add_picture, {Kind.IMAGE_ONLY_IN_FOLDER: 1}),
    (add_twins, {Kind.IMAGE_ONLY_IN_FOLDER: 1, Kind.IMAGE_ONLY_IN_VERSION: 2}),
    (add_copy, {Kind.IMAGE_REPEATED: 1}),
    (move_split, {Kind.SPLIT_MOVED: 1}),
    (lose_object, {Kind.BOX_ONLY_IN_VERSION: 1}),
    (add_object, {Kind.BOX_ONLY_IN_FOLDER: 1}),
    (move_object, {Kind.BOX_MOVED: 1}),
    (change_class, {Kind.BOX_OF_OTHER_CLASS: 1}),
    (
        rename_class,
        {Kind.BOX_OF_OTHER_CLASS: 3, Kind.CLASS_ONLY_IN_VERSION: 1, Kind.CLASS_ONLY_IN_FOLDER: 1},
    ),
    (turn_classes, {Kind.CLASS_ORDER: 1}),
    (unused_class, {Kind.CLASS_ONLY_IN_FOLDER: 1}),
    (drop_class, {Kind.BOX_ONLY_IN_FOLDER: 3, Kind.CLASS_ONLY_IN_FOLDER: 1}),
    (outline_there, {Kind.OUTLINE_ONLY_IN_FOLDER: 1}),
    (outline_here, {Kind.OUTLINE_ONLY_IN_VERSION: 2}),
    (bad_line, {Kind.FAULT_IN_FOLDER: 1}),
]


@pytest.mark.parametrize(("spoil", "kinds"), [pytest.param(*case, id=case[0].__name__) for case in CASES])
def test_each_difference_is_found_and_nothing_else(
    field: Field, spoil: Callable[[Field], None], kinds: dict[Kind, int]
) -> None:
    spoil(field)
    assert field.kinds() == kinds


def test_a_folder_of_boxes_says_nothing_of_outlines(field: Field) -> None:
    field.image("a.JPG")["annotations"][0]["polygon"] = [[20, 30], [60, 30], [40, 50]]
    assert field.kinds() == {}


def test_how_much_boxes_must_share_is_a_choice(field: Field) -> None:
    move_object(field)
    assert field.kinds(same_iou=0.8) == {}
    (moved,) = field.compared().differences
    assert (moved.image, moved.picture) == ("a.JPG", "train/images/a.JPG")
    assert (moved.in_version, moved.in_folder) == (
        "wattle 0.200000 0.400000 0.200000 0.200000",
        "wattle 0.220000 0.400000 0.200000 0.200000",
    )
    assert moved.iou == pytest.approx(0.18 / 0.22, abs=1e-4)


@pytest.mark.parametrize(
    ("size", "mode", "line"),
    [
        ((100, 100), "STRETCH", "1 0.2 0.4 0.2 0.2"),
        ((100, 100), "FIT_WITHIN", "1 0.2 0.4 0.2 0.2"),
        ((100, 100), "FIT_BLACK", "1 0.2 0.45 0.2 0.1"),
        ((400, 100), "FIT_REFLECT", "1 0.35 0.4 0.1 0.2"),
        ((120, 100), "FILL_CENTER_CROP", "1 0.083333 0.4 0.166667 0.2"),
        ((100, 100), "FILL_CENTER_CROP", None),
    ],
)
def test_resizing_moves_objects_as_it_does_where_versions_are_rendered(
    field: Field, size: tuple[int, int], mode: str, line: str | None
) -> None:
    field.header["preprocessing"]["resize"] = {"width": size[0], "height": size[1], "mode": mode}
    for image in field.images:
        image["annotations"] = [note("wattle", 20, 30, 40, 20)]
    for path in field.folder.rglob("labels/*.txt"):
        path.write_text(f"{line}\n" if line else "")
    assert field.kinds(same_iou=0.99) == {}


def test_objects_beyond_the_image_and_repeated_ones_count_as_training_counts_them(field: Field) -> None:
    notes = field.image("a.JPG")["annotations"]
    notes += [dict(notes[0]), note("wattle", 250, 10, 20, 20), note("wattle", 10, 10, 0, 20)]
    assert field.kinds() == {}
    assert field.compared().objects["wattle", "TRAIN"].version == 2


def test_one_image_in_two_splits_of_the_folder_is_a_repeated_one(field: Field) -> None:
    shutil.copy(field.folder / "train" / "images" / "a.JPG", field.folder / "valid" / "images" / "twin.JPG")
    (repeated,) = field.compared().differences
    assert (repeated.kind, repeated.image, repeated.picture) == (
        Kind.IMAGE_REPEATED,
        "a.JPG",
        "valid/images/twin.JPG",
    )


def test_the_report_reads_and_parses(field: Field) -> None:
    for spoil in (add_image, change_class, bad_line, move_split):
        spoil(field)
    for number in range(12):
        (field.folder / "train" / "images" / f"old-{number:02}.jpg").write_bytes(b"gone")
    report = field.compared()
    version = {"version": 3, "name": "North block-v3"}
    lines = list(lines_of(version, Path("old"), report, all_differences=False, frozen_now=True))
    assert lines[0] == "Version 3 (North block-v3) beside old: 16 differences."
    assert "gorse is wattle in the folder on 1 object." in lines
    assert "Pictures only in the folder: 12" in lines
    assert "  … and 2 more; --all lists them." in lines
    assert "  a.JPG (valid/images/a.JPG): TRAIN -> VAL" in lines
    assert lines[-1].startswith("Version 3 was frozen for this")
    whole = list(lines_of(version, Path("old"), report, all_differences=True, frozen_now=False))
    assert "  train/images/old-11.jpg: 0 objects" in whole
    document = json.loads(json.dumps(report.document()))
    assert document["same"] is False
    assert sum(document["counts"].values()) == len(document["differences"]) == 16
    assert document["renamed"] == [{"version": "gorse", "folder": "wattle", "objects": 1}]
    assert {"class": "gorse", "split": "TRAIN", "version": 5, "folder": 1} in document["objects"]
