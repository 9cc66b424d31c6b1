"""The names of models, which are unique in their project."""

from __future__ import annotations

from domain.ports import UnitOfWork

WEIGHTS_SUFFIX = ".pt"


async def free_model_name(uow: UnitOfWork, project_id: str, stem: str) -> str:
    """`<stem>.pt`, with -2, -3 … when that is taken. The project must be locked."""
    taken = await uow.models.names_like(project_id, stem)
    names = (f"{stem if count == 1 else f'{stem}-{count}'}{WEIGHTS_SUFFIX}" for count in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
