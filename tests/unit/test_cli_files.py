"""Folders of images, files read in pieces, and the portions in which addresses are asked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.image_folder import ImageFolderError, read_folder
from cli.local_file import FileFaultError, LocalFile, content, fingerprint, has_changed
from cli.portions import portions


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def names_in(root: Path) -> list[str]:
    return [file.name for file in read_folder(root).images]


def test_images_are_found_in_all_folders_by_their_endings_in_any_case(tmp_path: Path) -> None:
    kinds = ["a.JPG", "b.jpeg", "c.jpe", "d.PNG", "e.Tif", "f.tiff", "g.webp", "h.MPO"]
    folder_of(tmp_path, *kinds, "flight 2/x/deep.jpg", "flight 2/notes.txt", "flight 2/video.mp4", "a.jpg.part")
    found = read_folder(tmp_path)
    assert [file.name for file in found.images] == sorted([*kinds, "flight 2/x/deep.jpg"])
    assert found.others == 3
    assert found.size_bytes == sum(len(file.name) for file in found.images)
    assert found.images[6].source == tmp_path / "flight 2/x/deep.jpg"


def test_hidden_files_and_folders_are_passed_over_and_not_counted(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "._a.jpg", ".trash/b.jpg", ".DS_Store")
    assert names_in(tmp_path) == ["a.jpg"]
    assert read_folder(tmp_path).others == 0


def test_links_in_a_loop_end_no_search_and_give_no_image_twice(tmp_path: Path) -> None:
    folder_of(tmp_path, "one/a.jpg", "two/b.jpg")
    (tmp_path / "one" / "up").symlink_to(tmp_path)
    (tmp_path / "two" / "across").symlink_to(tmp_path / "one")
    (tmp_path / "two" / "itself").symlink_to(tmp_path / "two")
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    assert names_in(tmp_path) == ["one/a.jpg", "two/b.jpg"]


def test_a_link_to_an_image_is_an_image(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    assert names_in(tmp_path) == ["a.jpg", "b.jpg"]


def test_a_pipe_with_the_name_of_an_image_is_left_out(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    assert names_in(tmp_path) == ["a.jpg"]
    assert read_folder(tmp_path).others == 1


def test_a_folder_without_images_is_refused_with_the_endings_there_are(tmp_path: Path) -> None:
    folder_of(tmp_path, "notes.txt")
    with pytest.raises(ImageFolderError, match=r"has no images; their names end with .*jpeg.*tiff"):
        read_folder(tmp_path)
    with pytest.raises(ImageFolderError, match="is no folder"):
        read_folder(tmp_path / "notes.txt")


async def read_again(file: LocalFile, expected: bytes) -> None:
    announced = await fingerprint(file)
    counts: list[int] = []
    assert (announced.size_bytes, announced.sha256) == (len(expected), hashlib.sha256(expected).hexdigest())
    assert b"".join([piece async for piece in content(file, announced, counts.append)]) == expected
    assert sum(counts) == len(expected)
    assert not has_changed(file, announced)


async def test_a_file_is_announced_and_read_in_pieces(tmp_path: Path) -> None:
    data = os.urandom(9_000_001)
    (tmp_path / "a.jpg").write_bytes(data)
    await read_again(LocalFile("a.jpg", tmp_path / "a.jpg"), data)
    await read_again(LocalFile("a.jpg", data), data)
    await read_again(LocalFile("a.jpg", b""), b"")


@pytest.mark.parametrize("later", [b"less", b"much more than there was"])
async def test_a_file_of_another_length_than_announced_is_told(tmp_path: Path, later: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(b"as announced")
    file = LocalFile("a.jpg", tmp_path / "a.jpg")
    announced = await fingerprint(file)
    (tmp_path / "a.jpg").write_bytes(later)
    os.utime(tmp_path / "a.jpg", ns=(0, 1))
    assert has_changed(file, announced)
    with pytest.raises(FileFaultError, match="changed while it was sent"):
        assert [piece async for piece in content(file, announced, lambda _: None)] == []


async def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"as announced")
    file = LocalFile("a.jpg", tmp_path / "a.jpg")
    announced = await fingerprint(file)
    (tmp_path / "a.jpg").unlink()
    assert has_changed(file, announced)
    with pytest.raises(FileFaultError, match="is gone"):
        await fingerprint(file)
    with pytest.raises(FileFaultError, match="is gone"):
        assert [piece async for piece in content(file, announced, lambda _: None)] == []


async def portioned(sizes: list[int]) -> list[list[int]]:
    async def each() -> AsyncIterator[int]:
        for size in sizes:
            yield size

    return [portion async for portion in portions(each(), lambda size: size, max_files=3, max_bytes=100)]


async def test_portions_keep_the_order_and_both_limits() -> None:
    assert await portioned([1, 2, 3, 4, 5, 6, 7]) == [[1, 2, 3], [4, 5, 6], [7]]
    assert await portioned([60, 40, 1, 99, 2]) == [[60, 40], [1, 99], [2]]
    assert await portioned([10, 500, 10, 10]) == [[10], [500], [10, 10]]
    assert await portioned([500]) == [[500]]
    assert await portioned([]) == []
