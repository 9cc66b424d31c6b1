"""What weights from outside must be, as far as no torch is needed to tell."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from domain.errors import DomainError, ErrorCode
from domain.model_import import MAX_MODEL_CLASSES, check_model_classes, checked_model_name, chosen_image_size
from workers.child.failure import CannotRun
from workers.child.torch_archive import require_torch_archive


@pytest.mark.parametrize(
    ("classes", "fault"),
    [
        ([], "It has 0 classes"),
        ([str(number) for number in range(MAX_MODEL_CLASSES + 1)], "It has 1,001 classes"),
        (["pine", "pine"], "Several of its classes have the same name"),
        (["pine", ""], "A class name has 1 to 191 characters"),
        (["x" * 192], "A class name has 1 to 191 characters"),
        (["pi\nne"], "control characters"),
        ([" pine"], "has a blank at its start or end"),
    ],
)
def test_class_names_are_such_as_versions_have(classes: list[str], fault: str) -> None:
    with pytest.raises(DomainError, match=fault) as error:
        check_model_classes(classes)
    assert error.value.code is ErrorCode.UNSUPPORTED
    check_model_classes([str(number) for number in range(MAX_MODEL_CLASSES)])


@pytest.mark.parametrize("name", ["", ".pt", "a/b", "..", "x" * 201, "a\nb", "-rf", "a\\b", "\u202etp.exe"])
def test_a_model_s_name_is_a_plain_one(name: str) -> None:
    with pytest.raises(DomainError):
        checked_model_name(name)


def test_a_model_s_name_comes_without_its_suffix() -> None:
    assert [checked_model_name(name) for name in (" best.pt ", "best", "v1.2")] == ["best", "best", "v1.2"]
    with pytest.raises(DomainError, match="A model's name has 1 to 200 characters"):
        checked_model_name(" .pt")


def test_the_image_size_is_asked_for_where_the_weights_do_not_tell() -> None:
    assert (chosen_image_size(None, 640), chosen_image_size(320, 640)) == (640, 320)
    with pytest.raises(DomainError, match="give that with --size"):
        chosen_image_size(None, None)
    for size in (0, 31, 100, 5000):
        with pytest.raises(DomainError, match="in steps of 32"):
            chosen_image_size(size, None)


def test_only_whole_uncompressed_archives_are_opened(tmp_path: Path) -> None:
    def archive(name: str, compression: int) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", compression) as file:
            file.writestr("archive/data.pkl", bytes(10_000_000))
        return tmp_path / name

    whole, bomb = archive("whole.pt", zipfile.ZIP_STORED), archive("bomb.pt", zipfile.ZIP_DEFLATED)
    part, text = tmp_path / "part.pt", tmp_path / "text.pt"
    part.write_bytes(whole.read_bytes()[:-10])
    text.write_text("nobody's weights")
    new, odd = (tmp_path / name for name in ("new.pt", "odd.pt"))
    directory = whole.read_bytes().rfind(b"PK\x01\x02")
    new.write_bytes(_changed(whole, {directory + 6: 0xFF}))  # made for a zip reader of the future
    odd.write_bytes(_changed(whole, {directory + 9: 0x08, directory + 46: 0xFF}))  # a name that is no UTF-8
    require_torch_archive(whole)
    with pytest.raises(CannotRun, match="a compressed archive"):
        require_torch_archive(bomb)
    for path in (part, text, new, odd):
        with pytest.raises(CannotRun, match="or only a part of one"):
            require_torch_archive(path)


def _changed(path: Path, changes: dict[int, int]) -> bytes:
    """Its content, with bytes that are others at those places."""
    content = bytearray(path.read_bytes())
    for place, value in changes.items():
        content[place] = value
    return bytes(content)
