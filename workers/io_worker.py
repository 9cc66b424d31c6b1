"""The io worker: verifies uploads, ends forgotten ones, and makes snapshots."""

from __future__ import annotations

from adapters.queue import IO_QUEUE
from adapters.settings import Settings
from workers.claims import ClaimLoops, Handler
from workers.expiry import expire_uploads
from workers.process import run_until_told, scratch_folder, wake_queue, worker_name
from workers.services import open_services
from workers.snapshot import Snapshot
from workers.verification import UploadVerification


async def run_io_worker(settings: Settings) -> None:
    """Works until it is told to stop; what it holds then is given back."""
    async with open_services(settings) as services:
        with scratch_folder(settings.work_dir, "io") as folder:
            handlers: list[Handler] = [
                UploadVerification(services.database, services.store, folder),
                Snapshot(services.database, services.store, folder),
            ]
            expiry = expire_uploads(services.database, services.store)
            loops = ClaimLoops(services.database, worker_name("io"), handlers)
            await run_until_told([loops.run(), expiry], [wake_queue(services.redis, IO_QUEUE, loops)])
