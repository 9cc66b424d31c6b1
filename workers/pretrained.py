"""The weights that Ultralytics trained on COCO, where the operator keeps them: offline, nobody else has them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from domain.ports import ObjectStore
from workers.claims import PermanentError
from workers.digest import sha256_of

_IN_STORE = "store:"
_ELSE = "or start from a checkpoint or from scratch."
_NOT_THERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """`place` is the setting PRETRAINED_WEIGHTS: a folder, `store:` and a prefix of object keys, or nothing."""

    store: ObjectStore
    place: str

    async def file(self, architecture: str, folder: Path) -> tuple[Path, str]:
        """The weights of that architecture, as `yolo11n`, and their SHA-256 (hex). `folder`, which is made, is for a
        copy where they lie in the object store.

        Raises PermanentError with what to do where they are missing, OSError while the store is away.
        """
        name = f"{architecture}.pt"
        if not self.place.startswith(_IN_STORE):
            return await asyncio.to_thread(self._found, name)
        path = folder / name
        await self._fetch(name, path)
        return path, await asyncio.to_thread(sha256_of, path)

    def _found(self, name: str) -> tuple[Path, str]:
        if not self.place:
            raise PermanentError(
                f"There are no pretrained weights {name}, because PRETRAINED_WEIGHTS is not set; have it name where "
                f"they lie, {_ELSE}"
            )
        path = Path(self.place) / name
        try:
            return path, sha256_of(path)
        except _NOT_THERE as error:
            raise PermanentError(
                f"The pretrained weights {name} cannot be read on this host ({error.strerror}); put them into the "
                f"folder that PRETRAINED_WEIGHTS names, {_ELSE}"
            ) from error

    async def _fetch(self, name: str, path: Path) -> None:
        key = f"{self.place.removeprefix(_IN_STORE).removesuffix('/')}/{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            await self.store.download(key, path)
        except KeyError as error:
            raise PermanentError(
                f"The pretrained weights {name} are not in the object store; put them there as {key}, {_ELSE}"
            ) from error
