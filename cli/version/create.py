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
    drop_class: opt.DropClass = None,
    rename_class: opt.RenameClass = None,
    multiplier: opt.Multiplier = None,
    horizontal_flip: opt.HorizontalFlip = None,
    vertical_flip: opt.VerticalFlip = None,
    rotate90: opt.Rotate90 = None,
    rotation: opt.Rotation = None,
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
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.project_choice import choose_project
    from cli.version.creation import create_and_tell, foresee_and_tell
    from cli.version.order import renames, settings_of, two_numbers

    async def work() -> bool:
        options = {
            "name": name,
            "displayName": display_name,
            "idempotencyKey": key,
            "splits": {
                "train": train,
                "val": val,
                "test": test,
                "groupBy": group_by.name if group_by else None,
                "inherit": inherit,
                "keepImported": keep_imported,
                "seed": seed,
            },
            "preprocessing": {
                "autoOrient": auto_orient,
                "resize": two_numbers(resize, "--resize", "width", "height"),
                "tile": {
                    **two_numbers(tile, "--tile", "rows", "columns"),
                    "overlap": overlap,
                    "minVisible": min_visible,
                },
                "dropClasses": drop_class,
                "classRemap": renames(rename_class),
            },
            "augmentation": {
                "multiplier": multiplier,
                "horizontalFlip": horizontal_flip,
                "verticalFlip": vertical_flip,
                "rotate90": rotate90,
                "rotation": rotation,
                "seed": augmentation_seed,
            },
            "filters": {
                "weedTypes": classes,
                "minConfidence": min_confidence,
                "verifiedOnly": verified_only,
                "includeManual": include_manual,
                "includeSAM3": include_sam3,
                "includeAIDetections": include_ai,
                "uploadBatchIds": batch,
                "includeEmpty": include_empty,
            },
        }
        settings = settings_of(input_, options)
        async with connected(server, token, email) as client:
            order = {**settings, "projectId": (await choose_project(client, project)).id}
            if dry_run:
                return await foresee_and_tell(client, order, as_json)
            return await create_and_tell(client, order, not no_wait, as_json)

    run_command(work, _STOPPED)
