"""What stands for each place of the schema that takes an id, and for what else such a call requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seeds import digest_of

KINDS: Mapping[str, str] = {
    "AnnotationInput.assetId": "asset",
    "AssetFilter.uploadBatchId": "batch",
    "CompleteUploadsInput.projectId": "project",
    "CompleteUploadsInput.uploadIds": "upload",
    "CreateAnnotationsInput.projectId": "project",
    "CreateProjectInput.teamId": "team",
    "CreateVersionInput.projectId": "project",
    "CreateWebhookInput.projectId": "project",
    "DatasetVersion.diff.against": "version",
    "DeployModelInput.projectId": "project",
    "DetectInput.projectId": "project",
    "ExportAnnotationsInput.projectId": "project",
    "ExportAnnotationsInput.uploadBatchId": "batch",
    "ImageChoice.assetId": "asset",
    "ImportAnnotationsInput.projectId": "project",
    "ImportAnnotationsInput.uploadId": "file",
    "ModelChoice.modelId": "model",
    "Mutation.archiveVersion.id": "version",
    "Mutation.cancelDetection.id": "detection",
    "Mutation.cancelExport.id": "export",
    "Mutation.cancelTraining.id": "job",
    "Mutation.deleteAnnotations.ids": "annotation",
    "Mutation.deleteAssets.ids": "asset",
    "Mutation.deleteWebhook.id": "webhook",
    "Mutation.evaluateModel.modelId": "model",
    "Mutation.evaluateModel.versionId": "version",
    "Mutation.exportVersion.id": "version",
    "Mutation.loadModel.modelId": "model",
    "Mutation.reconcileVersion.id": "version",
    "Mutation.removeTeamMember.teamId": "team",
    "Mutation.removeTeamMember.userId": "user",
    "Mutation.renameClass.projectId": "project",
    "Mutation.renameVersion.id": "version",
    "Mutation.restoreVersion.id": "version",
    "Mutation.resumeTraining.id": "job",
    "Mutation.retryVersion.id": "version",
    "Mutation.revokeApiToken.id": "token",
    "Mutation.rollbackDeployment.projectId": "project",
    "Mutation.verifyVersion.id": "version",
    "Query.asset.id": "asset",
    "Query.detectionJob.id": "detection",
    "Query.importJob.id": "import",
    "Query.model.id": "model",
    "Query.node.id": "project",
    "Query.previewAugmentation.assetId": "asset",
    "Query.previewAugmentation.versionId": "version",
    "Query.project.id": "project",
    "Query.trainingEstimate.versionId": "version",
    "Query.trainingJob.id": "job",
    "Query.uploadBatch.id": "batch",
    "Query.version.id": "version",
    "RequestFileUploadInput.projectId": "project",
    "RequestUploadsInput.batchId": "batch",
    "RequestUploadsInput.projectId": "project",
    "ReviewInput.ids": "pending",
    "ReviewInput.projectId": "project",
    "ReviewInput.uploadBatchId": "batch",
    "SnapshotFiltersInput.uploadBatchIds": "batch",
    "StartDetectionInput.assetIds": "asset",
    "StartDetectionInput.projectId": "project",
    "StartDetectionInput.uploadBatchId": "batch",
    "StartTrainingInput.checkpointModelId": "model",
    "StartTrainingInput.datasetVersionId": "version",
    "Subscription.detectionProgress.jobId": "detection",
    "Subscription.exportProgress.exportId": "export",
    "Subscription.importProgress.jobId": "import",
    "Subscription.projectEvents.projectId": "project",
    "Subscription.trainingProgress.jobId": "job",
    "Subscription.uploadProgress.batchId": "batch",
    "Subscription.versionProgress.versionId": "version",
    "TeamMemberInput.teamId": "team",
    "UpdateAnnotationInput.id": "annotation",
    "UpdateProjectInput.activeModelId": "model",
    "UpdateProjectInput.id": "project",
}
"""The kind of object that an id names there, as `World.ids` calls it; by type and field, and by argument where it is
one."""

NODES: Mapping[str, str] = {
    "Annotation": "annotation",
    "ApiToken": "token",
    "Asset": "asset",
    "DatasetVersion": "version",
    "DetectionJob": "detection",
    "ImportJob": "import",
    "ModelDeployment": "deployment",
    "ModelEvaluation": "evaluation",
    "PendingAnnotation": "pending",
    "Project": "project",
    "Team": "team",
    "TrainedModel": "model",
    "TrainingJob": "job",
    "UploadBatch": "batch",
    "User": "user",
    "VersionCheck": "check",
    "VersionExport": "export",
    "Webhook": "webhook",
    "WebhookDelivery": "delivery",
}
"""The same for each type that `node` finds."""

FOR_MANAGERS = ("webhook", "delivery")
"""What is there for managers only."""

VALUES: Mapping[str, Any] = {
    "AnnotationInput.box": {"x": 1, "y": 1, "width": 9, "height": 9},
    "AnnotationInput.weedType": "wattle",
    "CreateProjectInput.name": "New",
    "CreateWebhookInput.events": ["VERSION_READY"],
    "CreateWebhookInput.url": "https://example.org/hook",
    "DeployModelInput.model": {"modelId": "$model"},
    "DetectInput.source": {"assetId": "$asset"},
    "ExportAnnotationsInput.format": "CSV",
    "ImportAnnotationsInput.format": "COCO",
    "Mutation.exportVersion.format": "YOLO",
    "Mutation.renameClass.from": "wattle",
    "Mutation.renameClass.to": "gorse",
    "Mutation.renameVersion.displayName": "Spring",
    "Project.version.number": 1,
    "Query.trainingEstimate.config": {},
    "RequestFileUploadInput.filename": "b.json",
    "RequestFileUploadInput.sha256": digest_of("file"),
    "RequestFileUploadInput.sizeBytes": 3,
    "RequestUploadsInput.files": [
        {"filename": "a.jpg", "sizeBytes": 3, "sha256": digest_of("tenants"), "contentType": "image/jpeg"}
    ],
    "ReviewInput.decision": "REJECT",
    "StartTrainingInput.config": {"epochs": 1},
    "Subscription.projectEvents.after": "0",
    "TeamMemberInput.email": "new@example.org",
    "TeamMemberInput.role": "VIEWER",
    "UpdateAnnotationInput.weedType": "gorse",
}
"""What a call is given beside the ids: at least what it requires, so that it gets as far as looking for them."""

FILTERS = {"AssetFilter.uploadBatchId", "ExportAnnotationsInput.uploadBatchId", "ReviewInput.uploadBatchId"}
"""Where an id only narrows what is found: one that is not there finds nothing, and is no error."""
