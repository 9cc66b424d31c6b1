"""`agridrone version create`: the data of a project, frozen."""

from __future__ import annotations

from cli.options import Email, ProjectName, Server, Token
from cli.version import options as opt

_STOPPED = "Stopped. What was ordered is made all the same: `agridrone version list` shows it."


def create(
    project: ProjectName,
    input_: opt.Input = None,
    name: opt.Name = None,
    display_name: opt.DisplayName = None,
    key: opt.Key = None,
    train: opt.Train = None,
    val: opt.Val = None,
    test: opt.Test = None,
    group_by: opt.Grouping = None,
    inherit: opt.Inherit = None,
    keep_imported: opt.KeepImported = None,
    seed: opt.Seed = None,
    auto_orient: opt.AutoOrient = None,
    resize: opt.Resize = None,
    tile: opt.Tile = None,
    overlap: opt.Overlap = None,
    min_visible: opt.MinVisible = None,
    grayscale: opt.Grayscale = None,
    contrast: opt.ContrastChoice = None,
    drop_class: opt.DropClass = None,
    rename_class: opt.RenameClass = None,
    max_empty: opt.MaxEmpty = None,
    preset: opt.PresetChoice = None,
    multiplier: opt.Multiplier = None,
    horizontal_flip: opt.HorizontalFlip = None,
    vertical_flip: opt.VerticalFlip = None,
    rotate90: opt.Rotate90 = None,
    rotation: opt.Rotation = None,
    shear: opt.Shear = None,
    crop: opt.Crop = None,
    brightness: opt.Brightness = None,
    exposure: opt.Exposure = None,
    saturation: opt.Saturation = None,
    hue: opt.Hue = None,
    grey_share: opt.GreyShare = None,
    blur: opt.Blur = None,
    noise: opt.Noise = None,
    cutouts: opt.Cutouts = None,
    augmentation_seed: opt.AugmentationSeed = None,
    classes: opt.Classes = None,
    min_confidence: opt.MinConfidence = None,
    verified_only: opt.VerifiedOnly = None,
    include_manual: opt.IncludeManual = None,
    include_sam3: opt.IncludeSam3 = None,
    include_ai: opt.IncludeAi = None,
    batch: opt.Batches = None,
    include_empty: opt.IncludeEmpty = None,
    dry_run: opt.DryRun = False,
    no_wait: opt.NoWait = False,
    as_json: opt.AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Freeze a project's images and annotations as its next version, and wait until it is made."""
    options = dict(locals())  # by their names, under which input_fields knows where each belongs
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.project_choice import choose_project
    from cli.version.creation import create_and_tell, foresee_and_tell
    from cli.version.input_fields import input_of
    from cli.version.order import settings_of

    async def work() -> bool:
        settings = settings_of(input_, input_of(options))
        async with connected(server, token, email) as client:
            order = {**settings, "projectId": (await choose_project(client, project)).id}
            if dry_run:
                return await foresee_and_tell(client, order, as_json)
            return await create_and_tell(client, order, not no_wait, as_json)

    run_command(work, _STOPPED)
