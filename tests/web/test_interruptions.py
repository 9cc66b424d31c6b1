"""A page that is loaded again, and a server that goes away and comes back, while a model is trained."""

from __future__ import annotations

import re

from furnished import OWNER
from playwright.async_api import Browser, expect
from visitor import visiting

from live.server import LiveServer
from live.team import team_on

_EPOCHS = 14
_TRAINING_MS = 240_000
_GONE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "WebSocket connection to",
    "ERR_ABORTED",
)


async def test_a_job_page_loses_no_epoch_when_it_or_the_api_is_started_again(
    browser: Browser, server: LiveServer
) -> None:
    async with team_on(server) as team:
        _, job_id = await team.training_under_way(epochs=_EPOCHS)
        async with visiting(browser, server.address, server.token(OWNER)) as visitor:
            for text in _GONE:
                visitor.excuse(text)
            page = visitor.page
            await visitor.open(f"/projects/{team.project_id}/training/{job_id}")
            running = page.get_by_text(re.compile(r"\d+ of 14 epochs completed"))
            await expect(running).to_be_visible()
            await page.reload()
            await expect(running).to_be_visible()
            server.part("api").kill()
            await expect(page.get_by_text("The connection is lost.")).to_be_visible()
            await expect(page.get_by_text("The connection is lost.")).to_be_hidden()
            await expect(page.get_by_role("link", name="Open the model")).to_be_visible(timeout=_TRAINING_MS)
            await page.get_by_role("switch", name="Show as table").click()
            rows = page.get_by_role("region", name="Figures of each epoch").get_by_role("row")
            numbers = [re.match(r"\d+", text) for text in await rows.all_inner_texts()]
            assert [int(number[0]) for number in numbers if number] == list(range(_EPOCHS, 0, -1))
