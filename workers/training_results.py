"""What a training made, to the object store: the best weights, the model as ONNX, pictures, tables."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.ids import new_id
from domain.keys import model_file_key, weights_key
from domain.models.model import ModelFile, TrainedModel
from domain.models.training import EpochMetrics, TrainingJob
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore
from workers.child.protocol import ChildResult
from workers.digest import sha256_of


@dataclass(frozen=True, slots=True)
class TrainingResults:
    """Of one training; everything is stored by its own checksum, so that storing it again does no harm."""

    store: ObjectStore
    job: TrainingJob
    version: DatasetVersion
    checkpoint: TrainedModel | None

    async def keep(
        self, weights: Path, result: ChildResult, epochs: Sequence[EpochMetrics], folder: Path
    ) -> Callable[[str], TrainedModel]:
        """Stores it all; the model then needs but a name. Tables are written to `folder` first. Raises OSError while
        the store is away."""
        sha256 = await asyncio.to_thread(sha256_of, weights)
        key = weights_key(self.job.team_id, sha256)
        await self.store.put_file(key, weights, "application/octet-stream")
        tables = [
            _written(folder / "results.csv", _table(epochs)),
            _written(folder / "args.json", json.dumps(self._origin(), indent=2)),
        ]
        made = [(file.name, file.path, file.content_type) for file in result.files]
        made += [(path.name, path, "text/csv" if path.suffix == ".csv" else "application/json") for path in tables]
        files = tuple([await self._keep_file(sha256, *file) for file in made])
        size = weights.stat().st_size
        return lambda name: self._model(name, key, sha256, size, result, files)

    async def _keep_file(self, weights_sha256: str, name: str, path: Path, content_type: str) -> ModelFile:
        sha256 = await asyncio.to_thread(sha256_of, path)
        key = model_file_key(self.job.team_id, weights_sha256, sha256, path.suffix)
        await self.store.put_file(key, path, content_type)
        return ModelFile(name, key, sha256, path.stat().st_size, content_type)

    def _origin(self) -> dict[str, Any]:
        """All that it takes to train the same model again, or to know what it was trained on."""
        job, version, checkpoint = self.job, self.version, self.checkpoint
        return {
            "version": version.version,
            "contentDigest": version.content_digest,
            "manifestSha256": version.manifest.sha256 if version.manifest else None,
            "startingWeights": job.starting_weights,
            "checkpoint": {"name": checkpoint.name, "sha256": checkpoint.sha256} if checkpoint else None,
            "config": asdict(job.config),
            "effective": job.effective,
            "device": job.device,
        }

    def _model(
        self, name: str, key: str, sha256: str, size: int, result: ChildResult, files: tuple[ModelFile, ...]
    ) -> TrainedModel:
        job, version = self.job, self.version
        return TrainedModel(
            id=new_id(),
            project_id=job.project_id,
            team_id=job.team_id,
            name=name,
            dataset_id=version.id,
            training_job_id=job.id,
            parent_model_id=job.checkpoint_model_id,
            base_model=job.config.base_model,
            classes=result.classes,
            metrics=result.metrics,
            weights_key=key,
            sha256=sha256,
            size_bytes=size,
            image_size=job.config.image_size,
            preprocessing=version.config.preprocessing,
            created_at=datetime.now(UTC),
            files=files,
        )


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _table(epochs: Iterable[EpochMetrics]) -> str:
    """Every epoch, those of earlier attempts too, as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, EpochMetrics.__slots__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(one) for one in epochs)
    return text.getvalue()
