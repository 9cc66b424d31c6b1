"""Which backend answers a detection, and which one when that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.models.detection import Fallback, FallbackReason
from domain.models.gpu import GpuHolder, GpuHost, GpuLease
from domain.models.model import InferenceBackend


@dataclass(frozen=True, slots=True)
class Route:
    """`first` and then `second` are asked, LOCAL or ROBOFLOW; `fallback` says why `first` is not the local one where
    AUTO would have it so."""

    first: InferenceBackend
    second: InferenceBackend | None = None
    fallback: Fallback | None = None


def find_route(backend: InferenceBackend, *, local: bool, roboflow: bool, in_the_way: Fallback | None = None) -> Route:
    """The route for a detection with `backend`, given whether there is a `local` model and a `roboflow` one that can be
    asked, and what is in the way of the local one. LOCAL and ROBOFLOW never switch."""
    if backend is not InferenceBackend.AUTO:
        return Route(backend)
    if not local:
        return Route(InferenceBackend.ROBOFLOW)
    if not roboflow:
        return Route(InferenceBackend.LOCAL)
    if in_the_way is None:
        return Route(InferenceBackend.LOCAL, InferenceBackend.ROBOFLOW)
    # A training is not waited for, it may take hours. SAM3 gives the GPU back before long.
    brief = in_the_way.reason is FallbackReason.GPU_HELD_BY_SAM3
    return Route(InferenceBackend.ROBOFLOW, InferenceBackend.LOCAL if brief else None, in_the_way)


def blocking_lease(hosts: Sequence[GpuHost], leases: Mapping[str, GpuLease]) -> GpuLease | None:
    """The lease that keeps detections waiting: none while some living host could detect, or there is no living host;
    one of SAM3's before one of a training, since it ends sooner."""
    alive = [host for host in hosts if host.alive]
    held = [leases.get(host.host) if host.exclusive else None for host in alive]
    blocking = [lease for lease in held if lease is not None and lease.holder is not GpuHolder.INFERENCE]
    if not alive or len(blocking) < len(alive):
        return None
    return min(blocking, key=lambda lease: lease.holder is not GpuHolder.SAM3)
