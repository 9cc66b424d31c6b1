"""YOLO folders as the old pipeline, Roboflow and hand-made ones lay them out."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from cli.misuse import MisuseError
from cli.shadow.label import Label
from cli.shadow.yolo_folder import YoloFolder, read_yolo_folder, unpacked

BOX = Label("wattle", 0.5, 0.5, 0.2, 0.1)


def laid(
    root: Path, *files: str, yaml: str = "train: train/images\nval: valid/images\nnames: [wattle, gorse]\n"
) -> Path:
    """A folder with these files; texts hold one box."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("0 0.5 0.5 0.2 0.1\n" if name.endswith(".txt") else "picture")
    (root / "data.yaml").write_text(yaml)
    return root


def pictures(folder: YoloFolder) -> dict[str, tuple[str, list[Label]]]:
    return {one.name: (one.split, folder.labels_of(one)) for one in folder.pictures}


def faults(folder: YoloFolder) -> dict[str, str]:
    return {fault.where: fault.reason for fault in folder.faults}


def test_labels_lie_beside_the_folder_of_pictures_or_beside_the_pictures(tmp_path: Path) -> None:
    root = laid(
        *(tmp_path, "train/images/deep/a.JPG", "train/labels/deep/a.txt", "valid/images/b.png", "valid/images/b.txt"),
        *("train/images/empty.jpg", "train/images/.hidden.jpg", "train/images/notes.md"),
    )
    found = read_yolo_folder(root)
    assert pictures(found) == {
        "train/images/deep/a.JPG": ("TRAIN", [BOX]),
        "train/images/empty.jpg": ("TRAIN", []),
        "valid/images/b.png": ("VAL", [BOX]),
    }
    assert found.faults == []


def test_ultralytics_layout_with_path_and_names_by_number(tmp_path: Path) -> None:
    files = ("images/train/a.jpg", "labels/train/a.txt", "images/val/b.jpg", "labels/val/b.txt", "images/test/c.jpg")
    yaml = "path: data\ntrain: images/train\nval: [images/val]\ntest: images/test\nnames:\n  1: gorse\n  0: wattle\n"
    laid(tmp_path / "data", *files)
    (tmp_path / "data" / "data.yaml").unlink()
    (tmp_path / "dataset.yaml").write_text(yaml)
    found = read_yolo_folder(tmp_path)
    assert {name: split for name, (split, _) in pictures(found).items()} == {
        "data/images/train/a.jpg": "TRAIN",
        "data/images/val/b.jpg": "VAL",
        "data/images/test/c.jpg": "TEST",
    }
    assert found.classes.names == {0: "wattle", 1: "gorse"}


def test_paths_that_lead_above_the_folder_or_to_another_machine_are_found_in_it(tmp_path: Path) -> None:
    yaml = (
        "path: /no/such/machine\ntrain: ../train/images\nval: ..\\valid\\images\ntest: ../test/images\nnames: [wattle]"
    )
    found = read_yolo_folder(laid(tmp_path / "export", "train/images/a.jpg", "valid/images/b.jpg", yaml=yaml))
    assert {one.name: one.split for one in found.pictures} == {
        "train/images/a.jpg": "TRAIN",
        "valid/images/b.jpg": "VAL",
    }
    assert found.faults == [], "training does without test pictures"


def test_a_folder_that_stands_in_for_another_split_is_what_its_name_says(tmp_path: Path) -> None:
    yaml = "train: valid/images\nval: valid/images\nnames: [wattle]\n"
    found = read_yolo_folder(laid(tmp_path, "valid/images/a.jpg", yaml=yaml))
    assert [one.split for one in found.pictures] == ["VAL"]


def test_lists_of_pictures_in_text_files(tmp_path: Path) -> None:
    root = laid(
        tmp_path, "images/a.jpg", "images/b.jpg", "labels/b.txt", yaml="train: t.txt\nval: v.txt\nnames: [wattle]"
    )
    (root / "t.txt").write_text("./images/a.jpg\nimages/gone.jpg\n\n")
    (root / "v.txt").write_text("images/b.jpg\nimages/a.jpg\n")
    found = read_yolo_folder(root)
    assert pictures(found) == {"images/a.jpg": ("TRAIN", []), "images/b.jpg": ("VAL", [BOX])}
    assert faults(found) == {
        "t.txt": "It lists gone.jpg, which is not there.",
        "images/a.jpg": "It is in TRAIN and in VAL.",
    }


def test_what_training_would_stumble_upon_is_told(tmp_path: Path) -> None:
    root = laid(
        tmp_path, "train/images/a.jpg", "train/labels/a.txt", "train/labels/gone.txt", "train/labels/classes.txt"
    )
    (root / "train/labels/a.txt").write_text("0 0.5 0.5 0.2 0.1\n\n7 0.5 0.5 0.2 0.1\n0 0.5 0.5 0.2 0.1\n")
    found = read_yolo_folder(root)
    assert pictures(found) == {"train/images/a.jpg": ("TRAIN", [BOX])}
    assert faults(found) == {
        "data.yaml": "What it names is not there: val: valid/images.",
        "train/labels/gone.txt": "There is no picture of its name.",
        "train/labels/a.txt line 3": "Its class 7 is not among the 2 that data.yaml names.",
    }
    (root / "train/labels/a.txt").write_bytes(b"\xff\xfe")
    assert pictures(found) == {"train/images/a.jpg": ("TRAIN", [])}
    assert "cannot be read as text" in faults(found)["train/labels/a.txt"]


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("train: [", "is no YAML"),
        ("train: train/images\nnc: 2\n", "no `names`"),
        ("- a list", "no `names`"),
        ("names: [wattle]\ntrain: nowhere\n", "leads to no picture"),
    ],
)
def test_a_folder_that_is_none_to_train_from_is_refused(tmp_path: Path, yaml: str, reason: str) -> None:
    with pytest.raises(MisuseError, match=reason):
        read_yolo_folder(laid(tmp_path, yaml=yaml))


def test_without_or_with_two_yaml_files_it_is_asked_for_one(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"no data\.yaml"):
        read_yolo_folder(tmp_path)
    for name in ("a.yaml", "b.yml"):
        (tmp_path / name).write_text("names: [wattle]")
    with pytest.raises(MisuseError, match="keep one"):
        read_yolo_folder(tmp_path)


def test_an_archive_may_have_all_in_one_folder(tmp_path: Path) -> None:
    laid(tmp_path / "made" / "export", "train/images/a.jpg", "train/labels/a.txt", "valid/images/b.jpg")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in sorted((tmp_path / "made").rglob("*")):
            archive.write(path, path.relative_to(tmp_path / "made"))
    found = read_yolo_folder(unpacked(tmp_path / "export.zip", tmp_path / "unpacked"))
    assert pictures(found) == {
        "export/train/images/a.jpg": ("TRAIN", [BOX]),
        "export/valid/images/b.jpg": ("VAL", []),
    }


def test_what_is_neither_folder_nor_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.rar").write_text("no zip")
    with pytest.raises(MisuseError, match="cannot be unpacked"):
        unpacked(tmp_path / "export.rar", tmp_path / "unpacked")
