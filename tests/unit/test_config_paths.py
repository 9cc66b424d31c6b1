"""Where the settings of two versions differ, in the contract's names."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, build_schema

from domain.config_paths import config_changes, contract_name
from domain.models.config import (
    Augmentation,
    AugmentationPreset,
    ClassRename,
    ContrastMode,
    Preprocessing,
    SnapshotFilters,
    SplitConfig,
    SplitGroup,
    Tile,
    VersionConfig,
)

CONTRACT = Path(__file__).parents[3] / "shared" / "design" / "schema.graphql"
PLAIN = VersionConfig()


def tiled(rows: int) -> VersionConfig:
    return VersionConfig(preprocessing=Preprocessing(tile=Tile(rows, 2)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PLAIN, PLAIN, []),
        (tiled(2), tiled(4), [("preprocessing.tile.rows", "2", "4")]),
        (
            PLAIN,
            tiled(4),
            [
                ("preprocessing.tile.columns", None, "2"),
                ("preprocessing.tile.minVisible", None, "0.3"),
                ("preprocessing.tile.overlap", None, "0.0"),
                ("preprocessing.tile.rows", None, "4"),
            ],
        ),
        (
            VersionConfig(filters=SnapshotFilters(weed_types=("wattle", "gorse"), upload_batch_ids=("b1",))),
            VersionConfig(filters=SnapshotFilters(include_sam3=True, include_ai_detections=True, min_confidence=0.5)),
            [
                ("filters.includeAIDetections", "false", "true"),
                ("filters.includeSAM3", "false", "true"),
                ("filters.minConfidence", None, "0.5"),
                ("filters.uploadBatchIds", '["b1"]', None),
                ("filters.weedTypes", '["wattle", "gorse"]', None),
            ],
        ),
        (
            PLAIN,
            VersionConfig(preprocessing=Preprocessing(class_remap=(ClassRename("é", "e"),), drop_classes=("x",))),
            [
                ("preprocessing.classRemap", "[]", '[{"from": "é", "to": "e"}]'),
                ("preprocessing.dropClasses", "[]", '["x"]'),
            ],
        ),
        (
            PLAIN,
            VersionConfig(
                augmentation=Augmentation(multiplier=2, rotate90=True), splits=SplitConfig(keep_imported=True)
            ),
            [
                ("augmentation.multiplier", "1", "2"),
                ("augmentation.rotate90", "false", "true"),
                ("splits.keepImported", "false", "true"),
            ],
        ),
        (
            PLAIN,
            VersionConfig(
                preprocessing=Preprocessing(grayscale=True, contrast=ContrastMode.ADAPTIVE, max_empty_fraction=0.2),
                augmentation=Augmentation(preset=AugmentationPreset.NONE, cutout_count=3, cutout_size=0.1),
            ),
            [
                ("augmentation.cutoutCount", "0", "3"),
                ("augmentation.cutoutSize", "0.0", "0.1"),
                ("augmentation.preset", None, '"NONE"'),
                ("preprocessing.contrast", None, '"ADAPTIVE"'),
                ("preprocessing.grayscale", "false", "true"),
                ("preprocessing.maxEmptyFraction", None, "0.2"),
            ],
        ),
        (
            PLAIN,
            replace(PLAIN, splits=SplitConfig(group_by=SplitGroup.SIMILAR)),
            [("splits.groupBy", '"IMAGE"', '"SIMILAR"')],
        ),
        (
            VersionConfig(augmentation=Augmentation(rotation=10)),
            VersionConfig(augmentation=Augmentation(rotation=10.0)),
            [],
        ),
    ],
)
def test_the_leaves_that_differ_are_named(
    before: VersionConfig, after: VersionConfig, expected: list[tuple[str, str | None, str | None]]
) -> None:
    assert [(one.path, one.before, one.after) for one in config_changes(before, after)] == expected
    mirrored = [(path, then, now) for path, now, then in expected]
    assert [(one.path, one.before, one.after) for one in config_changes(after, before)] == mirrored
    assert config_changes(after, VersionConfig.from_json(after.to_json())) == []


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not beside this checkout")
def test_every_setting_has_a_name_of_the_contract() -> None:
    contract = build_schema(CONTRACT.read_text())
    for config, name in ((Preprocessing(), "PreprocessingConfig"), (Augmentation(), "AugmentationConfig")):
        kind = contract.get_type(name)
        assert isinstance(kind, GraphQLObjectType)
        assert {contract_name(field) for field in asdict(config)} == set(kind.fields)
