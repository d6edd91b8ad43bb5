"""What people do in the browser, by the names that the pages give to things."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def sign_in(page: Page, site: str, account: str, password: str) -> None:
    """By account and password, to the page that follows."""
    page.goto(f"{site}/sign-in")
    page.fill("[name=account]", account)
    page.fill("[name=password]", password)
    page.locator("form", has=page.locator("[name=password]")).get_by_role("button").click()
    expect(page).not_to_have_url(re.compile("/sign-in"))


def sign_in_by_link(page: Page, link: str) -> None:
    """By a one-time link, without choosing a password, to the home page."""
    page.goto(link)
    page.locator("form", has=page.locator("[name=press]")).get_by_role("button").click()
    expect(page).to_have_url(re.compile("/account/password"))
    page.locator("#main a.button").click()
    expect(page).not_to_have_url(re.compile("/account"))


def consent(page: Page, site: str) -> None:
    """To what is recorded in meetings."""
    page.goto(f"{site}/consent")
    page.locator("#main form").get_by_role("button").click()
    expect(page).not_to_have_url(re.compile("/consent"))
