"""Packs of pictures: what was written comes back, what was damaged does not, and the oldest make room."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from domain.models.config import Preprocessing, Tile, VersionConfig
from domain.models.geometry import Box
from marked_images import marked_image
from rendered_trees import rendered_pictures
from rendering.cache import RenderCache
from rendering.pack import Pack, PackDamagedError, PackWriter
from rendering.picture import Picture

KEY = "ab" * 32


def pictures(folder: Path) -> list[Picture]:
    outline = ((10.0, 10.0), (40.0, 10.0), (25.0, 30.0))
    image, path = marked_image(folder, [Box(10, 10, 30, 20)], polygons=[outline])
    return rendered_pictures(image, path, VersionConfig(Preprocessing(tile=Tile(2, 2))))


def written(path: Path, content: list[Picture]) -> Path:
    writer = PackWriter(path)
    for picture in content:
        writer.add(picture)
    writer.close()
    return path


def test_what_is_packed_comes_out_again(tmp_path: Path) -> None:
    content = pictures(tmp_path)
    assert any(label.polygon for picture in content for label in picture.labels)
    pack = Pack(written(tmp_path / "pack", content))
    assert list(pack.pictures()) == content
    (tmp_path / "pack").unlink()
    assert list(pack.pictures()) == content, "an open pack may be deleted"
    pack.close()


def test_every_flipped_byte_is_found_and_the_pack_goes(tmp_path: Path) -> None:
    content = pictures(tmp_path)[:2]
    path = written(tmp_path / "pack", content)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 300, 1)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(PackDamagedError):
            list(Pack(path).pictures())
        assert not path.exists()
    for size in (0, 5, 48, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(PackDamagedError):
            list(Pack(path).pictures())


def test_a_cache_gives_back_what_it_took_in_to_that_team_alone(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    assert cache.find("a", KEY) is None
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    found = RenderCache(tmp_path / "cache", 10**9).find("a", KEY)
    assert found is not None
    assert list(found.pictures()) == content
    found.close()
    assert cache.find("b", KEY) is None
    assert cache.find("a", "cd" * 32) is None


def test_a_damaged_pack_is_as_good_as_none(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    (path,) = (tmp_path / "cache" / "teams").rglob(KEY)
    path.write_bytes(path.read_bytes()[:-10])
    assert cache.find("a", KEY) is None
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    found = cache.find("a", KEY)
    assert found is not None
    found.close()


def test_what_was_unused_for_longest_makes_room(tmp_path: Path) -> None:
    root, content = tmp_path / "cache", pictures(tmp_path)
    size = written(tmp_path / "pack", content).stat().st_size
    cache = RenderCache(root, size * 20)
    keys = [f"{number:02}" * 32 for number in range(60)]
    now = time.time()
    for number, key in enumerate(keys):
        cache.admit(written(cache.incoming(), content), "a", key).close()
        for path in (root / "teams").rglob(key):
            os.utime(path, (now - 10_000 + number, now - 10_000 + number))
        used = cache.find("a", keys[0])
        assert used is not None, "what is used stays"
        used.close()
    left = sorted(path.name for path in (root / "teams").rglob("*") if path.is_file())
    assert len(left) <= 20
    assert left[0] == keys[0]
    assert left[1:] == keys[-len(left) + 1 :]


def test_a_pack_is_read_even_where_there_is_no_room_for_it(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 0), pictures(tmp_path)
    for number in range(3):
        pack = cache.admit(written(cache.incoming(), content), "a", f"{number:02}" * 32)
        assert list(pack.pictures()) == content
        pack.close()
    assert [path for path in (tmp_path / "cache" / "teams").rglob("*") if path.is_file()] == []


def test_what_a_killed_process_had_begun_is_swept_away(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    left, fresh = cache.incoming(), cache.incoming()
    for path in (left, fresh):
        path.write_bytes(b"begun")
    os.utime(left, (0, 0))
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    assert not left.exists()
    assert fresh.exists()


def test_labels_come_back_to_the_last_digit(tmp_path: Path) -> None:
    (first, *_), third = pictures(tmp_path), 1 / 3
    label = replace(first.labels[0], box=Box(third, third, 10 + third, 1e-7))
    content = [replace(first, labels=(label,))]
    pack = Pack(written(tmp_path / "pack", content))
    assert list(pack.pictures()) == content
    pack.close()


def test_a_pack_that_another_process_clears_away_at_once_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    replace_file = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: replace_file(path, target).unlink())
    pack = cache.admit(written(cache.incoming(), content), "a", KEY)
    assert list(pack.pictures()) == content
    pack.close()


def test_a_picture_found_damaged_after_its_pack_was_taken_in_takes_it_along(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    pack = cache.admit(written(cache.incoming(), content), "a", KEY)
    (path,) = (tmp_path / "cache" / "teams").rglob(KEY)
    with path.open("r+b") as file:
        file.write(b"\0")
    with pytest.raises(PackDamagedError):
        list(pack.pictures())
    assert not path.exists()


def test_a_full_disk_takes_the_older_half_back(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    keys = [f"{number:02}" * 32 for number in range(10)]
    for number, key in enumerate(keys):
        cache.admit(written(cache.incoming(), content), "a", key).close()
        for path in (tmp_path / "cache" / "teams").rglob(key):
            os.utime(path, (1000 + number, 1000 + number))
    cache.make_room()
    assert sorted(path.name for path in (tmp_path / "cache" / "teams").rglob("*") if path.is_file()) == keys[5:]


def test_a_cache_that_was_deleted_while_it_is_in_use_fills_again(tmp_path: Path) -> None:
    cache, content = RenderCache(tmp_path / "cache", 10**9), pictures(tmp_path)
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    shutil.rmtree(tmp_path / "cache")
    assert cache.find("a", KEY) is None
    cache.admit(written(cache.incoming(), content), "a", KEY).close()
    found = cache.find("a", KEY)
    assert found is not None
    assert list(found.pictures()) == content
    found.close()
