"""The local files of a download: names that are safe whatever the server says, and files on their way."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.client import ApiError
from cli.partial_file import PartialFile
from cli.table import table
from cli.version.manifest_file import FrozenFile, frozen_files, safe_name

SHA = "0123456789abcdef" * 4


def image(filename: Any, sha256: Any = SHA, split: Any = "TRAIN", size: Any = 7) -> dict[str, Any]:
    return {"filename": filename, "sha256": sha256, "split": split, "size": size, "annotations": []}


def manifest(path: Path, *images: Any) -> Path:
    lines = ",".join("\n" + (one if isinstance(one, str) else json.dumps(one)) for one in images)
    path.write_text(f'{{"header":{{}},"images":[{lines}\n]}}\n')
    return path


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("flight 1/DJI_0001.JPG", "DJI_0001_01234567.JPG"),
        ("../../etc/passwd", "passwd_01234567"),
        ("/etc/cron.d/x.jpg", "x_01234567.jpg"),
        ("..\\..\\windows\\system32\\a.jpg", "a_01234567.jpg"),
        ("..", "image_01234567"),
        ("", "image_01234567"),
        (".ssh", "ssh_01234567"),
        ("-rf.jpg", "rf_01234567.jpg"),
        ("a\x00b\n\x1b[31m.jpg", "a_b_31m_01234567.jpg"),
        ("\u202egpj.exe", "gpj_01234567.exe"),
        ("con.jpg", "con_01234567.jpg"),
        ("поле.jpg", "image_01234567.jpg"),
        ("\ud800.jpg", "image_01234567.jpg"),
        ("a.jpg:stream", "a_01234567"),
        ("x" * 500 + ".jpeg", "x" * 80 + "_01234567.jpeg"),
    ],
)
def test_names_are_plain(filename: str, name: str) -> None:
    assert safe_name(filename, SHA) == name


@given(st.text())
def test_no_name_leaves_its_folder_or_hides(filename: str) -> None:
    name = safe_name(filename, SHA)
    assert Path(name).name == name
    assert name.isascii()
    assert name.isprintable()
    assert name[0] not in ".-~"
    assert len(name) < 120
    assert not set(name) & set('/\\:*?"<>| ')


def test_images_fall_into_folders_by_their_splits_and_no_two_share_a_name(tmp_path: Path) -> None:
    other = "01234567" + "f" * 56
    images = [image("a.jpg"), image("b/A.jpg", other), image("a.jpg", other, "VAL"), image("a.jpg", other, "TEST")]
    files = frozen_files(manifest(tmp_path / "m.json", *images))
    assert [str(file.path) for file in files] == [
        "train/a_01234567.jpg",
        "train/A_01234567~2.jpg",
        "valid/a_01234567.jpg",
        "test/a_01234567.jpg",
    ]
    assert files[1] == FrozenFile("b/A.jpg", "TRAIN", other, 7, files[1].path)


def test_an_empty_version_has_no_files(tmp_path: Path) -> None:
    assert frozen_files(manifest(tmp_path / "m.json")) == []


@pytest.mark.parametrize(
    "line",
    [
        image("a.jpg", sha256="../../x"),
        image("a.jpg", sha256=SHA.upper()),
        image("a.jpg", sha256=7),
        image("a.jpg", split="../train"),
        image("a.jpg", split=["TRAIN"]),
        image("a.jpg", size=-1),
        image("a.jpg", size="7"),
        image(None),
        {"filename": "a.jpg"},
        "[]",
        '"text"',
        "7",
        "{nonsense",
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_image_is_named_by_its_number(tmp_path: Path, line: Any) -> None:
    with pytest.raises(ApiError, match="Line 3 of the manifest"):
        frozen_files(manifest(tmp_path / "m.json", image("a.jpg"), line))


def test_a_partial_file_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    path = tmp_path / "train" / "a.jpg"
    first = PartialFile(path)
    first.open()
    first.append(b"field ")
    first.close()
    assert not path.exists()

    second = PartialFile(path)
    second.open()
    assert second.size == 6
    second.append(b"of weeds")
    assert second.sha256() == hashlib.sha256(b"field of weeds").hexdigest()
    second.finish()
    assert path.read_bytes() == b"field of weeds"
    assert [one.name for one in path.parent.iterdir()] == ["a.jpg"]


def test_a_partial_file_may_begin_anew_or_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    partial = PartialFile(path)
    partial.open()
    partial.append(b"wrong")
    partial.restart()
    partial.append(b"right")
    assert (partial.size, partial.sha256()) == (5, hashlib.sha256(b"right").hexdigest())
    partial.finish()
    assert path.read_bytes() == b"right"
    again = PartialFile(path)
    again.open()
    again.append(b"x")
    again.discard()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"right"


def test_columns_stand_under_each_other_whatever_is_in_them() -> None:
    lines = table([("n", "name"), ("10", "畑\x1b[31m"), ("7", "a")], right=frozenset({0}))
    assert lines == [" n  name", "10  畑�[31m", " 7  a"]
