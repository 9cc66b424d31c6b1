"""The input of createVersion from options and a JSON document, and its documents against the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type, parse, validate

from cli.version import addresses, checking, differing, making, record
from cli.version.misuse import VersionMisuseError
from cli.version.order import given, laid_over, renames, settings_of, two_numbers
from cli.version.wording import settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    "addresses": addresses.ADDRESSES,
    "check": checking.START,
    "look": checking.LOOK,
    "diff": differing.DIFF,
    "more": differing.MORE,
    "create": making.CREATE,
    "progress": making.PROGRESS,
    "preview": making.PREVIEW,
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
        "name": None,
        "splits": {"train": None, "inherit": False, "seed": 0},
        "preprocessing": {"resize": {}, "tile": {"overlap": None}, "dropClasses": [], "classRemap": None},
        "augmentation": {"rotation": 0.0},
    }
    assert given(options) == {"splits": {"inherit": False, "seed": 0}, "augmentation": {"rotation": 0.0}}


def test_options_win_over_the_document_field_by_field(tmp_path: Path) -> None:
    below = {
        "displayName": "May",
        "splits": {"train": 0.5, "val": 0.5, "test": 0},
        "preprocessing": {"resize": {"width": 64, "height": 64, "mode": "FIT_BLACK"}, "dropClasses": ["a", "b"]},
        "filters": None,
    }
    options = {
        "splits": {"train": 0.7, "val": 0.3, "test": None},
        "preprocessing": {"resize": two_numbers("640x480", "--resize", "width", "height"), "dropClasses": ["c"]},
        "filters": {"verifiedOnly": True},
    }
    assert settings_of(document(tmp_path, below), options) == {
        "displayName": "May",
        "splits": {"train": 0.7, "val": 0.3, "test": 0},
        "preprocessing": {"resize": {"width": 640, "height": 480, "mode": "FIT_BLACK"}, "dropClasses": ["c"]},
        "filters": {"verifiedOnly": True},
    }
    assert below["splits"]["train"] == 0.5  # type: ignore[index]


def test_settings_that_the_command_line_does_not_know_pass_through(tmp_path: Path) -> None:
    content = {"augmentation": {"preset": "HEAVY", "cutoutCount": 3}, "preprocessing": {"maxEmptyFraction": 0.2}}
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
    with pytest.raises(VersionMisuseError, match=sentence):
        settings_of(document(tmp_path, content), {})


def test_a_document_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(VersionMisuseError, match=r"nothing\.json cannot be read: No such file"):
        settings_of(str(tmp_path / "nothing.json"), {})


@pytest.mark.parametrize("text", ["640", "640x", "x480", "640 x 480 x 3", "-1x2", "1e3x2", "640*480", "٣x٤", ""])
def test_what_is_not_two_numbers_is_refused(text: str) -> None:
    with pytest.raises(VersionMisuseError, match=r"--tile: .* is not rows x columns"):
        two_numbers(text, "--tile", "rows", "columns")


def test_two_numbers_are_read_in_each_spelling() -> None:
    assert two_numbers("2x3", "--tile", "rows", "columns") == {"rows": 2, "columns": 3}
    assert two_numbers(" 2X3 ", "--tile", "rows", "columns") == two_numbers("2×3", "--tile", "rows", "columns")
    assert two_numbers(None, "--tile", "rows", "columns") == {}


def test_an_overlap_without_tiles_is_refused_unless_the_document_has_them(tmp_path: Path) -> None:
    options = {"preprocessing": {"tile": {"overlap": 0.2}}}
    with pytest.raises(VersionMisuseError, match="give --tile too"):
        settings_of(None, options)
    tiles = {"preprocessing": {"tile": {"rows": 2, "columns": 2}}}
    assert settings_of(document(tmp_path, tiles), options) == laid_over(tiles, options)


def test_renames_are_pairs() -> None:
    assert renames(["pine sapling=pine", "a=b"]) == [{"from": "pine sapling", "to": "pine"}, {"from": "a", "to": "b"}]
    for text in ("pine", "=pine", "pine=", "a=b=c"):
        with pytest.raises(VersionMisuseError, match="--rename-class"):
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
