"""Archives and documents made to break their reader: a sentence that names the place, and bounded memory."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from annotation_files import RawEntry, data_yaml, parsed, raw_zip, read_alone, zipped
from domain.models.imports import ExportFormat
from workers.importing import archive
from workers.importing.malformed import MalformedFileError

MAX_GROWTH_MB = 512
CLASSES = RawEntry(b"data.yaml", data_yaml(("dock",)))
LABEL = RawEntry(b"labels/a.txt", b"0 .5 .5 .1 .1")
MIB = 2**20


def _refusal(tmp_path: Path, *entries: RawEntry) -> str:
    path = raw_zip(tmp_path / "a.zip", (CLASSES, LABEL, *entries))
    with pytest.raises(MalformedFileError) as caught:
        parsed(path, ExportFormat.YOLO)
    message = str(caught.value)
    assert message.endswith(".")
    assert message.isprintable()
    assert len(message) < 300
    return message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../a.txt", "leads out"),
        ("labels/../../etc/passwd", "leads out"),
        ("labels/..", "leads out"),
        ("a/../b.jpg", "leads out"),
        ("/etc/passwd", "absolute"),
        ("//server/share.txt", "absolute"),
        ("C:/windows/a.txt", "absolute"),
        ("c:a.txt", "absolute"),
        ("labels\\a.txt", "backslashes"),
        ("..\\..\\a.txt", "backslashes"),
        ("images/b\\", "backslashes"),
        ("labels/a\x00.jpg", "control characters"),
        ("\x00", "control characters"),
        ("labels/a\n.txt", "control characters"),
        ("labels/\x1b[31m.txt", "control characters"),
        ("labels/a\x7f.txt", "control characters"),
        ("x" * 301, "1 to 300"),
        ("labels/" + "x" * 60_000, "1 to 300"),
        ("é" * 301, "1 to 300"),
        ("", "1 to 300"),
        ("a\u202egpj.txt", "direction of writing"),
        ("\u2066a.txt", "direction of writing"),
        ("labels/\u200f.jpg", "direction of writing"),
        ("labels/a.txt", "two entries"),
        ("./labels/a.txt", "two entries"),
        ("labels//a.txt", "two entries"),
    ],
)
def test_a_name_that_a_folder_could_not_have_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in _refusal(tmp_path, RawEntry(name.encode()))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (RawEntry(b"a.jpg", mode=stat.S_IFLNK | 0o777), "link"),
        (RawEntry(b"labels/b.txt", b"/etc/passwd", mode=stat.S_IFLNK), "link"),
        (RawEntry(b"labels/", mode=stat.S_IFLNK), "link"),
        (RawEntry(b"a.jpg", mode=stat.S_IFIFO), "device"),
        (RawEntry(b"a.jpg", mode=stat.S_IFBLK), "device"),
        (RawEntry(b"a.jpg", flags=0x801), "encrypted"),
        (RawEntry(b"labels/b.txt", flags=0x841), "encrypted"),
        (RawEntry(b"labels/b.txt", flags=0x2800), "encrypted"),
        (RawEntry(b"labels/b.txt", method=12), "other than deflate"),
        (RawEntry(b"labels/b.txt", method=14), "other than deflate"),
        (RawEntry(b"labels/b.txt", method=99), "other than deflate"),
    ],
)
def test_an_entry_that_is_no_plain_file_is_refused(tmp_path: Path, entry: RawEntry, reason: str) -> None:
    assert reason in _refusal(tmp_path, entry)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (RawEntry(b"b.txt", offset=0, written=False), "overlaps"),
        (RawEntry(b"b.txt", packed_size=40), "outside"),
        (RawEntry(b"b.txt", packed_size=2**31), "outside"),
        (RawEntry(b"b.txt", offset=2**30), "outside"),
        (RawEntry(b"labels/b.txt", offset=60, written=False), "overlaps"),
        (RawEntry(b"labels/b.txt", size=2), "cannot be unpacked"),
        (RawEntry(b"labels/b.txt", size=2**31), "more than 8 MiB"),
        (RawEntry(b"labels/b.txt", b"\xff" * 50, method=8), "cannot be unpacked"),
    ],
)
def test_a_directory_that_lies_is_refused(tmp_path: Path, entry: RawEntry, reason: str) -> None:
    assert reason in _refusal(tmp_path, entry)


@pytest.mark.parametrize("claim", [0, 5, 9, 1000])
def test_sizes_that_are_not_true_are_refused(tmp_path: Path, claim: int) -> None:
    _refusal(tmp_path, RawEntry(b"labels/b.txt", b"0 .5 .5 .1 .1 .5", size=claim))


def test_entries_that_quote_each_other_are_refused(tmp_path: Path) -> None:
    """Each entry's data begins with the next one's header."""
    entries = []
    for place in range(20):
        name = b"labels/%02d.txt" % place
        entries.append(RawEntry(name, b"", packed_size=(20 - place) * (30 + len(name))))
    assert "overlaps" in _refusal(tmp_path, *entries)


@pytest.mark.parametrize("cut", [1, 10, 22, 40, 100])
def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    path = raw_zip(tmp_path / "a.zip", (CLASSES, LABEL))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(MalformedFileError):
        parsed(path, ExportFormat.YOLO)


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_zip_with_a_wrong_byte_is_read_or_refused(tmp_path: Path, place: int) -> None:
    path = raw_zip(tmp_path / "a.zip", (CLASSES, LABEL, RawEntry(b"labels/b.txt", b"0 .1 .1 .1 .1")))
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 0xFF
    path.write_bytes(data)
    with suppress(MalformedFileError):
        parsed(path, ExportFormat.YOLO)


@pytest.mark.parametrize("ignored", ["__MACOSX/labels/._a.txt", ".DS_Store", "labels/.DS_Store", "labels/._a.txt"])
def test_what_macos_adds_is_left_alone(tmp_path: Path, ignored: str) -> None:
    path = raw_zip(tmp_path / "a.zip", (CLASSES, LABEL, RawEntry(ignored.encode(), b"\xff\xfe")))
    _, (image,), skips = parsed(path, ExportFormat.YOLO)
    assert (image.name, skips) == ("images/a", [])


@pytest.mark.parametrize(
    ("name", "flags"), [("labels/Döbeln.txt", 0x800), ("labels/Döbeln.txt", 0), ("labels/-rf.txt", 0x800)]
)
def test_names_of_all_kinds_are_read(tmp_path: Path, name: str, flags: int) -> None:
    """macOS leaves the flag for UTF-8 out."""
    path = raw_zip(tmp_path / "a.zip", (CLASSES, RawEntry(name.encode(), LABEL.data, flags=flags)))
    _, (image,), _ = parsed(path, ExportFormat.YOLO)
    assert image.name == "images/" + Path(name).stem


def test_twins_by_normal_form_or_case_are_two_images(tmp_path: Path) -> None:
    names = [unicodedata.normalize("NFC", "ö"), unicodedata.normalize("NFD", "ö"), "a", "A"]
    labels = [RawEntry(f"labels/{name}.txt".encode(), LABEL.data) for name in names]
    _, images, _ = parsed(raw_zip(tmp_path / "a.zip", (CLASSES, *labels)), ExportFormat.YOLO)
    assert [image.name for image in images] == [f"images/{name}" for name in names]


def test_pictures_are_not_unpacked(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "a.zip", (CLASSES, LABEL, RawEntry(b"images/a.jpg", b"\xff" * 50, method=8)))
    assert [image.name for image in parsed(path, ExportFormat.YOLO)[1]] == ["images/a.jpg"]


def test_a_zip_of_all_text_together_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TEXT_BYTES", 2 * MIB)
    labels = {f"labels/{place}.txt": " " * MIB for place in range(3)}
    with pytest.raises(MalformedFileError, match="more than 2 MiB"):
        parsed(zipped(tmp_path / "a.zip", {"data.yaml": data_yaml(("dock",)), **labels}), ExportFormat.YOLO)


@pytest.mark.parametrize("count", [100_001, 300_001])
def test_a_zip_of_very_many_entries_is_read_or_refused(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data.yaml", data_yaml(("dock",)))
        for place in range(count):
            file.writestr(zipfile.ZipInfo(f"labels/DJI_{place:07d}_JPG.rf.{place:032x}.txt"), b"")
    reading = read_alone(path, ExportFormat.YOLO)
    assert reading.growth_mb < MAX_GROWTH_MB
    assert reading.message == ("" if count < 300_000 else "The zip file has more than 300,000 entries.")


def _bomb(path: Path, entries: dict[str, int], filler: bytes = b" ") -> Path:
    """Entries of as many MiB, deflated."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr("data.yaml", data_yaml(("dock",)))
        for name, size in entries.items():
            with file.open(name, "w") as entry:
                for _ in range(size):
                    entry.write((filler * (MIB // len(filler) + 1))[:MIB])
    return path


@pytest.mark.parametrize(
    ("format_", "entries", "reason"),
    [
        (ExportFormat.YOLO, {"labels/a.txt": 7}, "zip bombs"),
        (ExportFormat.YOLO, {"labels/a.txt": 300}, "more than 8 MiB"),
        (ExportFormat.COCO, {"a.json": 200}, "zip bombs"),
        (ExportFormat.COCO, {"a.json": 300}, "more than 256 MiB"),
        (ExportFormat.CSV, {"a.csv": 200}, "characters"),
        (ExportFormat.PASCAL_VOC, {"a.xml": 4}, "zip bombs"),
    ],
)
def test_bombs_are_refused_in_bounded_memory(
    tmp_path: Path, format_: ExportFormat, entries: dict[str, int], reason: str
) -> None:
    reading = read_alone(_bomb(tmp_path / "a.zip", entries), format_)
    assert reading.error == "MalformedFileError"
    assert reason in reading.message
    assert reading.growth_mb < MAX_GROWTH_MB
