"""Makes torchvision importable beside the CPU build of torch, whose wheel of torchvision asks for CUDA's libraries."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

# torch forgets an operator when the library object that defined it goes.
_libraries: list[Any] = []


def install() -> bool:
    """Call before the first import of torchvision. True when the shim took the place of torchvision's own library,
    False when that one loads, as it does on a GPU host, or when this was done before."""
    # Any: torch leaves these functions without types.
    torch: Any = import_module("torch")
    if _libraries or _loads_natively(torch):
        return False
    library = torch.library.Library("torchvision", "DEF")
    # torchvision describes both when it is imported, and fails when one is not there.
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", _nms, "CompositeExplicitAutograd")
    _libraries.append(library)

    import torchvision.ops.boxes

    torchvision.ops.boxes._assert_has_ops = lambda: None
    return True


def _loads_natively(torch: Any) -> bool:
    package = find_spec("torchvision")
    folders = package.submodule_search_locations if package else None
    binaries = sorted(Path(folders[0]).glob("_C*.so")) if folders else []
    if not binaries:
        return False
    try:
        torch.ops.load_library(str(binaries[0]))
    except OSError:
        return False
    return True


def _nms(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    import torch

    kept = keep_best(dets.detach().cpu().float().numpy(), scores.detach().cpu().float().numpy(), iou_threshold)
    return torch.from_numpy(kept).to(dets.device)


def keep_best(boxes: NDArray[np.float32], scores: NDArray[np.float32], iou_threshold: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression: the indices kept, best score first.

    `boxes` is n × 4 (left, top, right, bottom), `scores` has n. A box goes when its IoU with a kept one exceeds the
    threshold.
    """
    order = np.argsort(-scores, kind="stable")
    left, top, right, bottom = boxes[order].T
    areas = (right - left) * (bottom - top)
    alive = np.ones(len(order), dtype=bool)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        rest = i + 1 + np.flatnonzero(alive[i + 1 :])
        across = np.minimum(right[i], right[rest]) - np.maximum(left[i], left[rest])
        down = np.minimum(bottom[i], bottom[rest]) - np.maximum(top[i], top[rest])
        shared = np.clip(across, 0, None) * np.clip(down, 0, None)
        alive[rest[shared > iou_threshold * (areas[i] + areas[rest] - shared)]] = False
    return order[kept].astype(np.int64)
