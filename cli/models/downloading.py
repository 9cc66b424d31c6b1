"""A model's weights, and what its training made beside them, into a folder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.answer import print_json
from cli.client import Client
from cli.fetching import Fault, Wanted, fetch, is_there
from cli.lines import say
from cli.local_file import FileFaultError
from cli.misuse import MisuseError
from cli.models.record import read_model
from cli.partial_file import PartialFile


@dataclass
class _Report:
    present: list[Path] = field(default_factory=list)
    faults: list[tuple[Path, Fault]] = field(default_factory=list)


async def download_and_tell(client: Client, model_id: str, folder: Path, everything: bool, as_json: bool) -> bool:
    """Downloads the weights, and with `everything` plots and files too, unless they lie in the folder already, and
    prints where they are; False when something did not come whole. Raises ApiError, FileFaultError,
    MisuseError."""
    if folder.exists() and not folder.is_dir():
        raise MisuseError(f"{folder} is no folder.")
    model = await read_model(client, model_id)
    report = _Report()
    if model["sha256"] is None or model["sizeBytes"] is None:
        raise MisuseError(f"{model['name']} has no recorded checksum, so nothing would tell whether it came whole.")
    await _checked(client, model, _Part(model["name"], model["sha256"], int(model["sizeBytes"]), None), folder, report)
    if everything:
        for file in model["files"]:
            part = _Part(file["name"], file["sha256"], int(file["sizeBytes"]), file["name"])
            await _checked(client, model, part, folder, report)
        # The weights may have taken longer than an address lives.
        for plot in (await read_model(client, model_id))["plots"]:
            report.present.append(await _plot(client, plot, folder))
    if as_json:
        faults = [{"path": str(path), "kind": fault.kind, "reason": fault.reason} for path, fault in report.faults]
        model_facts = {name: model[name] for name in ("id", "name", "sha256")}
        print_json({"model": model_facts, "paths": [str(path) for path in report.present], "faults": faults})
    else:
        for path in report.present:
            say(str(path))
        for path, fault in report.faults:
            say(f"{path.name} is {fault.kind.value}. {fault.reason}")
    return not report.faults


@dataclass(frozen=True)
class _Part:
    """`file` is its name among the model's files; None for the weights."""

    name: str
    sha256: str
    size_bytes: int
    file: str | None

    def url(self, model: dict[str, Any]) -> str | None:
        if self.file is None:
            return str(model["weightsUrl"])
        return next((str(one["url"]) for one in model["files"] if one["name"] == self.file), None)


async def _checked(client: Client, model: dict[str, Any], part: _Part, folder: Path, report: _Report) -> None:
    path = folder / file_name(part.name)
    wanted = Wanted(path, part.sha256, part.size_bytes)
    fault = None if await is_there(wanted) else await fetch(client, wanted, _address(client, model, part), _unheard)
    if fault is None:
        report.present.append(path)
    else:
        report.faults.append((path, fault))


def _address(client: Client, model: dict[str, Any], part: _Part) -> Any:
    async def address(refused: str | None) -> str | None:
        return part.url(await read_model(client, model["id"]) if refused else model)

    return address


async def _plot(client: Client, plot: dict[str, Any], folder: Path) -> Path:
    """Pictures for the eye: nothing is checked but that they came."""
    path = folder / file_name(plot["name"])
    content = await client.download(plot["url"])
    try:
        await asyncio.to_thread(_write, path, content)
    except OSError as error:
        raise FileFaultError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def _write(path: Path, content: bytes) -> None:
    """The whole file or nothing."""
    partial = PartialFile(path)
    try:
        partial.open()
        partial.restart()
        partial.append(content)
        partial.finish()
    finally:
        partial.close()


def file_name(name: str) -> str:
    """A project may be named anything, and its models after it."""
    return name.replace("/", "_").replace("\\", "_").replace("\0", "_").lstrip(".") or "model.pt"


def _unheard(_: int) -> None:
    """Weights come within moments."""
