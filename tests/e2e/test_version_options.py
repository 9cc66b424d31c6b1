"""Every option of `agridrone version create` reaches the version, and `agridrone version show` tells it again."""

from __future__ import annotations

import json

from metered_site import Meter, Site
from seeds import add_images, annotate, make_home
from stack import Stack
from version_settings import ALL_AUGMENTATION, ALL_PREPROCESSING

OPTIONS = """
--train .5 --val .5 --test 0 --group-by gps-cell --no-inherit --keep-imported --seed 3 --no-auto-orient
--resize 640x480:fit-reflect --tile 2x3 --overlap .1 --min-visible .5 --grayscale --contrast adaptive
--drop-class lantana --rename-class gorse=furze --max-empty .25 --preset light --multiplier 4 --no-flip-horizontal
--flip-vertical --rotate90 --rotation 12.5 --shear 3 --crop .1 --brightness .2 --exposure .3 --saturation .4 --hue 90
--grey-share .5 --blur 2 --noise .05 --cutouts 3x.15 --augmentation-seed 11
"""


async def test_every_setting_has_its_option(api: Stack) -> None:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    site = Site(api, Meter(), home)
    made = await site.run("version", "create", *OPTIONS.split(), "--no-wait", "--json")
    assert made.code == 0, made
    version = json.loads(made.out)["version"]
    assert (version["preprocessing"], version["augmentation"]) == (ALL_PREPROCESSING, ALL_AUGMENTATION)
    shown = await site.run("version", "show", "1")
    for line in ("preprocessing.resize.mode: FIT_REFLECT", "augmentation.hue: 90", "augmentation.preset: LIGHT"):
        assert f"  {line}" in shown.out
    assert "horizontalFlip" not in shown.out, "steps that are not taken"
    foreseen = await site.run("version", "create", *OPTIONS.split(), "--dry-run")
    assert "about 2 images" in foreseen.out, "estimated, for the groups"
    upper = await site.run("version", "create", "--tile", "2x2", "--max-empty", "0.5", "--dry-run")
    assert "Version 2 would have 2 images" in upper.out
    assert "At most 8 images as written" in upper.out
