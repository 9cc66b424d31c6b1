"""The io worker: verifies uploads, imports annotations, makes, checks and exports versions, renders previews, has
Roboflow's models answer, sends webhooks their news, and collects what was forgotten."""

from __future__ import annotations

from adapters.origins import Origins
from adapters.presence import PREVIEWS
from adapters.queue import IO_QUEUE
from adapters.settings import Settings
from adapters.webhook_http import open_webhook_sender
from workers.annotation_import import AnnotationImport
from workers.check import Check
from workers.claims import ClaimLoops, Handler
from workers.collection import Collection
from workers.completion import Completion
from workers.dataset_archives import DatasetArchives
from workers.detection import Detection
from workers.export import Export
from workers.metrics_face import metrics_face
from workers.presence import stay_present
from workers.preview import open_preview
from workers.process import run_until_told, scratch_folder, wake_queue, worker_name
from workers.pulse import keep_pulse
from workers.reconciliation import Reconciliation
from workers.renderer import open_renderer
from workers.roboflow_deployment import RoboflowDeployment
from workers.roboflow_detection import RoboflowDetection
from workers.sandbox.pool import SandboxPool
from workers.services import open_services
from workers.snapshot import Snapshot
from workers.verification import UploadVerification
from workers.webhook_delivery import Delivery


async def run_io_worker(settings: Settings) -> None:
    """Works until it is told to stop; what is not done in SHUTDOWN_SECONDS is given back then."""
    async with open_services(settings) as services:
        with scratch_folder(settings.work_dir, "io") as folder, open_webhook_sender(settings) as sender:
            database, store = services.database, services.store
            async with (
                SandboxPool(settings.threads) as sandbox,
                open_preview(store, folder / "previews") as preview,
                open_renderer(settings) as renderer,
            ):
                snapshot = Snapshot(database, store, folder)
                handlers: list[Handler] = [
                    UploadVerification(database, store, sandbox, folder),
                    AnnotationImport(database, store, sandbox, folder),
                    snapshot,
                    Check(database, store, folder),
                    Export(database, store, DatasetArchives(store, renderer), folder),
                    RoboflowDeployment(database, store, services.roboflow),
                    Detection(database, store, RoboflowDetection(store, services.roboflow)),
                    Delivery(database, sender),
                ]
                loops = ClaimLoops(database, worker_name("io"), handlers, Origins(services.redis))
                parts = [
                    Collection(database, store).run(),
                    Reconciliation(database, snapshot, worker_name("io")).run(),
                    Completion(database, store, sandbox, folder).run(),
                    stay_present(services.redis, PREVIEWS),
                ]
                to_the_end = [keep_pulse(folder), *metrics_face(settings)]
                queue = wake_queue(services.redis, IO_QUEUE, loops, preview.served)
                await run_until_told(loops, parts, [queue], settings.shutdown_seconds, to_the_end)
