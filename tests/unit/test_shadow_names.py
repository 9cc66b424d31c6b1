"""Which image of a version a picture's name means."""

from __future__ import annotations

import pytest

from cli.shadow.picture_names import AmbiguousNameError, ImageNames, digits_of_export, name_before_roboflow
from domain.matching import Matcher, Unmatched

NAMES = ("flight/a/DJI_0001.JPG", "flight/b/DJI_0001.JPG", "DJI_0002.JPG", "Pine 3.5m (1).jpg", "x.PNG", "X.png")


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("train/images/b/DJI_0001.JPG", "flight/b/DJI_0001.JPG"),
        ("train/images/dji_0002.jpg", "DJI_0002.JPG"),
        ("train/images/DJI_0002.png", "DJI_0002.JPG"),
        ("train\\images\\DJI_0002.JPG", "DJI_0002.JPG"),
        ("x.PNG", "x.PNG"),
        ("train/images/DJI_0003.JPG", None),
        ("train/images/DJI_0001.JPG", "?"),
        ("x.png", "?"),
    ],
)
def test_names_are_matched_as_imports_match_them(name: str, image: str | None) -> None:
    names = ImageNames(NAMES)
    imported = Matcher((one, one) for one in NAMES).match(name)
    if image == "?":
        with pytest.raises(AmbiguousNameError, match="2 images"):
            names.find(name)
        assert isinstance(imported, Unmatched)
        return
    place = names.find(name)
    assert (None if place is None else NAMES[place]) == image
    assert image == (None if isinstance(imported, Unmatched) else imported)


def test_other_signs_for_blanks_and_points_are_let_pass() -> None:
    place = ImageNames(NAMES).find("valid/images/Pine-3-5m-1-.jpg")
    assert place == 3


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("train/images/DJI_0001_JPG.rf.0123456789abcdef0123456789abcdef.jpg", "DJI_0001.JPG"),
        ("a_b_jpeg.rf.ABCDEFGHIJKLMNOP.png", "a_b.jpeg"),
        ("DJI_0001.JPG", None),
        ("DJI_0001_doc.rf.0123456789abcdef.jpg", None),
    ],
)
def test_roboflow_s_names_are_undone(name: str, before: str | None) -> None:
    assert name_before_roboflow(name) == before


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("train/images/DJI_0001_1a2b3c4d.jpg", "1a2b3c4d"),
        ("DJI_0001_1a2b3c4d~2.jpg", "1a2b3c4d"),
        ("DJI_0001_1a2b3c4d_t0-3_c1.jpg", "1a2b3c4d"),
        ("DJI_0001.jpg", None),
        ("DJI_20260501.jpg", "20260501"),
    ],
)
def test_our_exports_names_are_known_by_their_digits(name: str, digits: str | None) -> None:
    assert digits_of_export(name) == digits
