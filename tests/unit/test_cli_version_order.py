"""The input of createVersion from options and a JSON document, and its documents against the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    parse,
    validate,
)

from cli.misuse import MisuseError
from cli.version import addresses, checking, differing, making, previewing, record
from cli.version.create import create
from cli.version.input_fields import FIELDS, READERS, RESIZE_MODES, boxes, input_of, renames, size, two_numbers
from cli.version.options import Contrast, GroupBy, Preset
from cli.version.order import laid_over, settings_of
from cli.version.wording import settings

ROOT = Path(__file__).parents[2]
RESIZE, CUTOUTS = ("width", "height", "mode"), ("cutoutCount", "cutoutSize")
DOCUMENTS = {
    "addresses": addresses.ADDRESSES,
    "check": checking.START,
    "look": checking.LOOK,
    "diff": differing.DIFF,
    "more": differing.MORE,
    "create": making.CREATE,
    "progress": making.PROGRESS,
    "preview": making.PREVIEW,
    "images": previewing.IMAGES,
    "pictures": previewing.PICTURES,
    "read": record.READ,
    "list": record.LIST,
    "numbered": record.NUMBERED,
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text("utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_those_of_the_schema(schema: GraphQLSchema, name: str) -> None:
    assert validate(schema, parse(DOCUMENTS[name])) == []


@pytest.mark.parametrize("field", ["preprocessing", "augmentation", "splitConfig", "filters"])
def test_every_setting_of_the_schema_is_shown(schema: GraphQLSchema, field: str) -> None:
    version = schema.get_type("DatasetVersion")
    assert isinstance(version, GraphQLObjectType)
    config = get_named_type(version.fields[field].type)
    assert isinstance(config, GraphQLObjectType)
    selected = record.READ.partition(f"{field} {{")[2]
    assert [name for name in config.fields if name not in selected.split("manifest {")[0].split()] == []


def document(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "version.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_what_was_not_given_is_left_out_and_false_and_zero_are_given() -> None:
    options: dict[str, Any] = {
        "project": "North",
        "name": None,
        "train": None,
        "inherit": False,
        "seed": 0,
        "resize": None,
        "drop_class": [],
        "rename_class": None,
        "rotation": 0.0,
        "dry_run": True,
    }
    assert input_of(options) == {"splits": {"inherit": False, "seed": 0}, "augmentation": {"rotation": 0.0}}


def test_every_option_of_create_has_its_field() -> None:
    run = {"project", "input_", "dry_run", "no_wait", "as_json", "server", "token", "email"}
    assert set(signature(create).parameters) == set(FIELDS) | run


def test_every_field_of_the_input_has_its_option(schema: GraphQLSchema) -> None:
    filled = {"preprocessing.resize": RESIZE, "preprocessing.tile": ("rows", "columns"), "augmentation": CUTOUTS}
    named = {f"{path}.{name}" for path, names in filled.items() for name in names}
    named |= set(FIELDS.values()) - filled.keys()
    wanted = set(leaves(schema, "CreateVersionInput")) - {"projectId"}
    assert named == wanted


def leaves(schema: GraphQLSchema, name: str, path: str = "") -> Iterator[str]:
    """The paths of the fields of an input; a list is a leaf."""
    kind = schema.get_type(name)
    assert isinstance(kind, GraphQLInputObjectType)
    for field_name, field in kind.fields.items():
        if isinstance(field.type, GraphQLInputObjectType):
            yield from leaves(schema, field.type.name, f"{path}{field_name}.")
        else:
            yield f"{path}{field_name}"


def test_choices_are_the_words_of_the_contract(schema: GraphQLSchema) -> None:
    words = {
        "ResizeMode": RESIZE_MODES,
        "SplitGroup": [one.name for one in GroupBy],
        "ContrastMode": [one.name for one in Contrast],
        "AugmentationPreset": [one.name for one in Preset],
    }
    for name, ours in words.items():
        kind = schema.get_type(name)
        assert isinstance(kind, GraphQLEnumType)
        assert set(ours) == set(kind.values)
    assert input_of({"group_by": GroupBy.GPS_CELL, "contrast": Contrast.ADAPTIVE, "preset": Preset.LIGHT}) == {
        "splits": {"groupBy": "GPS_CELL"},
        "preprocessing": {"contrast": "ADAPTIVE"},
        "augmentation": {"preset": "LIGHT"},
    }


def test_options_that_say_several_things_fill_their_objects() -> None:
    options = {"resize": "640x480:fit-black", "tile": "2x3", "overlap": 0.1, "cutouts": "4x0.1", "hue": 12.0}
    assert input_of(options) == {
        "preprocessing": {
            "resize": {"width": 640, "height": 480, "mode": "FIT_BLACK"},
            "tile": {"rows": 2, "columns": 3, "overlap": 0.1},
        },
        "augmentation": {"hue": 12.0, "cutoutCount": 4, "cutoutSize": 0.1},
    }


@pytest.mark.parametrize("mode", RESIZE_MODES)
def test_a_size_may_have_a_way_to_come_to_it(mode: str) -> None:
    typed = mode.lower().replace("_", "-")
    assert size(f"64x48:{typed}") == {"width": 64, "height": 48, "mode": mode}
    assert size(" 64x48 ") == {"width": 64, "height": 48}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("64x48:", "is no way to resize"), ("64x48:crop", "fill-center-crop"), (":fit-black", "is not width x height")],
)
def test_what_is_no_size_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(MisuseError, match=sentence):
        size(text)


@pytest.mark.parametrize(
    ("text", "count", "share"), [("4x0.1", 4, 0.1), ("3x.25", 3, 0.25), ("0x0", 0, 0), ("1×1", 1, 1)]
)
def test_cutouts_are_a_number_and_a_share(text: str, count: int, share: float) -> None:
    assert boxes(text) == {"cutoutCount": count, "cutoutSize": share}


@pytest.mark.parametrize("text", ["4", "x0.1", "4x", "0.1x4x1", "-1x0.1", "4xnan", "4x1e3", ""])
def test_what_are_no_cutouts_is_refused(text: str) -> None:
    with pytest.raises(MisuseError, match="--cutouts"):
        boxes(text)


def test_readers_belong_to_options() -> None:
    assert READERS.keys() <= FIELDS.keys()


def test_options_win_over_the_document_field_by_field(tmp_path: Path) -> None:
    below = {
        "displayName": "May",
        "splits": {"train": 0.5, "val": 0.5, "test": 0},
        "preprocessing": {"resize": {"width": 64, "height": 64, "mode": "FIT_BLACK"}, "dropClasses": ["a", "b"]},
        "filters": None,
    }
    options = {"train": 0.7, "val": 0.3, "resize": "640x480", "drop_class": ["c"], "verified_only": True}
    assert settings_of(document(tmp_path, below), input_of(options)) == {
        "displayName": "May",
        "splits": {"train": 0.7, "val": 0.3, "test": 0},
        "preprocessing": {"resize": {"width": 640, "height": 480, "mode": "FIT_BLACK"}, "dropClasses": ["c"]},
        "filters": {"verifiedOnly": True},
    }
    assert below["splits"]["train"] == 0.5  # type: ignore[index]


def test_settings_that_the_command_line_does_not_know_pass_through(tmp_path: Path) -> None:
    content = {"augmentation": {"preset": "HEAVY", "sharpen": 3}, "preprocessing": {"maxEmptyFraction": 0.2}}
    assert settings_of(document(tmp_path, content), {}) == content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ("[1]", "is no JSON object"),
        ('{"splits": {"train": NaN}}', "NaN is no number"),
        ('{"projectId": "p"}', "has a projectId"),
        ('{"name": "\\ud800"}', "UTF-8"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_wrong_document_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(MisuseError, match=sentence):
        settings_of(document(tmp_path, content), {})


def test_a_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match=r"nothing\.json cannot be read: No such file"):
        settings_of(str(tmp_path / "nothing.json"), {})


@pytest.mark.parametrize("text", ["640", "640x", "x480", "640 x 480 x 3", "-1x2", "1e3x2", "640*480", "٣x٤", ""])
def test_what_is_not_two_numbers_is_refused(text: str) -> None:
    with pytest.raises(MisuseError, match=r"--tile: .* is not rows x columns"):
        two_numbers(text, "--tile", "rows", "columns")


def test_two_numbers_are_read_in_each_spelling() -> None:
    assert two_numbers("2x3", "--tile", "rows", "columns") == {"rows": 2, "columns": 3}
    assert two_numbers(" 2X3 ", "--tile", "rows", "columns") == two_numbers("2×3", "--tile", "rows", "columns")


def test_an_overlap_without_tiles_is_refused_unless_the_document_has_them(tmp_path: Path) -> None:
    options = {"preprocessing": {"tile": {"overlap": 0.2}}}
    with pytest.raises(MisuseError, match="give --tile too"):
        settings_of(None, options)
    tiles = {"preprocessing": {"tile": {"rows": 2, "columns": 2}}}
    assert settings_of(document(tmp_path, tiles), options) == laid_over(tiles, options)


def test_renames_are_pairs() -> None:
    assert renames(["pine sapling=pine", "a=b"]) == [{"from": "pine sapling", "to": "pine"}, {"from": "a", "to": "b"}]
    for text in ("pine", "=pine", "pine=", "a=b=c"):
        with pytest.raises(MisuseError, match="--rename-class"):
            renames([text])


def test_settings_stand_under_their_paths_without_those_not_set() -> None:
    config = {
        "autoOrient": False,
        "resize": None,
        "tile": {"rows": 2, "overlap": 0.1},
        "classRemap": [{"from": "a", "to": "b"}],
        "dropClasses": [],
        "groupBy": "IMAGE",
    }
    assert dict(settings(config, "preprocessing")) == {
        "preprocessing.autoOrient": "false",
        "preprocessing.tile.rows": "2",
        "preprocessing.tile.overlap": "0.1",
        "preprocessing.classRemap": "a = b",
        "preprocessing.groupBy": "IMAGE",
    }
