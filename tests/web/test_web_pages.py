"""Every page as it stands: axe finds nothing and nothing is cut off, in light and dark, at a desk and on a phone."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from furnished import OWNER, VIEWER, WEBHOOK, Furnished, furnish
from playwright.async_api import Browser, Page, expect
from visitor import DESKTOP, PHONE, visiting

from live.server import LiveServer

Theme = Literal["light", "dark"]
Role = Literal["button", "menuitem"]

PAGES = {
    "projects": "/projects",
    "images": "{base}/images",
    "viewer": "{base}/images/{asset}",
    "review": "{base}/review",
    "versions": "{base}/versions",
    "create version": "{base}/versions?new=1",
    "version": "{base}/versions/2",
    "compare versions": "{base}/versions/2?compare=1",
    "training": "{base}/training",
    "job": "{base}/training/{job}",
    "models": "{base}/models",
    "model": "{base}/models/{model}",
    "compare models": "{base}/models/compare",
    "try it": "{base}/try",
    "settings": "{base}/settings",
}
OPENED: dict[str, tuple[str, tuple[tuple[Role, str], ...]]] = {
    "new project": ("/projects", (("button", "^New project"),)),
    "account": ("/projects", (("button", "^Account"),)),
    "keys": ("/projects", (("button", "^Account"), ("menuitem", "^Keyboard"))),
    "activity": ("{base}/images", (("button", "^Activity"),)),
    "import": ("{base}/images", (("button", "^More for images"), ("menuitem", "^Import"))),
    "export": ("{base}/images", (("button", "^More for images"), ("menuitem", "^Export"))),
    "rename a class": ("{base}/images", (("button", "^More for images"), ("menuitem", "^Rename"))),
    "detect": ("{base}/images", (("button", "^More for images"), ("menuitem", "^Detect on all"))),
    "train": ("{base}/versions/2", (("button", "^Train New Model"),)),
    "download": ("{base}/versions/2", (("button", "^Download"),)),
    "deploy": ("{base}/models", (("button", "^Deploy"),)),
    "evaluate": ("{base}/models", (("button", "^Evaluate"),)),
    "new token": ("{base}/settings", (("button", "^New token"),)),
    "remove a member": ("{base}/settings", (("button", "^Remove"),)),
    "new webhook": ("{base}/settings", (("button", "^New webhook"),)),
    "delete a webhook": ("{base}/settings", (("button", "^Delete"),)),
    "deliveries": ("{base}/settings", (("button", "^Deliveries"),)),
}
"""Dialogs and menus: the page, and what is clicked there one after the other."""

LOOKS: dict[str, tuple[tuple[int, int], Theme]] = {
    "desk, light": (DESKTOP, "light"),
    "desk, dark": (DESKTOP, "dark"),
    "phone": (PHONE, "light"),
}


@pytest.fixture(scope="module")
async def furnished(server: LiveServer) -> Furnished:
    return await furnish(server)


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_are_accessible_and_whole(
    browser: Browser, server: LiveServer, furnished: Furnished, look: str
) -> None:
    window, theme = LOOKS[look]
    async with visiting(browser, server.address, server.token(OWNER), window=window, theme=theme) as visitor:
        for path in PAGES.values():
            await visitor.open(_filled(path, furnished))
            await settled(visitor.page)
            await visitor.accessible()


def _filled(path: str, furnished: Furnished) -> str:
    return path.format(
        base=furnished.base, asset=furnished.asset_id, job=furnished.job_ids[0], model=furnished.model_ids[0]
    )


async def settled(page: Page) -> None:
    """What the page first shows has come: no skeleton is left, and nothing is being fetched."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_function("() => !document.querySelector('[class*=Skeleton-root]')")


@pytest.mark.parametrize("look", ["desk, dark", "phone"])
async def test_dialogs_are_accessible_and_whole(
    browser: Browser, server: LiveServer, furnished: Furnished, look: str
) -> None:
    window, theme = LOOKS[look]
    async with visiting(browser, server.address, server.token(OWNER), window=window, theme=theme) as visitor:
        for path, clicks in OPENED.values():
            await visitor.open(_filled(path, furnished))
            await settled(visitor.page)
            for role, name in clicks:
                await visitor.page.get_by_role(role, name=re.compile(name)).first.click()
            await settled(visitor.page)
            await visitor.accessible()


async def test_a_viewer_sees_no_button_that_is_refused_to_viewers(
    browser: Browser, server: LiveServer, furnished: Furnished
) -> None:
    forbidden = re.compile(
        "New Version|Train New Model|Deploy|Evaluate|Go back|Save|Upload|Import|Accept|Reject|Cancel|Retry|Rename|"
        "Archive|Add member|Remove|Delete|Detect|Start",
        re.IGNORECASE,
    )
    async with visiting(browser, server.address, server.token(VIEWER)) as visitor:
        page = visitor.page
        for name in ("images", "viewer", "versions", "version", "training", "job", "models", "model", "settings"):
            await visitor.open(_filled(PAGES[name], furnished))
            await settled(page)
            shown = await page.get_by_role("button", name=forbidden).all()
            assert [await button.inner_text() for button in shown] == [], name
        await expect(page.get_by_role("link", name="Try it")).to_have_count(0)


async def test_what_the_server_refuses_stands_beside_its_field(
    browser: Browser, server: LiveServer, furnished: Furnished
) -> None:
    async with visiting(browser, server.address, server.token(OWNER)) as visitor:
        page = visitor.page
        await visitor.open(f"{furnished.base}/versions/1")
        await page.get_by_role("button", name=re.compile("Train New Model")).first.click()
        size = page.get_by_role("dialog").get_by_role("textbox", name="Image Size")
        await size.fill("100")
        await page.get_by_role("button", name="Start Training").click()
        await expect(size).to_have_attribute("aria-invalid", "true")
        await expect(size).to_have_accessible_description(re.compile("32"))
        await visitor.accessible()

        await visitor.open("/projects")
        await page.get_by_role("button", name="New project").click()
        name = page.get_by_role("textbox", name="Name")
        await name.fill("   ")
        await page.get_by_role("button", name="Create project").click()
        await expect(name).to_have_attribute("aria-invalid", "true")
        await expect(name).to_have_value("   ")
        await visitor.accessible()

        await visitor.open(f"{furnished.base}/settings")
        models = page.get_by_role("combobox", name="Models", exact=True)
        await models.fill("no such thing")
        await models.press("Enter")
        await page.get_by_role("button", name="Save models").click()
        await expect(models).to_have_attribute("aria-invalid", "true")
        await visitor.accessible()

        await page.get_by_role("button", name="New webhook").click()
        address = page.get_by_role("textbox", name="Address", exact=True)
        await address.fill("http://hooks.example.invalid")
        await page.get_by_role("button", name="Create webhook").click()
        await expect(address).to_have_accessible_description(re.compile("https"))
        for box in await page.get_by_role("dialog").get_by_role("checkbox").all():
            await box.uncheck()
        await address.fill("https://hooks.example.invalid")
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_text("Name at least one event.")).to_be_visible()
        await visitor.accessible()


async def test_a_webhook_s_secret_is_shown_once_and_its_deliveries_are_listed(
    browser: Browser, server: LiveServer, furnished: Furnished
) -> None:
    async with visiting(browser, server.address, server.token(OWNER)) as visitor:
        page = visitor.page
        await visitor.open(f"{furnished.base}/settings")
        await page.get_by_role("button", name="New webhook").click()
        await page.get_by_role("textbox", name="Address", exact=True).fill("https://hooks.example.invalid/second")
        await page.get_by_role("checkbox", name="Version ready").uncheck()
        await page.get_by_role("button", name="Create webhook").click()
        await expect(page.get_by_text(re.compile("^whsec_"))).to_be_visible()
        await visitor.accessible()
        await page.get_by_role("button", name="Done").click()
        section = page.get_by_role("region", name="Webhooks")
        await section.get_by_role("button", name="Deliveries to https://hooks.example.invalid/second").click()
        await expect(section.get_by_text("Nothing was sent yet.")).to_be_visible()
        await section.get_by_role("button", name="Delete https://hooks.example.invalid/second").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(section.get_by_text("https://hooks.example.invalid/second")).to_have_count(0)
        await section.get_by_role("button", name=f"Deliveries to {WEBHOOK}").click()
        rows = section.get_by_role("row").filter(has_text=re.compile("Version ready|Training completed|Model deployed"))
        await expect(rows).to_have_count(5)
        await expect(section.get_by_text(re.compile("Retrying")).first).to_be_visible()
