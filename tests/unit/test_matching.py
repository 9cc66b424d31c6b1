"""Which image a name in an annotation file means."""

from __future__ import annotations

import unicodedata

import pytest

from domain.matching import Matcher, Unmatched


def _matcher(*names: str) -> Matcher:
    """The id of an image is its name."""
    return Matcher((name, name) for name in names)


def _reason(found: str | Unmatched) -> str:
    assert isinstance(found, Unmatched)
    return found.reason


@pytest.mark.parametrize(
    ("names", "asked", "meant"),
    [
        (["a.jpg", "b.jpg"], "a.jpg", "a.jpg"),
        (["flight1/a.jpg", "flight2/a.jpg"], "flight2/a.jpg", "flight2/a.jpg"),
        (["x/flight1/a.jpg", "x/flight2/a.jpg"], "flight2/a.jpg", "x/flight2/a.jpg"),
        (["a.jpg"], "train/images/a.jpg", "a.jpg"),
        (["flight1/a.jpg"], "train/a.jpg", "flight1/a.jpg"),
        (["flight1\\a.jpg", "flight2\\a.jpg"], "flight1/a.jpg", "flight1\\a.jpg"),
        (["flight1/a.jpg", "flight2/a.jpg"], ".\\flight1\\a.jpg", "flight1/a.jpg"),
        (["a.jpg"], "../../a.jpg", "a.jpg"),
        (["A.JPG"], "a.jpg", "A.JPG"),
        (["a.jpg", "A.jpg"], "A.jpg", "A.jpg"),
        (["Flight1/a.jpg", "Flight2/a.jpg"], "flight1/a.jpg", "Flight1/a.jpg"),
        (["a.jpg"], "labels/a", "a.jpg"),
        (["a.jpg"], "a.png", "a.jpg"),
        (["A.JPG"], "a", "A.JPG"),
        (["a.v2.jpg"], "a.v2", "a.v2.jpg"),
        (["a.jpg", "a"], "a", "a"),
    ],
)
def test_a_name_means_the_image_that_shares_the_longest_end_of_its_path(
    names: list[str], asked: str, meant: str
) -> None:
    assert _matcher(*names).match(asked) == meant


@pytest.mark.parametrize(
    ("names", "asked", "reason"),
    [
        (["a.jpg"], "b.jpg", "No image of the project has this name."),
        (["a.jpg"], "", "No image of the project has this name."),
        (["a.jpg"], "xa.jpg", "No image of the project has this name."),
        (["f/a.jpg", "g/a.jpg"], "a.jpg", "2 images of the project are named a.jpg."),
        (["f/a.jpg", "g/a.jpg"], "h/a.jpg", "2 images of the project are named a.jpg."),
        (["1/f/a.jpg", "2/f/a.jpg", "g/a.jpg"], "f/a.jpg", "2 images of the project are named f/a.jpg."),
        (["a.jpg", "a.JPG"], "A.jpg", "2 images of the project are named a.jpg."),
        (["a.jpg", "a.png"], "a", "2 images of the project are named a."),
        (["a.jpg", "a.png"], "a.tif", "2 images of the project are named a."),
    ],
)
def test_a_name_that_means_no_image_or_several_is_reported(names: list[str], asked: str, reason: str) -> None:
    assert _reason(_matcher(*names).match(asked)) == reason


def test_normal_forms_of_a_name_mean_one_image_and_twins_that_differ_by_them_none() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Döbeln.jpg") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert _matcher(composed).match(decomposed) == composed
    assert _matcher(decomposed).match(composed) == decomposed
    twins = _matcher(composed, decomposed)
    for name in (composed, decomposed):
        assert _reason(twins.match(name)) == f"2 images of the project are named {composed}."


def test_other_names_are_asked_after_the_first_and_not_where_that_is_ambiguous() -> None:
    matcher = _matcher("a.jpg", "f/b.jpg", "g/b.jpg")
    assert matcher.match("x.jpg", ["y.jpg", "a.jpg"]) == "a.jpg"
    assert _reason(matcher.match("b.jpg", ["a.jpg"])) == "2 images of the project are named b.jpg."
    assert _reason(matcher.match("x.jpg", ["b.jpg"])) == "2 images of the project are named b.jpg."


def test_a_hundred_thousand_names_are_found_each_by_its_folder() -> None:
    names = [f"field/{flight:03d}/DJI_{place:04d}.JPG" for flight in range(100) for place in range(1000)]
    matcher = _matcher(*names)
    assert all(matcher.match("train/" + name.removeprefix("field/")) == name for name in names)
    assert _reason(matcher.match("DJI_0001.JPG")) == "100 images of the project are named DJI_0001.JPG."
