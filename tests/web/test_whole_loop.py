"""The whole loop of the plan, by clicks alone, on real images where they are here."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps
from playwright.async_api import Browser, Locator, Page, expect
from visitor import Visitor, visiting

from cli.demo.dataset import LabelledImage
from live.imagery import palms_or_fields
from live.server import LiveServer

_IMAGES = 12
_TRAINING_MS = 300_000
_EMAIL = "grower@example.org"


async def test_from_upload_to_the_second_version_and_back(browser: Browser, server: LiveServer, tmp_path: Path) -> None:
    images = palms_or_fields()[: _IMAGES + 1]
    async with visiting(browser, server.address, None) as visitor:
        page = visitor.page
        await _sign_in(visitor)
        await _make_project(page)
        await _upload(page, _files(images[:_IMAGES], tmp_path / "flight"))
        boxes = sum(len(image.boxes) for image in images[:_IMAGES])
        await _import_annotations(page, _coco(images[:_IMAGES], tmp_path / "palms.json"), boxes)
        await _draw_a_box(page)
        await _create_version(page, "First flight", number=1)
        await _train(page, version=1, from_scratch=True)
        await _deploy(page, version=1)
        await _try(page, _files(images[_IMAGES:], tmp_path / "unseen")[0])
        await _create_version(page, "With tiles", number=2, tiles=True)
        await _compare_versions(page)
        await _train(page, version=2, from_scratch=False)
        await _deploy(page, version=2)
        await _go_back(page)


async def _sign_in(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.page.get_by_label("E-mail address").fill(_EMAIL)
    await visitor.page.get_by_role("button", name="Sign in on this machine").click()


async def _make_project(page: Page) -> None:
    await page.get_by_role("button", name="New project").click()
    await page.get_by_role("textbox", name="Name").fill("North block")
    await page.get_by_role("button", name="Create project").click()
    await _tab(page, "Settings")
    versions = page.get_by_role("switch", name="Dataset versions")
    await versions.click()
    await expect(versions).to_be_checked()


async def _upload(page: Page, files: Sequence[Path]) -> None:
    await _tab(page, "Images")
    await page.locator("input[type=file][multiple]").first.set_input_files([str(file) for file in files])
    await expect(_tiles(page)).to_have_count(len(files))
    await expect(_parts(page).get_by_role("link", name="Images")).to_contain_text(str(len(files)))


async def _import_annotations(page: Page, file: Path, count: int) -> None:
    await page.get_by_role("button", name="More for images").click()
    await page.get_by_role("menuitem", name="Import annotations").click()
    dialog = page.get_by_role("dialog", name="Import annotations")
    await dialog.locator("input[type=file]").set_input_files(str(file))
    await dialog.get_by_role("button", name="Import annotations").click()
    await expect(dialog.get_by_text(f"{count:,} annotations imported")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()


async def _draw_a_box(page: Page) -> None:
    tile = _tiles(page).first
    await expect(tile).to_contain_text(re.compile(r"[1-9]\d* objects?"))
    (before,) = re.findall(r"(\d+) objects?", await tile.text_content() or "")
    await tile.click()
    viewer = page.get_by_role("dialog")
    await expect(viewer.get_by_role("heading", name=f"Annotations ({before})")).to_be_visible()
    await page.keyboard.press("b")
    area = await viewer.get_by_role("group", name="Annotations").bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y + 40, steps=5)
    await page.mouse.up()
    await expect(viewer.get_by_role("heading", name=f"Annotations ({int(before) + 1})")).to_be_visible()
    await viewer.get_by_role("button", name="Close", exact=True).click()
    await expect(viewer).to_be_hidden()
    await expect(tile).to_contain_text(f"{int(before) + 1} objects")


async def _create_version(page: Page, name: str, *, number: int, tiles: bool = False) -> None:
    await _tab(page, "Versions")
    await page.get_by_role("button", name="New Version").first.click()
    dialog = page.get_by_role("dialog", name="Create Dataset Version")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    for split, share in (("Train", "50"), ("Val", "25"), ("Test", "25")):
        await dialog.get_by_role("textbox", name=split, exact=True).fill(share)
    if tiles:
        await dialog.get_by_role("checkbox", name="Tile").check()
    outcome = dialog.get_by_role("region", name="What it will give")
    await expect(outcome.get_by_role("heading", name=f"v{number} will have")).to_be_visible()
    await page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    promised = await dialog.get_by_text("Preview:").locator("..").inner_text()
    await dialog.get_by_role("button", name="Create Version").click()
    await expect(page.get_by_role("heading", name=f"v{number} - {name}")).to_be_visible()
    await expect(_chip(page, "Ready")).to_be_visible()
    assert await _split_counts(page) == _numbers(promised)[:3]


async def _train(page: Page, *, version: int, from_scratch: bool) -> None:
    """Two epochs, watched to their end."""
    await page.get_by_role("button", name=re.compile("Train New Model")).first.click()
    dialog = page.get_by_role("dialog", name=f"Train Model from v{version}")
    if from_scratch:
        await dialog.get_by_role("radio", name=re.compile("scratch")).check()
        await dialog.get_by_role("combobox", name="Base Model").click()
        await page.get_by_role("option", name="YOLOv11-Nano").click()
    else:
        await expect(dialog.get_by_role("radio", name="Train from:")).to_be_checked()
    for field, value in (("Epochs", "2"), ("Batch Size", "4"), ("Image Size", "64")):
        await dialog.get_by_role("textbox", name=field).fill(value)
    await dialog.get_by_role("button", name="Start Training").click()
    await expect(page.get_by_role("region", name="Curves")).to_be_visible(timeout=_TRAINING_MS)
    await expect(_chip(page, "Completed")).to_be_visible(timeout=_TRAINING_MS)
    await page.get_by_role("switch", name="Show as table").click()
    rows = page.get_by_role("region", name="Figures of each epoch").get_by_role("row")
    await expect(rows).to_have_count(1 + 2)


async def _deploy(page: Page, *, version: int) -> None:
    await page.get_by_role("link", name="Open the model").click()
    await expect(page.get_by_role("heading", name=f"North block-v{version}.pt")).to_be_visible()
    await page.get_by_role("button", name="Deploy").click()
    await page.get_by_role("dialog").get_by_role("button", name="Deploy").click()
    await expect(_chip(page, "Deployed")).to_be_visible()


async def _try(page: Page, image: Path) -> None:
    await page.get_by_role("link", name="Try it").click()
    await page.locator("input[type=file]").set_input_files(str(image))
    await expect(page.get_by_text(re.compile(r"objects? found"))).to_be_visible()
    await expect(page.get_by_text("North block-v1.pt", exact=True)).to_be_visible()


async def _compare_versions(page: Page) -> None:
    """From the second version's page, and back there."""
    await page.get_by_role("link", name="Compare", exact=True).click()
    await expect(page.get_by_role("heading", name="Compare v1 with v2")).to_be_visible()
    settings = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Setting"))
    await expect(settings).to_contain_text(re.compile("tile", re.IGNORECASE))
    await page.go_back()


async def _go_back(page: Page) -> None:
    await _tab(page, "Models")
    await page.get_by_role("button", name="Go back to v1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    history = page.get_by_role("listitem").filter(has=page.get_by_text("Deployed", exact=True))
    await expect(history).to_contain_text("North block-v1.pt")


def _tiles(page: Page) -> Locator:
    return page.locator("a[data-image]")


def _parts(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Parts of the project")


async def _tab(page: Page, name: str) -> None:
    await _parts(page).get_by_role("link", name=name).click()


def _chip(page: Page, word: str) -> Locator:
    return page.locator(".status-chip", has_text=word).first


async def _split_counts(page: Page) -> list[int]:
    """Of the page's split bar: train, val, test."""
    bar = page.get_by_label(re.compile(r"^(Train|Val|Test): "))
    await expect(bar).to_have_count(3)
    return [_numbers(str(await bar.nth(index).get_attribute("aria-label")))[0] for index in range(3)]


def _numbers(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


def _files(images: Sequence[LabelledImage], folder: Path) -> list[Path]:
    folder.mkdir()
    files = []
    for image in images:
        file = folder / image.filename
        file.write_bytes(image.read())
        files.append(file)
    return files


def _coco(images: Sequence[LabelledImage], file: Path) -> Path:
    """Their boxes as COCO has them."""
    labels = sorted({box.label for image in images for box in image.boxes})
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(images):
        width, height = _size(image)
        entries.append({"id": number, "file_name": image.filename, "width": width, "height": height})
        for box in image.boxes:
            bbox = [box.x, box.y, box.width, box.height]
            named = {"id": len(annotations), "image_id": number, "category_id": labels.index(box.label)}
            annotations.append({**named, "bbox": bbox})
    categories = [{"id": number, "name": label} for number, label in enumerate(labels)]
    file.write_text(json.dumps({"images": entries, "categories": categories, "annotations": annotations}), "utf-8")
    return file


def _size(image: LabelledImage) -> tuple[int, int]:
    with Image.open(io.BytesIO(image.read())) as opened:
        return ImageOps.exif_transpose(opened).size
