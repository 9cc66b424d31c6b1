"""What other tools take for the same photographs and the same pictures, run as their users run them.

They have environments of their own: PEERS names a Python that has supervision and albumentations, DATUMARO one that has
datumaro. What is not named is not measured.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.models.manifest import FrozenImage

_SCRIPT = Path(__file__).with_name("peer_scripts.py")
_PEERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "whole": {"PEERS": ("opencv", "supervision", "albumentations"), "DATUMARO": ("datumaro",)},
    "tiled": {"PEERS": ("albumentations_tiled",)},
}


def peer_seconds(kind: str, folder: Path, images: Sequence[tuple[Path, FrozenImage]]) -> dict[str, float]:
    """Seconds from the photographs on disk to a YOLO folder, imports and start-up left out."""
    listing = folder / "peers.json"
    listing.write_text(
        json.dumps(
            [
                {
                    "path": str(path),
                    "name": image.filename,
                    "width": image.width,
                    "height": image.height,
                    "boxes": [[one.box.x, one.box.y, one.box.right, one.box.bottom] for one in image.annotations],
                }
                for path, image in images
            ]
        )
    )
    seconds = {}
    for variable, peers in _PEERS[kind].items():
        python = os.environ.get(variable)
        for peer in peers if python else ():
            command = [str(python), str(_SCRIPT), peer, str(listing), str(folder / peer)]
            os.sync()  # what was written before is not paid for here
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
            seconds[peer] = float(done.stdout.splitlines()[-1])
    return seconds
