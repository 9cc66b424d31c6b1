"""Two teams' whole holdings, and every operation of the API that takes an id of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.database import SqlDatabase
from domain.api_tokens import CreateApiToken, create_api_token
from domain.checks import verify_version
from domain.deployments import ModelToDeploy, deploy_model
from domain.detection_jobs import StartDetection, start_detection
from domain.evaluations import evaluate_model
from domain.exports import export_version
from domain.models.api_token import TokenScope
from domain.models.asset import UploadState
from domain.models.config import SplitConfig, VersionConfig
from domain.models.imports import ExportFormat
from domain.models.people import TeamRole, User
from domain.models.training import TrainingConfig
from domain.models.version import Split
from domain.training import StartTraining, start_training
from seeds import (
    Home,
    add_batch,
    add_file,
    add_images,
    add_import,
    add_model,
    add_pending,
    add_uploads,
    annotate,
    digest_of,
    freeze,
    join,
    make_home,
    principal_of,
    request_version,
)
from stack import Stack

Ids = Mapping[str, str]
"""The id of each kind of object, as `project`."""


@dataclass(frozen=True, slots=True)
class World:
    """A team with a member of each role and an object of every kind."""

    home: Home
    members: Mapping[TeamRole, User]
    ids: Ids
    tokens: Mapping[TeamRole, str]
    """The id of a member's API token, which is no other member's business."""

    def ids_of(self, role: TeamRole) -> Ids:
        """As `ids`, with the member's own token."""
        return {**self.ids, "token": self.tokens[role]}


async def make_world(api: Stack, name: str) -> World:
    database = api.database
    home = await make_home(database, name)
    members = {role: await join(database, home.team, role) for role in TeamRole}
    tokens = {role: await add_token(database, member) for role, member in members.items()}
    batch = await add_batch(database, home.project)
    assets = await add_images(database, home.project, [f"{name}-{index}" for index in range(8)], batch)
    annotations = await annotate(database, home, assets)
    pending = await add_pending(database, assets[0])
    file = await add_file(database, home.project, f"{name}.json")
    imported = await add_import(database, file)
    (upload,) = await add_uploads(database, home.project, batch, [f"{name}-new"], UploadState.OPEN)
    work_dir = api.services.settings.data_dir
    config = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))
    requested = await request_version(database, home, config)
    version = await freeze(database, api.services.store, Path(work_dir), requested)
    check = await verify_version(database, home.principal, version.id)
    export = await export_version(database, api.services.store, home.principal, version.id, ExportFormat.YOLO)
    model = await add_model(database, version)
    evaluation = await evaluate_model(database, home.principal, model.id, version.id, Split.TEST)
    deployment = await deploy_model(
        database, home.principal, home.project.id, ModelToDeploy(model.id, None, ()), None, None
    )
    job = await start_training(database, home.principal, StartTraining(version.id, TrainingConfig(), None, True, None))
    of_all = StartDetection(home.project.id, None, None, model.id, None, None, 0.25, 0.45, None)
    detection = await start_detection(database, api.services.roboflow, home.principal, of_all)
    ids = {
        "team": home.team.id,
        "user": home.owner.id,
        "token": await add_token(database, home.owner),
        "project": home.project.id,
        "batch": batch.id,
        "asset": assets[0].id,
        "annotation": annotations[0].id,
        "pending": pending.id,
        "upload": upload.id,
        "file": file.id,
        "import": imported.id,
        "version": version.id,
        "check": check.id,
        "export": export.id,
        "model": model.id,
        "evaluation": evaluation.id,
        "deployment": deployment.id,
        "job": job.id,
        "detection": detection.id,
    }
    return World(home, members, ids, tokens)


async def add_token(database: SqlDatabase, user: User) -> str:
    """The id of a new API token of the user."""
    token, _ = await create_api_token(database, principal_of(user), CreateApiToken("nightly", TokenScope.READ, None))
    return token.id


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
    # Last, since what they delete is needed before.
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

NODES = (
    "team",
    "user",
    "token",
    "project",
    "batch",
    "asset",
    "annotation",
    "pending",
    "import",
    "version",
    "check",
    "export",
    "model",
    "evaluation",
    "deployment",
    "job",
    "detection",
)
"""What `node` finds."""

SUBSCRIPTIONS: Mapping[str, Operation] = {
    "uploadProgress": _by_id("subscription", "uploadProgress", "batchId", "batch", "cursor"),
    "importProgress": _by_id("subscription", "importProgress", "jobId", "import", "cursor"),
    "versionProgress": _by_id("subscription", "versionProgress", "versionId", "version", "cursor"),
    "exportProgress": _by_id("subscription", "exportProgress", "exportId", "export", "cursor"),
    "trainingProgress": _by_id("subscription", "trainingProgress", "jobId", "job", "cursor"),
    "detectionProgress": _by_id("subscription", "detectionProgress", "jobId", "detection", "cursor"),
    "projectEvents": _by_id("subscription", "projectEvents", "projectId", "project", "cursor"),
}
