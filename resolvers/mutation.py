"""Mutation."""

from __future__ import annotations

from typing import cast

import strawberry
from starlette.datastructures import UploadFile

from domain import deployments, detection, evaluations, projects, training
from domain.errors import invalid
from domain.models.model import ModelDeployment as ModelDeploymentEntity
from domain.models.version import Split
from domain.policies import Action
from domain.uploads import MAX_IMAGE_BYTES
from resolvers.annotation_mutations import AnnotationMutations
from resolvers.check_mutations import CheckMutations
from resolvers.detection_mutations import DetectionMutations
from resolvers.export_mutations import ExportMutations
from resolvers.gpu_mutations import GpuMutations
from resolvers.people_mutations import PeopleMutations
from resolvers.permissions import mutates
from resolvers.upload_mutations import UploadMutations
from resolvers.version_mutations import VersionMutations
from resolvers.webhook_mutations import WebhookMutations
from schema.context import Context, Info
from schema.inputs import (
    CreateProjectInput,
    DeployModelInput,
    DetectInput,
    StartTrainingInput,
    UpdateProjectInput,
    given,
)
from schema.models import ModelDeployment, ModelEvaluation
from schema.payloads import (
    DeployPayload,
    DetectionResult,
    DetectPayload,
    EvaluationPayload,
    ProjectPayload,
    TrainingJobPayload,
)
from schema.projects import Project
from schema.required import required
from schema.training import TrainingJob


@strawberry.type
class Mutation(
    UploadMutations,
    AnnotationMutations,
    VersionMutations,
    CheckMutations,
    ExportMutations,
    GpuMutations,
    DetectionMutations,
    PeopleMutations,
    WebhookMutations,
):
    @strawberry.mutation
    @mutates(Action.CREATE_PROJECT, ProjectPayload)
    async def create_project(self, info: Info, input: CreateProjectInput) -> ProjectPayload:  # noqa: A002
        context = info.context
        project = await projects.create_project(context.database, context.principal, input.team_id, input.name)
        return ProjectPayload(project=Project.of(project))

    @strawberry.mutation(
        description="Feature flags, active model and inference backend. Also what the detection settings page saves."
    )
    @mutates(Action.UPDATE_PROJECT, ProjectPayload)
    async def update_project(self, info: Info, input: UpdateProjectInput) -> ProjectPayload:  # noqa: A002
        context = info.context
        changed = await projects.update_project(context.database, context.principal, input.id, input.decode())
        return ProjectPayload(project=Project.of(changed))

    @strawberry.mutation
    @mutates(Action.TRAIN, TrainingJobPayload)
    async def start_training(self, info: Info, input: StartTrainingInput) -> TrainingJobPayload:  # noqa: A002
        context = info.context
        job = await training.start_training(context.database, context.principal, input.decode())
        return TrainingJobPayload(job=TrainingJob.of(job))

    @strawberry.mutation
    @mutates(Action.TRAIN, TrainingJobPayload)
    async def cancel_training(self, info: Info, id: strawberry.ID) -> TrainingJobPayload:  # noqa: A002
        context = info.context
        job = await training.cancel_training(context.database, context.principal, id)
        return TrainingJobPayload(job=TrainingJob.of(job))

    @strawberry.mutation(description="Goes on from the last saved epoch of a failed or cancelled job.")
    @mutates(Action.TRAIN, TrainingJobPayload)
    async def resume_training(self, info: Info, id: strawberry.ID) -> TrainingJobPayload:  # noqa: A002
        context = info.context
        job = await training.resume_training(context.database, context.principal, id)
        return TrainingJobPayload(job=TrainingJob.of(job))

    @strawberry.mutation
    @mutates(Action.EVALUATE, EvaluationPayload)
    async def evaluate_model(
        self, info: Info, model_id: strawberry.ID, version_id: strawberry.ID, split: Split | None = Split.TEST
    ) -> EvaluationPayload:
        context = info.context
        evaluation = await evaluations.evaluate_model(
            context.database, context.principal, model_id, version_id, given(split, Split.TEST)
        )
        return EvaluationPayload(evaluation=ModelEvaluation.of(evaluation))

    @strawberry.mutation(
        description="Makes the model the one that the project detects with, once it was loaded and answered a health "
        "check (on the CPU while the GPU is held). The deployment is PENDING until then; see projectEvents."
    )
    @mutates(Action.DEPLOY, DeployPayload)
    async def deploy_model(self, info: Info, input: DeployModelInput) -> DeployPayload:  # noqa: A002
        context = info.context
        deployment = await deployments.deploy_model(
            context.database, context.principal, input.project_id, input.model.decode(), input.backend, input.note
        )
        return await _deployed(context, deployment)

    @strawberry.mutation(description="Goes back to the deployment before the current one.")
    @mutates(Action.DEPLOY, DeployPayload)
    async def rollback_deployment(self, info: Info, project_id: strawberry.ID) -> DeployPayload:
        context = info.context
        return await _deployed(
            context, await deployments.rollback_deployment(context.database, context.principal, project_id)
        )

    @strawberry.mutation
    @mutates(Action.DETECT, DetectPayload)
    async def detect(self, info: Info, input: DetectInput) -> DetectPayload:  # noqa: A002
        context = info.context
        # The scalar says bytes; what Strawberry hands over is Starlette's uploaded file.
        file = cast("UploadFile | None", input.source.image or None)
        if file is not None and (file.size or 0) > MAX_IMAGE_BYTES:
            raise invalid("An image has 1 byte to 500 MB.", "input", "source", "image")
        command = detection.Detect(
            project_id=input.project_id,
            asset_id=input.source.asset_id or None,
            image=await _content(file) if file is not None else None,
            model_id=input.model.model_id or None if input.model else None,
            roboflow_model=input.model.roboflow_model or None if input.model else None,
            backend=input.backend,
            confidence=given(input.confidence, 0.25),
            iou=given(input.iou, 0.45),
        )
        result = await detection.detect(context.database, context.store, context.backends, context.principal, command)
        if result.fallback is not None:
            context.observer.fell_back(result.fallback.reason)
        return DetectPayload(result=DetectionResult.of(result))


async def _deployed(context: Context, deployment: ModelDeploymentEntity) -> DeployPayload:
    project = required(await context.loaders.project.load(deployment.project_id), "project")
    return DeployPayload(project=Project.of(project), deployment=ModelDeployment.of(deployment))


async def _content(file: UploadFile) -> bytes:
    """The bytes of a file that came with the call; its temporary copy is let go."""
    try:
        return await file.read()
    finally:
        await file.close()
