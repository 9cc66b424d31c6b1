"""GraphiQL, offline: queries and subscriptions as whoever is signed in."""

from __future__ import annotations

from playwright.async_api import Browser, expect
from visitor import visiting

from live.server import LiveServer
from live.team import team_on

_EDITOR = ".graphiql-query-editor .monaco-editor"
_ANSWER = ".graphiql-response"
_RENAME = """
mutation ($input: UpdateProjectInput!) {
  updateProject(input: $input) { project { id } userErrors { code message field } }
}
"""


async def test_it_asks_and_subscribes_as_the_person_signed_in(browser: Browser, server: LiveServer) -> None:
    token = server.token("person@example.org")
    async with team_on(server) as team, visiting(browser, server.address, token) as visitor:
        page = visitor.page
        await visitor.open("/graphiql")
        await page.locator(_EDITOR).click()
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(_ANSWER)).to_contain_text("person@example.org")
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text(
            f'subscription {{ projectEvents(projectId: "{team.project_id}") {{ cursor kind }} }}'
        )
        # The workbench reads what was typed when the typing has ceased.
        await page.wait_for_timeout(1_500)
        await page.keyboard.press("Control+Enter")
        await page.wait_for_timeout(1_000)
        await team.client.call(_RENAME, input={"id": team.project_id, "name": "North slope"})
        await expect(page.locator(_ANSWER)).to_contain_text("PROJECT_CHANGED")
