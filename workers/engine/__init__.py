"""The inference engine of a GPU worker: models stay loaded, and answer on one image at a time."""

from __future__ import annotations

from workers.engine.engine import Engine, EngineResult, Resident
from workers.engine.memory import is_out_of_memory, needed_memory
from workers.engine.runtime import NetworkFile, RuntimeKind

__all__ = ["Engine", "EngineResult", "NetworkFile", "Resident", "RuntimeKind", "is_out_of_memory", "needed_memory"]
