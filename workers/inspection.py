"""Looking at weights that somebody brought, in a process that can do nothing else."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import dataclass
from pathlib import Path

from domain.errors import DomainError, ErrorCode
from domain.models.training import BaseModel
from workers.child.protocol import InspectSpec, Report
from workers.child_process import ChildDiskFull, ChildFailed, ChildOutOfMemory, child_outcome

INSPECTION_SECONDS = 600
_THREADS = 1


@dataclass(frozen=True, slots=True)
class Inspected:
    """`classes` in the order of the network's outputs; `image_size` is the square it was trained at, in pixels, and
    `base_model` its architecture, where the file tells."""

    classes: tuple[str, ...]
    image_size: int | None
    base_model: BaseModel | None


async def inspect_weights(weights: Path, sha256: str, folder: Path) -> Inspected:
    """What the YOLO detection model in the file is. `folder` is made, and for scratch.

    Raises UNSUPPORTED with a sentence for a file that is none, or that cannot be opened within what a model needs;
    OSError for a full disk.
    """
    spec = InspectSpec(weights, sha256, _THREADS)
    try:
        async with asyncio.timeout(INSPECTION_SECONDS):
            found = await child_outcome(spec, folder, _nothing)
    except TimeoutError as error:
        raise _unsupported(f"It could not be opened within {INSPECTION_SECONDS} seconds.") from error
    except ChildOutOfMemory as error:
        raise _unsupported("It takes more memory to open than a model of its size does.") from error
    except ChildDiskFull as error:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
    except ChildFailed as error:
        raise _unsupported(str(error)) from error
    base_model = found["base_model"]
    return Inspected(tuple(found["classes"]), found["image_size"], BaseModel(base_model) if base_model else None)


def _unsupported(message: str) -> DomainError:
    return DomainError(ErrorCode.UNSUPPORTED, message)


async def _nothing(_: Report) -> None:
    """It is over in moments; there is nothing to tell meanwhile."""
