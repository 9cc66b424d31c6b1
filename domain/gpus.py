"""The GPU hosts as a team sees them, and what it may tell them to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.models.gpu import GpuHolder, GpuHost, GpuLease
from domain.models.model import TrainedModel
from domain.models.people import Principal
from domain.models.training import TrainingJob
from domain.models_registry import readable_model
from domain.policies import Action, authorize_any_team
from domain.ports import Database, GpuHostCalls, GpuLeases, UnitOfWork, WorkerUnavailableError
from domain.serving import served

CALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU host and who has its GPU. Of what other teams hold there is no job and no model here."""

    host: GpuHost
    lease: GpuLease | None
    training_job: TrainingJob | None
    loaded_model: TrainedModel | None


async def list_gpus(database: Database, leases: GpuLeases, principal: Principal) -> list[Gpu]:
    """All hosts, also those that are away; none for who is in no team. Raises UNAVAILABLE when nobody can tell who has
    them."""

    async def known(uow: UnitOfWork) -> Sequence[GpuHost]:
        return await uow.gpu_hosts.all() if await uow.people.memberships_of(principal.user_id) else ()

    hosts = await database.read(known)
    try:
        lent = await leases.of_hosts(host.host for host in hosts if host.exclusive)
    except WorkerUnavailableError as error:
        raise DomainError(ErrorCode.UNAVAILABLE, str(error)) from error

    async def work(uow: UnitOfWork) -> list[Gpu]:
        teams = {membership.team_id for membership in await uow.people.memberships_of(principal.user_id)}
        return [await _seen_by(uow, teams, host, lent.get(host.host)) for host in hosts]

    return await database.read(work)


async def _seen_by(uow: UnitOfWork, teams: set[str], host: GpuHost, lease: GpuLease | None) -> Gpu:
    training = lease is not None and lease.holder is GpuHolder.TRAINING
    job = await uow.jobs.get(lease.subject_id) if lease is not None and training else None
    models = await uow.models.get_many(host.loaded_model_ids)
    mine = (model for id_ in host.loaded_model_ids if (model := models.get(id_)) and model.team_id in teams)
    return Gpu(host, lease, job if job and job.team_id in teams else None, next(mine, None))


async def load_model(
    database: Database, leases: GpuLeases, calls: GpuHostCalls, principal: Principal, model_id: str, host: str | None
) -> Gpu:
    """Has the model loaded on that host, or on the one with the most memory to spare. Raises NOT_READY for a model that
    cannot be loaded, GPU_BUSY while others have the GPU, UNAVAILABLE when no host answers."""
    model = await database.read(lambda uow: readable_model(uow, principal, model_id, Action.LOAD_MODEL))
    wanted = served(model, "modelId")
    gpus = await list_gpus(database, leases, principal)
    chosen = _named(gpus, host) if host is not None else _roomiest(gpus)
    return await _told(database, leases, principal, chosen, lambda name: calls.load(name, wanted, CALL_SECONDS))


async def unload_model(
    database: Database, leases: GpuLeases, calls: GpuHostCalls, principal: Principal, host: str | None
) -> Gpu:
    """Has the host let all its models go; they are loaded again as they are needed. Its name may be left out where
    there is one host. Raises as load_model does."""
    await database.read(lambda uow: authorize_any_team(uow, principal, Action.UNLOAD_MODEL, "GPU host"))
    gpus = await list_gpus(database, leases, principal)
    living = [gpu for gpu in gpus if gpu.host.alive]
    if host is None and len(living) > 1:
        raise invalid(f"Name one of the hosts: {', '.join(gpu.host.host for gpu in living)}.", "host")
    chosen = _named(gpus, host) if host is not None else _roomiest(gpus)
    return await _told(database, leases, principal, chosen, lambda name: calls.unload(name, CALL_SECONDS))


def _named(gpus: Sequence[Gpu], host: str) -> Gpu:
    found = next((gpu for gpu in gpus if gpu.host.host == host), None)
    if found is None:
        raise not_found("GPU host")
    return found


def _roomiest(gpus: Sequence[Gpu]) -> Gpu:
    """Of the living hosts one whose GPU nobody else has, with the most free memory."""
    living = [gpu for gpu in gpus if gpu.host.alive]
    if not living:
        text = "No GPU worker is running; start one with `agridrone worker gpu`."
        raise DomainError(ErrorCode.UNAVAILABLE, text)
    return max(living, key=lambda gpu: (gpu.lease is None, (gpu.host.memory_total or 0) - (gpu.host.memory_used or 0)))


async def _told(
    database: Database,
    leases: GpuLeases,
    principal: Principal,
    gpu: Gpu,
    tell: Callable[[str], Awaitable[None]],
) -> Gpu:
    """The GPU as it is once its host did as it was told."""
    name = gpu.host.host
    try:
        await tell(name)
    except WorkerUnavailableError as error:
        raise DomainError(ErrorCode.UNAVAILABLE, str(error)) from error
    return _named(await list_gpus(database, leases, principal), name)
