"""Runs every benchmark, one after the other: `python -m bench`. Named ones alone: `python -m bench versions`; `intake`
stands for all that images and annotations go through when they come in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

from bench.api import measure_version_list
from bench.diffing import measure_diffing
from bench.fan_out import measure_fan_out
from bench.fleet import measure_fleet
from bench.grid import measure_grid
from bench.inference import measure_inference
from bench.intake import INTAKE, Benchmark
from bench.preview import measure_preview
from bench.rendering import measure_rendering
from bench.sizes import measure_sizes
from bench.training import measure_training
from bench.versions import measure_versions

BENCHMARKS: Mapping[str, Benchmark] = {
    "versions": measure_versions,
    "preview": measure_preview,
    "diffing": measure_diffing,
    "rendering": measure_rendering,
    "training": measure_training,
    "inference": measure_inference,
    "grid": measure_grid,
    "api": measure_version_list,
    "fan-out": measure_fan_out,
    "fleet": measure_fleet,
    "sizes": measure_sizes,
    **INTAKE,
}


def main(names: list[str]) -> int:
    """0, or 2 for a name that no benchmark has."""
    unknown = [name for name in names if name != "intake" and name not in BENCHMARKS]
    if unknown:
        known = ", ".join((*BENCHMARKS, "intake"))
        sys.stderr.write(f"There is no benchmark {unknown[0]}; there are: {known}.\n")
        return 2
    wanted = [one for name in names for one in (INTAKE if name == "intake" else [name])]
    for name in wanted or BENCHMARKS:
        asyncio.run(BENCHMARKS[name]())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
