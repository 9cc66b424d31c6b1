"""Files of models from the object store, on local disk."""

from __future__ import annotations

from pathlib import Path

from domain.ids import new_id
from domain.ports import ObjectStore
from workers.claims import PermanentError


async def weights_file(store: ObjectStore, key: str, sha256: str, folder: Path, suffix: str = ".pt") -> Path:
    """The object in `folder`, named by the checksum that it should have; it is checked where it is opened.

    Raises PermanentError when it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sha256}{suffix}"
    if not path.exists():
        partial = path.with_suffix(f".{new_id()}")
        try:
            await store.download(key, partial)
        except KeyError as error:
            text = "The model's weights are missing from the object store; restore them from a backup."
            raise PermanentError(text) from error
        partial.replace(path)
    return path
