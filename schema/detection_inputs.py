"""The input of startDetection."""

from __future__ import annotations

import strawberry

from domain.detection_jobs import CONFIDENCE, IOU, StartDetection
from domain.models.model import InferenceBackend
from schema.inputs import ModelChoice, given


@strawberry.input(
    description="Without assetIds and uploadBatchId all images that the project has now are meant; without a model, "
    "the project's active one."
)
class StartDetectionInput:
    project_id: strawberry.ID
    asset_ids: list[strawberry.ID] | None = None
    upload_batch_id: strawberry.ID | None = None
    model: ModelChoice | None = None
    idempotency_key: str | None = None
    backend: InferenceBackend | None = None
    confidence: float | None = 0.25
    iou: float | None = 0.45

    def decode(self) -> StartDetection:
        """Raises INVALID for a model without a name."""
        model = self.model.decode() if self.model is not None else None
        return StartDetection(
            project_id=self.project_id,
            asset_ids=tuple(self.asset_ids) if self.asset_ids is not None else None,
            upload_batch_id=self.upload_batch_id,
            model_id=model.model_id if model is not None else None,
            roboflow_model=model.roboflow_model if model is not None else None,
            backend=self.backend,
            confidence=given(self.confidence, CONFIDENCE),
            iou=given(self.iou, IOU),
            idempotency_key=self.idempotency_key,
        )
