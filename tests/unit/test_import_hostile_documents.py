"""Documents made to exhaust their reader: refused with a sentence or read, in bounded memory either way."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from annotation_files import csv_rows, read_alone
from domain.models.imports import ExportFormat

MAX_GROWTH_MB = 512
SECTIONS = b'"images":[{"id":1,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"dock"}]'
LAUGHS = b"<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;'>]><annotation>&c;</annotation>"
EXTERNAL = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><annotation>&b;</annotation>"


def _coco(annotations: bytes) -> bytes:
    return b"{" + SECTIONS + b',"annotations":[' + annotations + b"]}"


def _repeated(text: bytes, size: int) -> bytes:
    return text * (size // len(text))


MIB = 2**20
COCO: dict[str, tuple[Callable[[], bytes], str]] = {
    "depth of arrays": (lambda: b"[" * 5 * MIB, "nests its values too deep"),
    "depth of objects": (lambda: b'{"a":' * MIB, "nests its values too deep"),
    "depth within an object": (lambda: _coco(b'{"segmentation":' + b"[" * MIB), "nests its values too deep"),
    "one value of lists": (lambda: _coco(b"[" + _repeated(b"[],", 60 * MIB) + b"1]"), "million characters"),
    "one value of objects": (lambda: _coco(b"[" + _repeated(b"{},", 60 * MIB) + b"1]"), "million characters"),
    "one text": (lambda: _coco(b'"' + b"x" * 60 * MIB + b'"'), "million characters"),
    "one text without an end": (lambda: b'{"images":["' + b"\\n" * 30 * MIB, "million characters"),
    "one wide text": (lambda: _coco(b'"' + "😀".encode() * 10 * MIB + b'"'), "million characters"),
    "a number of many digits": (lambda: _coco(b'{"image_id":' + b"9" * 5000 + b"}"), "thousands of digits"),
    "lists just within": (lambda: _coco(b"[" + _repeated(b"[],", 4 * MIB) + b"1]"), ""),
    "many empty objects": (lambda: _coco(_repeated(b"{},", 60 * MIB) + b"{}"), "More than 100,000 objects"),
    "objects of unknown images": (
        lambda: _coco(b",".join(b'{"image_id":%d,"category_id":1,"bbox":[1,1,1,1]}' % n for n in range(2, 700_000))),
        "more than 500,000 images",
    ),
    "many images": (
        lambda: b'{"images":[' + b",".join(b'{"id":%d,"file_name":"a"}' % n for n in range(600_000)) + b"]}",
        "more than 500,000 images",
    ),
    "many categories": (
        lambda: b'{"categories":[' + b",".join(b'{"id":%d,"name":"a"}' % n for n in range(100_000)) + b"]}",
        "more than 10,000 categories",
    ),
    "many sections": (lambda: b"{" + b",".join(b'"%d":0' % n for n in range(3_000_000)) + b"}", "100 sections"),
    "a mask of the largest size": (
        lambda: _coco(b'{"image_id":1,"category_id":1,"segmentation":{"size":[1,250000000],"counts":[0,250000000]}}'),
        "",
    ),
    "a mask of the largest span": (
        lambda: _coco(b'{"image_id":1,"category_id":1,"segmentation":{"size":[8000,8000],"counts":[0,64000000]}}'),
        "",
    ),
    "a mask of very many runs": (
        lambda: _coco(
            b'{"image_id":1,"category_id":1,"segmentation":{"size":[1400,1400],"counts":[' + b"1," * 1_959_999 + b"1]}}"
        ),
        "",
    ),
}


@pytest.mark.parametrize("case", COCO)
def test_json_is_read_or_refused_in_bounded_memory(tmp_path: Path, case: str) -> None:
    make, reason = COCO[case]
    path = tmp_path / "upload"
    path.write_bytes(make())
    reading = read_alone(path, ExportFormat.COCO)
    assert reading.error == ("MalformedFileError" if reason else "")
    assert reason in reading.message
    assert len(reading.message) < 400
    assert reading.growth_mb < MAX_GROWTH_MB


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"," * 60 * MIB, "row of more than"),
        (csv_rows([]) + b"," * 60 * MIB, "row of more than"),
        (csv_rows([]) + b'"\n",' * 10 * MIB, "row of more than"),
        (csv_rows([]) + b'"' + b"x" * 60 * MIB, "row of more than"),
        (csv_rows([]) + b'"' + b"x" * 5000 + b'"z', "is no CSV"),
        (csv_rows([]) + b"x\n" * 10 * MIB, "More than 100,000 objects"),
        (csv_rows([]) + b"".join(b"%d,1,1,,,,,,\n" % n for n in range(600_000)), "more than 500,000 images"),
        (csv_rows([]) + b"\n" * 10 * MIB, ""),
    ],
)
def test_csv_is_read_or_refused_in_bounded_memory(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    reading = read_alone(path, ExportFormat.CSV)
    assert reading.error == ("MalformedFileError" if reason else "")
    assert reason in reading.message
    assert reading.growth_mb < MAX_GROWTH_MB


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LAUGHS, "DTD"),
        (EXTERNAL, "DTD"),
        (b"<!DOCTYPE annotation SYSTEM 'http://127.0.0.1/x'><annotation/>", "DTD"),
        (b"<annotation>" + b"<a>" * 1_390_000, "is no XML"),
        (b"<annotation>" + b"<a>" * 590_000 + b"</a>" * 590_000 + b"</annotation>", ""),
        (b"<annotation>" + b"<a/>" * 1_040_000 + b"</annotation>", ""),
        (b"<annotation>" + b"<a b=''/>" * 460_000 + b"</annotation>", ""),
        (b"<annotation>" + b"<object/>" * 400_000 + b"</annotation>", "More than 100,000 objects"),
        (b"<annotation>" + b"x" * 5 * MIB + b"</annotation>", "more than 4 MiB"),
    ],
)
def test_xml_is_read_or_refused_in_bounded_memory(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "upload.xml"
    path.write_bytes(content)
    reading = read_alone(path, ExportFormat.PASCAL_VOC)
    assert reading.error == ("MalformedFileError" if reason else "")
    assert reason in reading.message
    assert reading.growth_mb < MAX_GROWTH_MB


def _laughs() -> str:
    lines = ["a: &a [x]"]
    names = "abcdefghijklmnop"
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]" for old, new in pairwise(names)]
    return "\n".join([*lines, "names: *p"])


def _merges() -> str:
    lines = ["a: &a {0: x}"]
    names = "abcdefghijklmnop"
    lines += [f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 10)}]}}" for old, new in pairwise(names)]
    return "\n".join([*lines, "names: *p"])


@pytest.mark.parametrize(
    ("classes", "label", "reason"),
    [
        (_laughs(), "", "no “names”"),
        (_merges(), "", "no “names”"),
        ("names: &a [*a]", "", "is no YAML"),
        ("names: " + "[" * 100_000, "", "is no YAML"),
        ("names: !!python/object/apply:os.system [id]", "", ""),
        ("names: [" + "a," * 20_000 + "]", "", "more than 10,000 classes"),
        ("#" * MIB, "", "more than"),
        ("names: [a]", "0 " * 4 * MIB, ""),
        ("names: [a]", "\n" * 8 * MIB, ""),
        ("names: [a]", "1\n" * 4 * MIB, "More than 100,000 objects"),
        ("names: [a]", "0 .5 .5 .1 .1\n" * 500_000, "More than 100,000 objects"),
    ],
)
def test_yolo_text_is_read_or_refused_in_bounded_memory(tmp_path: Path, classes: str, label: str, reason: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.yaml", classes)
        archive.writestr("labels/a.txt", label)
    reading = read_alone(path, ExportFormat.YOLO)
    assert reading.error == ("MalformedFileError" if reason else "")
    assert reason in reading.message
    assert reading.growth_mb < MAX_GROWTH_MB
