"""The settings of preprocessing and augmentation over HTTP: what is asked for is what the version says, presets stand
in full, and what lies outside a range is refused at its field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from domain.augmentation_presets import PRESETS
from schema.augmentation_config import preset_values
from seeds import Home, add_images, annotate, make_home
from stack import Caller, Stack
from version_settings import ALL_AUGMENTATION, ALL_PREPROCESSING

DOCUMENT = Path(__file__).parents[2] / "docs" / "preprocessing.md"
PREPROCESSING = """preprocessing { autoOrient resize { width height mode } tile { rows columns overlap minVisible }
  grayscale contrast classRemap { from to } dropClasses maxEmptyFraction }"""
AUGMENTATION = """augmentation { preset multiplier horizontalFlip verticalFlip rotate90 rotation shear crop brightness
  exposure saturation hue grayscale blur noise cutoutCount cutoutSize seed }"""
CREATE = f"""mutation($input: CreateVersionInput!) {{ createVersion(input: $input) {{
  version {{ {PREPROCESSING} {AUGMENTATION} }} userErrors {{ code message field }} }} }}"""
PREVIEW = """query($input: CreateVersionInput!) { versionPreview(input: $input) { preview {
  exact imageCount outputImages splitCounts { trainAugmented } warnings { code } } userErrors { code } } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    return home


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


async def made(owner: Caller, home: Home, **settings: Any) -> dict[str, Any]:
    version: dict[str, Any] = (await owner.done(CREATE, input={"projectId": home.project.id, **settings}))["version"]
    return version


async def refusal(owner: Caller, home: Home, **settings: Any) -> tuple[str, str]:
    """Code and path of the one user error."""
    payload = await owner.data(CREATE, input={"projectId": home.project.id, **settings})
    assert payload["version"] is None
    (error,) = payload["userErrors"]
    return error["code"], ".".join(error["field"])


async def test_all_settings_come_back_as_they_were_asked_for(owner: Caller, home: Home) -> None:
    version = await made(owner, home, preprocessing=ALL_PREPROCESSING, augmentation=ALL_AUGMENTATION)
    assert version == {"preprocessing": ALL_PREPROCESSING, "augmentation": ALL_AUGMENTATION}


@pytest.mark.parametrize("preset", PRESETS)
async def test_a_preset_stands_in_full_and_named_fields_win_over_it(owner: Caller, home: Home, preset: str) -> None:
    values = PRESETS[preset]  # type: ignore[index]
    said = (await made(owner, home, augmentation={"preset": preset}))["augmentation"]
    assert (said["preset"], said["multiplier"], said["hue"]) == (preset, values.multiplier, values.hue)
    assert (said["verticalFlip"], said["cutoutCount"]) == (values.vertical_flip, values.cutout_count)
    named = {"multiplier": 7, "rotation": 5, "seed": 3}
    other = (await made(owner, home, augmentation={"preset": preset, **named}))["augmentation"]
    assert other == {**said, **named}


async def test_cutouts_of_a_preset_are_switched_off_by_a_nought(owner: Caller, home: Home) -> None:
    for nought in ({"cutoutCount": 0}, {"cutoutSize": 0}):
        said = (await made(owner, home, augmentation={"preset": "HEAVY", **nought}))["augmentation"]
        assert (said["cutoutCount"], said["cutoutSize"]) == (0, 0)


async def test_what_lies_outside_its_range_is_refused_at_its_field(owner: Caller, home: Home) -> None:
    outside: dict[str, tuple[Any, ...]] = {
        "multiplier": (0, 11),
        "rotation": (-1, 45.1),
        "shear": (-1, 45.1),
        "crop": (-0.1, 0.91),
        "brightness": (-0.1, 1),
        "exposure": (-0.1, 1),
        "saturation": (-0.1, 1),
        "hue": (-1, 181),
        "grayscale": (-0.1, 1.1),
        "blur": (-1, 25.1),
        "noise": (-0.1, 0.26),
        "cutoutCount": (-1, 26),
        "cutoutSize": (-0.1, 1.1),
        "seed": (-1,),
    }
    standing = {"multiplier": 2, "verticalFlip": True, "cutoutCount": 2, "cutoutSize": 0.1}
    for name, values in outside.items():
        for value in values:
            found = await refusal(owner, home, augmentation={**standing, name: value})
            assert found == ("INVALID", f"input.augmentation.{name}"), value
    for share in (-0.1, 1.1):
        found = await refusal(owner, home, preprocessing={"maxEmptyFraction": share})
        assert found == ("INVALID", "input.preprocessing.maxEmptyFraction")
    for name, lacking in (("cutoutCount", "cutoutSize"), ("cutoutSize", "cutoutCount")):
        found = await refusal(owner, home, augmentation={"multiplier": 2, name: 1})
        assert found == ("INVALID", f"input.augmentation.{lacking}")
    for augmentation in ({"preset": "MEDIUM", "multiplier": 1}, {"preset": "NONE", "multiplier": 2}, {"noise": 0.1}):
        found = await refusal(owner, home, augmentation=augmentation)
        assert found == ("INVALID", "input.augmentation.multiplier")


async def test_numbers_are_an_upper_bound_where_images_without_an_object_may_go(owner: Caller, home: Home) -> None:
    tile = {"rows": 2, "columns": 2}
    for preprocessing, exact, notices in (
        ({"tile": tile}, True, set()),
        ({"tile": tile, "maxEmptyFraction": 0.5}, False, {"UPPER_BOUND"}),
    ):
        wanted = {"projectId": home.project.id, "preprocessing": preprocessing}
        preview = (await owner.done(PREVIEW, input=wanted))["preview"]
        assert (preview["exact"], preview["imageCount"], preview["outputImages"]) == (exact, 2, 8)
        assert {one["code"] for one in preview["warnings"]} & {"UPPER_BOUND"} == notices


def test_the_documented_presets_are_the_real_ones() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    documented = {name: values.replace("`", "") for name, values in rows if name in PRESETS}
    assert documented == {preset.value: preset_values(values) for preset, values in PRESETS.items()}
