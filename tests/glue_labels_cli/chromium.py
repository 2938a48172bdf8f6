"""Debian's chromium, driven by Playwright, without a window."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
MISSING = "no browser: install Debian's package chromium (apt-get install chromium)"
# No sandbox, for it cannot be had as root. Nothing is fetched from outside.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser. `CHROMIUM` must not be None."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other, without a pause."""
    for key in keys:
        page.keyboard.press(key)


def ready(page: Page) -> None:
    """Wait until a row has the focus. The page loses keys that are pressed before."""
    expect(page.locator("tbody tr:focus")).to_have_count(1)
