"""What the demo came to, and whether it kept its promises."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from cli.demo.dataset import Dataset
from cli.demo.score import Score
from cli.demo.training import Model
from cli.demo.version import FrozenVersion

_LEAST_MAP50 = 0.5
_LEAST_GAIN = 0.05
_LEAST_F1 = 0.6


@dataclass(frozen=True)
class Outcome:
    """All that the job measured. The mAP50s are on version 2's TEST split."""

    data: Dataset
    first: FrozenVersion
    second: FrozenVersion
    first_model: Model
    second_model: Model
    first_map50: float
    second_map50: float
    found: Score
    picture: Path


@dataclass(frozen=True)
class Criterion:
    """One promise: what was measured, and whether it holds. `required` ones decide the exit code."""

    name: str
    measured: str
    holds: bool
    required: bool = True


def criteria(outcome: Outcome) -> list[Criterion]:
    """What must hold. On a user's own images the models' figures are told but not required."""
    return [*_of_data(outcome), *_of_models(outcome)]


def _of_data(outcome: Outcome) -> list[Criterion]:
    data, first, second = outcome.data, outcome.first, outcome.second
    # By name, not by checksum alone: the name of a generated field is its seed.
    names = {image.sha256: image.name for image in data.first + data.more}
    learned = {names.get(sha256) for sha256 in first.learned | second.learned}
    tested = {names.get(sha256) for sha256 in first.tested | second.tested}
    unseen = {image.name for image in data.unseen}
    return [
        Criterion(
            "manifests are what their SHA-256 says",
            f"v{first.number} {first.manifest_shown[:12]}…, v{second.number} {second.manifest_shown[:12]}…",
            all(version.manifest_shown == version.manifest_downloaded for version in (first, second)),
        ),
        Criterion(
            "no test image was trained on, in either version",
            f"{len(first.tested)} and {len(second.tested)} test images",
            bool(first.tested and second.tested) and learned.isdisjoint(tested) and None not in learned | tested,
        ),
        Criterion(
            "no image detected on was ever in a version",
            f"{len(unseen)} images",
            unseen.isdisjoint(learned | tested) and names.keys().isdisjoint(image.sha256 for image in data.unseen),
        ),
    ]


def _of_models(outcome: Outcome) -> list[Criterion]:
    strict = outcome.data.generated
    before, after, f1 = outcome.first_map50, outcome.second_map50, outcome.found.f1
    gain = after - before
    started = outcome.second_model.started_from == outcome.first_model.id
    change = f"{before:.3f} → {after:.3f} ({gain:+.3f})"
    return [
        Criterion("version 2's model started from version 1's", outcome.second_model.name, started),
        Criterion(f"its mAP50 is ≥ {_LEAST_MAP50}", f"{after:.3f}", after >= _LEAST_MAP50, strict),
        Criterion(f"and beats version 1's by ≥ {_LEAST_GAIN}", change, gain >= _LEAST_GAIN, strict),
        Criterion(f"boxes match the truth with F1 ≥ {_LEAST_F1}", f"{f1:.2f}", f1 >= _LEAST_F1, strict),
        Criterion("the picture is saved", str(outcome.picture), outcome.picture.is_file()),
    ]


def summary(results: list[Criterion], seconds: float) -> Table:
    """The criteria as a table for the console; `seconds` is how long the demo took."""
    table = Table(title=f"The demo in {seconds:.0f} seconds", title_justify="left")
    table.add_column("")
    table.add_column("what")
    table.add_column("measured", overflow="fold")
    for result in results:
        mark = "[green]✓[/]" if result.holds else "[red]✗[/]" if result.required else "[yellow]–[/]"
        table.add_row(mark, result.name, result.measured)
    return table
