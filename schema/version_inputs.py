"""The input of createVersion and versionPreview."""

from __future__ import annotations

import strawberry

from domain.models import config as entities
from domain.models.config import SplitGroup
from domain.versions import CreateVersion
from schema.augmentation_input import AugmentationInput
from schema.inputs import given
from schema.preprocessing_input import PreprocessingInput


@strawberry.input
class SplitsInput:
    train: float | None = 0.8
    val: float | None = 0.15
    test: float | None = 0.05
    group_by: SplitGroup | None = SplitGroup.IMAGE
    inherit: bool | None = True
    keep_imported: bool | None = False
    seed: int | None = 0

    def decode(self) -> entities.SplitConfig:
        standard = entities.SplitConfig()
        return entities.SplitConfig(
            train=given(self.train, standard.train),
            val=given(self.val, standard.val),
            test=given(self.test, standard.test),
            group_by=given(self.group_by, standard.group_by),
            inherit=given(self.inherit, standard.inherit),
            keep_imported=given(self.keep_imported, standard.keep_imported),
            seed=given(self.seed, standard.seed),
        )


@strawberry.input
class SnapshotFiltersInput:
    weed_types: list[str] | None = None
    min_confidence: float | None = strawberry.field(default=None, description="Annotations without a confidence pass.")
    verified_only: bool | None = False
    include_manual: bool | None = True
    include_sam3: bool | None = strawberry.field(
        default=False,
        name="includeSAM3",
        description="Accepted annotations always count, whatever made them. This and includeAIDetections add SAM3's "
        "and the models' that nobody reviewed yet.",
    )
    include_ai_detections: bool | None = strawberry.field(default=False, name="includeAIDetections")
    upload_batch_ids: list[strawberry.ID] | None = None
    include_empty: bool | None = False

    def decode(self) -> entities.SnapshotFilters:
        # Sorted, so that the same choice in another order is the same input.
        classes, batches = self.weed_types, self.upload_batch_ids
        return entities.SnapshotFilters(
            weed_types=tuple(sorted(set(classes))) if classes is not None else None,
            min_confidence=self.min_confidence,
            verified_only=given(self.verified_only, False),
            include_manual=given(self.include_manual, True),
            include_sam3=given(self.include_sam3, False),
            include_ai_detections=given(self.include_ai_detections, False),
            upload_batch_ids=tuple(sorted(set(batches))) if batches is not None else None,
            include_empty=given(self.include_empty, False),
        )


@strawberry.input
class CreateVersionInput:
    project_id: strawberry.ID
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Calls with the same key and input answer with the same version, however often and at once they "
        "come.",
    )
    name: str | None = strawberry.field(default=None, description="`<project>-v<number>` when left out.")
    display_name: str | None = strawberry.field(
        default=None, description="Shown beside the number, as `v3 - March 2025 Release`; without one, `v3`."
    )
    preprocessing: PreprocessingInput | None = None
    augmentation: AugmentationInput | None = None
    splits: SplitsInput | None = None
    filters: SnapshotFiltersInput | None = None

    def decode(self) -> CreateVersion:
        config = entities.VersionConfig(
            preprocessing=self.preprocessing.decode("input", "preprocessing")
            if self.preprocessing
            else entities.Preprocessing(),
            augmentation=self.augmentation.decode() if self.augmentation else entities.Augmentation(),
            splits=self.splits.decode() if self.splits else entities.SplitConfig(),
            filters=self.filters.decode() if self.filters else entities.SnapshotFilters(),
        )
        return CreateVersion(self.project_id, self.idempotency_key, self.name, self.display_name, config)
