"""Detection that starts by itself when all files of an upload batch are taken, refused or expired."""

from __future__ import annotations

from dataclasses import replace

from domain.detection_jobs import add_detection, new_detection
from domain.detector_choice import DetectorChoice
from domain.ids import id_of
from domain.models.asset import BatchStatus, UploadBatch
from domain.ports import UnitOfWork


async def detect_on_upload(uow: UnitOfWork, batch: UploadBatch) -> None:
    """A job for the new images of a batch that just became DONE, where its project wants that and has an active model.
    A batch that more files join becomes DONE again, and its next job is for those. The project is locked."""
    if batch.status is not BatchStatus.DONE:
        return
    project = await uow.projects.get(batch.project_id)
    if project is None or not project.detect_on_upload:
        return
    model = await uow.models.get(project.active_model_id) if project.active_model_id is not None else None
    choice = DetectorChoice(project.inference_backend, model, project.active_roboflow_model)
    id_ = id_of("detectOnUpload", batch.id, str(batch.answered))
    if not (choice.local or choice.hosted) or await uow.detections.get(id_) is not None:
        return
    job = replace(new_detection(project, choice, id_), upload_batch_id=batch.id)
    if await uow.detections.count_images(job) > 0:
        await add_detection(uow, job)
