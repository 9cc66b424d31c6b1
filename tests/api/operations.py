"""Every operation of the API that names objects, as whole worlds have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worlds import Ids

from seeds import digest_of


@dataclass(frozen=True, slots=True)
class Operation:
    """A document with one root field; `$project` in its variables stands for the project's id, and so on."""

    document: str
    variables: Mapping[str, Any]

    def kinds(self) -> list[str]:
        return sorted(_placeholders(self.variables))

    def filled(self, ids: Ids) -> dict[str, Any]:
        filled: dict[str, Any] = _fill(self.variables, ids)
        return filled


def _placeholders(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value[1:]} if value.startswith("$") else set()
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {name for one in inner for name in _placeholders(one)}


def _fill(value: Any, ids: Ids) -> Any:
    if isinstance(value, str):
        return ids[value[1:]] if value.startswith("$") else value
    if isinstance(value, Mapping):
        return {name: _fill(one, ids) for name, one in value.items()}
    return [_fill(one, ids) for one in value] if isinstance(value, list) else value


def _mutation(field: str, input_type: str, input_: Mapping[str, Any]) -> Operation:
    document = f"mutation($input: {input_type}!) {{ {field}(input: $input) {{ userErrors {{ code message field }} }} }}"
    return Operation(document, {"input": input_})


def _by_id(root: str, field: str, argument: str, kind: str, selection: str) -> Operation:
    document = f"{root}($id: ID!) {{ {field}({argument}: $id) {{ {selection} }} }}"
    return Operation(document, {"id": f"${kind}"})


_FILE = {"filename": "a.jpg", "sizeBytes": 3, "sha256": digest_of("tenants"), "contentType": "image/jpeg"}
_BOX = {"x": 1, "y": 1, "width": 9, "height": 9}
_DRAWN = {"assetId": "$asset", "weedType": "wattle", "box": _BOX}
_ERRORS = "userErrors { code message field }"

MUTATIONS: Mapping[str, Operation] = {
    "createProject": _mutation("createProject", "CreateProjectInput", {"teamId": "$team", "name": "New"}),
    "updateProject": _mutation("updateProject", "UpdateProjectInput", {"id": "$project", "name": "Renamed"}),
    "requestUploads": _mutation(
        "requestUploads", "RequestUploadsInput", {"projectId": "$project", "batchId": "$batch", "files": [_FILE]}
    ),
    "completeUploads": _mutation(
        "completeUploads", "CompleteUploadsInput", {"projectId": "$project", "uploadIds": ["$upload"]}
    ),
    "createAnnotations": _mutation(
        "createAnnotations", "CreateAnnotationsInput", {"projectId": "$project", "annotations": [_DRAWN]}
    ),
    "updateAnnotation": _mutation(
        "updateAnnotation", "UpdateAnnotationInput", {"id": "$annotation", "weedType": "gorse"}
    ),
    "renameClass": Operation(
        f'mutation($p: ID!) {{ renameClass(projectId: $p, from: "wattle", to: "gorse") {{ {_ERRORS} }} }}',
        {"p": "$project"},
    ),
    "reviewPendingAnnotations": _mutation(
        "reviewPendingAnnotations", "ReviewInput", {"projectId": "$project", "decision": "REJECT", "ids": ["$pending"]}
    ),
    "exportAnnotations": _mutation(
        "exportAnnotations", "ExportAnnotationsInput", {"projectId": "$project", "format": "CSV"}
    ),
    "requestFileUpload": _mutation(
        "requestFileUpload",
        "RequestFileUploadInput",
        {"projectId": "$project", "filename": "b.json", "sizeBytes": 3, "sha256": digest_of("file")},
    ),
    "importAnnotations": _mutation(
        "importAnnotations", "ImportAnnotationsInput", {"projectId": "$project", "format": "COCO", "uploadId": "$file"}
    ),
    "createVersion": _mutation(
        "createVersion",
        "CreateVersionInput",
        {"projectId": "$project", "filters": {"uploadBatchIds": ["$batch"]}},
    ),
    "renameVersion": Operation(
        f'mutation($id: ID!) {{ renameVersion(id: $id, displayName: "Spring") {{ {_ERRORS} }} }}', {"id": "$version"}
    ),
    "archiveVersion": _by_id("mutation", "archiveVersion", "id", "version", _ERRORS),
    "restoreVersion": _by_id("mutation", "restoreVersion", "id", "version", _ERRORS),
    "retryVersion": _by_id("mutation", "retryVersion", "id", "version", _ERRORS),
    "reconcileVersion": _by_id("mutation", "reconcileVersion", "id", "version", _ERRORS),
    "verifyVersion": _by_id("mutation", "verifyVersion", "id", "version", _ERRORS),
    "exportVersion": Operation(
        f"mutation($id: ID!) {{ exportVersion(id: $id, format: YOLO) {{ {_ERRORS} }} }}", {"id": "$version"}
    ),
    "cancelExport": _by_id("mutation", "cancelExport", "id", "export", _ERRORS),
    "startTraining": _mutation(
        "startTraining",
        "StartTrainingInput",
        {"datasetVersionId": "$version", "checkpointModelId": "$model", "config": {"epochs": 1}},
    ),
    "cancelTraining": _by_id("mutation", "cancelTraining", "id", "job", _ERRORS),
    "resumeTraining": _by_id("mutation", "resumeTraining", "id", "job", _ERRORS),
    "evaluateModel": Operation(
        f"mutation($m: ID!, $v: ID!) {{ evaluateModel(modelId: $m, versionId: $v) {{ {_ERRORS} }} }}",
        {"m": "$model", "v": "$version"},
    ),
    "deployModel": _mutation(
        "deployModel", "DeployModelInput", {"projectId": "$project", "model": {"modelId": "$model"}}
    ),
    "rollbackDeployment": _by_id("mutation", "rollbackDeployment", "projectId", "project", _ERRORS),
    "loadModel": _by_id("mutation", "loadModel", "modelId", "model", _ERRORS),
    "unloadModel": Operation(f"mutation {{ unloadModel {{ {_ERRORS} }} }}", {}),
    "detect": _mutation(
        "detect",
        "DetectInput",
        {"projectId": "$project", "source": {"assetId": "$asset"}, "model": {"modelId": "$model"}},
    ),
    "startDetection": _mutation(
        "startDetection",
        "StartDetectionInput",
        {"projectId": "$project", "assetIds": ["$asset"], "model": {"modelId": "$model"}},
    ),
    "cancelDetection": _by_id("mutation", "cancelDetection", "id", "detection", _ERRORS),
    "createApiToken": _mutation("createApiToken", "CreateApiTokenInput", {"name": "CI", "scope": "READ"}),
    "setTeamMember": _mutation(
        "setTeamMember", "TeamMemberInput", {"teamId": "$team", "email": "new@example.org", "role": "VIEWER"}
    ),
    "createWebhook": _mutation(
        "createWebhook",
        "CreateWebhookInput",
        {"projectId": "$project", "url": "https://hooks.example.org/new", "events": ["VERSION_READY"]},
    ),
    # Last, since what they delete is needed before.
    "deleteWebhook": _by_id("mutation", "deleteWebhook", "id", "webhook", _ERRORS),
    "revokeApiToken": _by_id("mutation", "revokeApiToken", "id", "token", _ERRORS),
    "removeTeamMember": Operation(
        f"mutation($t: ID!, $u: ID!) {{ removeTeamMember(teamId: $t, userId: $u) {{ {_ERRORS} }} }}",
        {"t": "$team", "u": "$user"},
    ),
    "deleteAnnotations": Operation(
        f"mutation($ids: [ID!]!) {{ deleteAnnotations(ids: $ids) {{ {_ERRORS} }} }}", {"ids": ["$annotation"]}
    ),
    "deleteAssets": Operation(
        f"mutation($ids: [ID!]!) {{ deleteAssets(ids: $ids) {{ {_ERRORS} }} }}", {"ids": ["$asset"]}
    ),
}

QUERIES: Mapping[str, Operation] = {
    "project": _by_id("query", "project", "id", "project", "id name"),
    "asset": _by_id("query", "asset", "id", "asset", "id filename"),
    "uploadBatch": _by_id("query", "uploadBatch", "id", "batch", "id name"),
    "importJob": _by_id("query", "importJob", "id", "import", "id status"),
    "version": _by_id("query", "version", "id", "version", "id name"),
    "trainingJob": _by_id("query", "trainingJob", "id", "job", "id status"),
    "detectionJob": _by_id("query", "detectionJob", "id", "detection", "id status"),
    "trainingEstimate": Operation(
        "query($v: ID!) { trainingEstimate(versionId: $v, config: {}) { seconds basedOnJobs device } }",
        {"v": "$version"},
    ),
    "model": _by_id("query", "model", "id", "model", "id name"),
    "versionPreview": Operation(
        "query($input: CreateVersionInput!) { versionPreview(input: $input) { preview { imageCount }"
        " userErrors { code } } }",
        {"input": {"projectId": "$project", "filters": {"uploadBatchIds": ["$batch"]}}},
    ),
    "previewAugmentation": Operation(
        f"query($a: ID!, $v: ID!) {{ previewAugmentation(assetId: $a, versionId: $v) {{ {_ERRORS} }} }}",
        {"a": "$asset", "v": "$version"},
    ),
}

SUBSCRIPTIONS: Mapping[str, Operation] = {
    "uploadProgress": _by_id("subscription", "uploadProgress", "batchId", "batch", "cursor"),
    "importProgress": _by_id("subscription", "importProgress", "jobId", "import", "cursor"),
    "versionProgress": _by_id("subscription", "versionProgress", "versionId", "version", "cursor"),
    "exportProgress": _by_id("subscription", "exportProgress", "exportId", "export", "cursor"),
    "trainingProgress": _by_id("subscription", "trainingProgress", "jobId", "job", "cursor"),
    "detectionProgress": _by_id("subscription", "detectionProgress", "jobId", "detection", "cursor"),
    "projectEvents": _by_id("subscription", "projectEvents", "projectId", "project", "cursor"),
}
