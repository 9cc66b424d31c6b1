"""Annotation files as other tools write them, and zip files as only an attacker does."""

from __future__ import annotations

import csv
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.models.imports import ExportFormat
from workers.importing.parse import parse
from workers.importing.spool import ParsedFile, Skip, SpooledImage, read_spool

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Mark:
    """An object in pixels; `box` is x, y, width, height."""

    label: str
    box: tuple[float, float, float, float]
    polygon: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True)
class Scene:
    """An image and what is on it; `name` without folders."""

    name: str
    width: int = 200
    height: int = 100
    marks: tuple[Mark, ...] = ()


def coco(scenes: Sequence[Scene]) -> bytes:
    labels = sorted({mark.label for scene in scenes for mark in scene.marks})
    annotations = [
        {
            "id": 0,
            "image_id": place,
            "category_id": labels.index(mark.label),
            "bbox": mark.box,
            "iscrowd": 0,
            "segmentation": [[value for point in mark.polygon for value in point]] if mark.polygon else [],
        }
        for place, scene in enumerate(scenes)
        for mark in scene.marks
    ]
    images = [
        {"id": place, "file_name": scene.name, "width": scene.width, "height": scene.height}
        for place, scene in enumerate(scenes)
    ]
    categories = [{"id": place, "name": label} for place, label in enumerate(labels)]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories}).encode()


def createml(scenes: Sequence[Scene]) -> bytes:
    return json.dumps(
        [
            {
                "image": scene.name,
                "annotations": [
                    {
                        "label": mark.label,
                        "coordinates": {
                            "x": mark.box[0] + mark.box[2] / 2,
                            "y": mark.box[1] + mark.box[3] / 2,
                            "width": mark.box[2],
                            "height": mark.box[3],
                        },
                    }
                    for mark in scene.marks
                ],
            }
            for scene in scenes
        ]
    ).encode()


def csv_rows(scenes: Sequence[Scene]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax", "polygon"])
    for scene in scenes:
        start = [scene.name, scene.width, scene.height]
        for mark in scene.marks:
            x, y, width, height = mark.box
            polygon = json.dumps(mark.polygon) if mark.polygon else ""
            writer.writerow([*start, mark.label, x, y, x + width, y + height, polygon])
        if not scene.marks:
            writer.writerow([*start, "", "", "", "", "", ""])
    return text.getvalue().encode()


def pascal_voc(scene: Scene) -> bytes:
    objects = ""
    for mark in scene.marks:
        x, y, width, height = mark.box
        points = "".join(
            f"<x{place}>{px}</x{place}><y{place}>{py}</y{place}>"
            for place, (px, py) in enumerate(mark.polygon or (), 1)
        )
        objects += (
            f"<object><name>{mark.label}</name><bndbox><xmin>{x}</xmin><xmax>{x + width}</xmax><ymin>{y}</ymin>"
            f"<ymax>{y + height}</ymax></bndbox>{f'<polygon>{points}</polygon>' if points else ''}</object>"
        )
    size = f"<size><width>{scene.width}</width><height>{scene.height}</height><depth>3</depth></size>"
    return f"<annotation><filename>{scene.name}</filename>{size}{objects}</annotation>".encode()


def yolo_label(scene: Scene, labels: Sequence[str]) -> bytes:
    lines = []
    for mark in scene.marks:
        x, y, width, height = mark.box
        centre = ((x + width / 2) / scene.width, (y + height / 2) / scene.height)
        values = (*centre, width / scene.width, height / scene.height)
        if mark.polygon:
            values = tuple(part for px, py in mark.polygon for part in (px / scene.width, py / scene.height))  # type: ignore[assignment]
        lines.append(" ".join([str(labels.index(mark.label)), *map(str, values)]))
    return "\n".join(lines).encode()


def data_yaml(labels: Sequence[str]) -> bytes:
    names = "".join(f"  - {json.dumps(label)}\n" for label in labels)
    return f"train: ../train/images\nval: ../valid/images\nnc: {len(labels)}\nnames:\n{names}".encode()


def zipped(path: Path, entries: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


@dataclass(frozen=True)
class RawEntry:
    """A zip entry as its headers claim it; None where they tell the truth."""

    name: bytes
    data: bytes = b"x"
    flags: int = 0x800
    method: int = 0
    mode: int = 0
    offset: int | None = None
    packed_size: int | None = None
    size: int | None = None
    written: bool = True


def raw_zip(path: Path, entries: Iterable[RawEntry]) -> Path:
    """`data` is stored as it stands, whatever `method` says; an entry that is not written is in the directory alone."""
    body, directory, count = bytearray(), bytearray(), 0
    for entry in entries:
        packed = len(entry.data) if entry.packed_size is None else entry.packed_size
        plain = len(entry.data) if entry.size is None else entry.size
        common = (entry.flags, entry.method, 0, 33, zlib.crc32(entry.data), packed, plain, len(entry.name), 0)
        place = len(body) if entry.offset is None else entry.offset
        if entry.written:
            body += b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", 20, *common) + entry.name + entry.data
        directory += b"PK\x01\x02" + struct.pack("<BBHHHHHLLLHH", 20, 3, 20, *common)
        directory += struct.pack("<HHHLL", 0, 0, 0, entry.mode << 16, place) + entry.name
        count += 1
    counts = min(count, 0xFFFF)
    end = struct.pack("<HHHHLLH", 0, 0, counts, counts, len(directory), len(body), 0)
    path.write_bytes(bytes(body) + bytes(directory) + b"PK\x05\x06" + end)
    return path


def parsed(path: Path, format_: ExportFormat) -> tuple[ParsedFile, list[SpooledImage], list[Skip]]:
    """What the file says, through its spool."""
    out = path.with_name(path.name + ".spool")
    result = parse(path, path.name, format_, out)
    lines = list(read_spool(out))
    images = [line for line in lines if isinstance(line, SpooledImage)]
    return result, images, [line for line in lines if isinstance(line, Skip)]


@dataclass(frozen=True)
class Reading:
    """How a process of its own fared: the type of what was raised or "", its message, the growth of its memory."""

    error: str
    message: str
    growth_mb: float


_CHILD = """
import json, re, sys
from pathlib import Path
from domain.models.imports import ExportFormat
from workers.importing.parse import parse
# Not getrusage: its peak counts the parent's memory before exec.
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024
before, error, message = peak(), "", ""
try:
    parse(Path(sys.argv[1]), "upload", ExportFormat(sys.argv[2]), Path(sys.argv[1] + ".spool"))
except Exception as caught:
    error, message = type(caught).__name__, str(caught)
print(json.dumps([error, message, peak() - before]))
"""


def read_alone(path: Path, format_: ExportFormat) -> Reading:
    """Parses in a process of its own, as the importer does, so that its memory can be measured."""
    command = [sys.executable, "-c", _CHILD, str(path), format_.value]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    return Reading(*json.loads(done.stdout))
