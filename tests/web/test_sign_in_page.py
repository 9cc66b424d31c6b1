"""Who comes without a token, with a wrong one, with one that ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
from playwright.async_api import Browser, expect
from visitor import visiting

from adapters.sign_in import TokenSigner
from domain.models.people import User
from live.server import LiveServer

_UNAUTHORISED = "401 (Unauthorized)"


def _short_token(server: LiveServer, email: str, valid: timedelta) -> str:
    """As the server's own, for a moment only."""
    claims = jwt.decode(server.token(email), options={"verify_signature": False})
    user = User(claims["sub"], claims["name"], claims["email"], datetime.now(UTC))
    return TokenSigner((server.data_dir / "secret").read_bytes()).issue(user, valid)


async def test_signing_in_on_this_machine_leads_to_the_address_that_was_asked_for(
    browser: Browser, server: LiveServer
) -> None:
    async with visiting(browser, server.address, None) as visitor:
        page = visitor.page
        await visitor.open("/projects?from=a-link")
        await page.get_by_label("E-mail address").fill("newcomer@example.org")
        await visitor.accessible()
        await page.get_by_role("button", name="Sign in on this machine").click()
        await expect(page.get_by_role("heading", name="Start with a project")).to_be_visible()
        assert page.url.endswith("/projects?from=a-link")
        await page.reload()
        await expect(page.get_by_role("heading", name="Start with a project")).to_be_visible()
        await page.get_by_role("button", name="Account").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("button", name="Sign in on this machine")).to_be_visible()
        assert await page.evaluate("() => localStorage.getItem('agridrone.token')") is None


async def test_a_wrong_token_is_refused_beside_its_field(browser: Browser, server: LiveServer) -> None:
    async with visiting(browser, server.address, None) as visitor:
        visitor.excuse(_UNAUTHORISED)
        page = visitor.page
        await visitor.open("/")
        await page.get_by_role("textbox", name="Token").fill("no.such.token")
        await page.get_by_role("button", name="Sign in with the token").click()
        await expect(page.get_by_text("The token is not valid here; sign in again.")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Token")).to_have_value("no.such.token")
        await page.get_by_role("textbox", name="Token").fill(server.token("somebody@example.org"))
        await page.get_by_role("button", name="Sign in with the token").click()
        await expect(page.get_by_role("heading", name="Projects", level=2)).to_be_visible()


async def test_a_sign_in_that_ends_asks_again_and_goes_on_at_the_same_place(
    browser: Browser, server: LiveServer
) -> None:
    token = _short_token(server, "brief@example.org", timedelta(seconds=6))
    async with visiting(browser, server.address, token) as visitor:
        visitor.excuse(_UNAUTHORISED)
        page = visitor.page
        await visitor.open("/projects")
        await page.get_by_role("button", name="New project").click()
        await page.get_by_role("textbox", name="Name").fill("South slope")
        await page.wait_for_timeout(7_000)
        await page.get_by_role("button", name="Create project").click()
        await expect(page.get_by_role("button", name="Sign in on this machine")).to_be_visible()
        await page.get_by_label("E-mail address").fill("brief@example.org")
        await page.get_by_role("button", name="Sign in on this machine").click()
        await expect(page.get_by_role("heading", name="Projects", level=2)).to_be_visible()
        assert page.url.endswith("/projects")
