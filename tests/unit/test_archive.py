"""Zip files made while they are streamed, read by the standard library and sha256sum."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import tracemalloc
import zipfile
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from rendering.archive import SUMS, ZipStream

ENTRIES = {
    "data.yaml": b"train: train/images\n",
    "train/images/a b.jpg": bytes(range(256)) * 5000,
    "train/labels/empty.txt": b"",
    "train/images/größe 🌿.jpg": b"x",
}


def _stream(folder: Path, entries: Iterable[tuple[str, bytes | Path]]) -> Generator[bytes, None, None]:
    with ZipStream(folder) as archive:
        for name, data in entries:
            yield from archive.add(name, data)
        yield from archive.close()


def _written(folder: Path) -> Path:
    path = folder / "set.zip"
    with path.open("wb") as file:
        file.writelines(_stream(folder, ENTRIES.items()))
    return path


def test_it_holds_what_was_put_in(tmp_path: Path) -> None:
    with zipfile.ZipFile(_written(tmp_path)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*ENTRIES, SUMS]
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr >> 16) == (3, stat.S_IFREG | 0o644)
            # No data descriptor: the sizes stand before the data.
            assert not info.flag_bits & 0x08
            assert not info.extra
        assert {name: archive.read(name) for name in ENTRIES} == ENTRIES


def test_sha256sum_checks_what_was_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with zipfile.ZipFile(_written(tmp_path)) as archive:
        archive.extractall(folder)
    check = ["sha256sum", "--check", "--strict", "--quiet", SUMS]
    assert subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 0
    (folder / "data.yaml").write_bytes(b"other")
    assert b"data.yaml: FAILED" in subprocess.run(check, cwd=folder, capture_output=True, check=False).stdout


def test_equal_entries_give_equal_bytes_from_memory_and_from_files(tmp_path: Path) -> None:
    files = []
    for number, (name, content) in enumerate(ENTRIES.items()):
        file = tmp_path / f"{number}"
        file.write_bytes(content)
        files.append((name, file))
    from_memory = b"".join(_stream(tmp_path, ENTRIES.items()))
    assert b"".join(_stream(tmp_path, files)) == from_memory
    assert b"".join(_stream(tmp_path, reversed(ENTRIES.items()))) != from_memory


def test_size_and_digest_are_of_all_that_came_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    with ZipStream(tmp_path) as archive:
        for name, content in ENTRIES.items():
            out.writelines(archive.add(name, content, hashlib.sha256(content).hexdigest()))
            assert archive.size == out.tell()
        out.writelines(archive.close())
        assert archive.size == out.tell()
        assert archive.entries == len(ENTRIES) + 1
        assert archive.sha256 == hashlib.sha256(out.getvalue()).hexdigest()
    assert out.getvalue() == b"".join(_stream(tmp_path, ENTRIES.items()))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_one_is_a_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(_stream(tmp_path, ())))) as archive:
        assert archive.namelist() == [SUMS]
        assert archive.read(SUMS) == b""


@pytest.mark.parametrize("entries", [65_534, 65_535, 70_000])
def test_many_entries(tmp_path: Path, entries: int) -> None:
    """65,535, with SHA256SUMS, is the first count that takes zip64."""
    path = tmp_path / "many.zip"
    digest = hashlib.sha256(b"x").hexdigest()
    tracemalloc.start()
    with ZipStream(tmp_path) as archive, path.open("wb") as file:
        for number in range(entries):
            file.writelines(archive.add(f"train/labels/{number:06}.txt", b"x", digest))
        file.writelines(archive.close())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20
    assert (b"PK\6\6" in path.read_bytes()[-200:]) == (entries + 1 >= 0xFFFF)
    with zipfile.ZipFile(path) as opened:
        assert len(opened.namelist()) == entries + 1
        assert opened.read(f"train/labels/{entries - 1:06}.txt") == b"x"


def test_an_entry_beyond_4_gib_and_one_behind_it(tmp_path: Path) -> None:
    """The file of zeros takes no room on the disk, and neither do they in the archive."""
    zeros = tmp_path / "zeros"
    size = (4 << 30) + 3
    with zeros.open("wb") as file:
        file.truncate(size)
    path = tmp_path / "large.zip"
    with ZipStream(tmp_path) as archive, path.open("wb") as file:
        for name, data in (("first", b"1"), ("zeros", zeros), ("last", b"2")):
            _write_sparse(file, archive.add(name, data, "0" * 64))
        _write_sparse(file, archive.close())
    with zipfile.ZipFile(path) as opened:
        assert opened.namelist() == ["first", "zeros", "last", SUMS]
        assert opened.getinfo("zeros").file_size == size
        assert opened.getinfo("last").header_offset > 0xFFFFFFFF
        assert (opened.read("first"), opened.read("last")) == (b"1", b"2")
        with opened.open("zeros") as entry:
            assert entry.read(5) == bytes(5)


def _write_sparse(file: io.BufferedWriter, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        if chunk == bytes(len(chunk)):
            file.seek(len(chunk), os.SEEK_CUR)
        else:
            file.write(chunk)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up", "a/../../up", "a//b", "./a", "a/", "a\\b", "a\nb", "a\0"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with ZipStream(tmp_path) as archive:
        with pytest.raises(ValueError, match="no name for an entry"):
            list(archive.add(name, b"x"))
        assert archive.size == 0
        content = b"".join(archive.close())
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.read(SUMS) == b""


def test_it_can_be_left_in_the_middle(tmp_path: Path) -> None:
    stream = _stream(tmp_path, ENTRIES.items())
    assert next(stream)
    stream.close()
    assert list(tmp_path.iterdir()) == []
