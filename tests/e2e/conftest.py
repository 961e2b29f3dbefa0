"""The demonstration city, live, and people who look at it in a real browser.

These tests speak HTTP only: while a browser is open, Django's database calls refuse this thread.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.installation import Installation, installation

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]
DRAWS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DRAWS_NOT = ["--disable-gpu", "--disable-3d-apis"]
"""WebGL by the processor takes seconds a page; without it a map shows its plain outlines."""
PATIENCE_MS = 90_000
DESK = {"width": 1366, "height": 768}

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the program."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine: none of {', '.join(PROGRAMS)} is in PATH")
    return found


@pytest.fixture(scope="package")
def city(chromium: str) -> Iterator[Installation]:
    """``chengshu up --demo`` on a home of its own: built once for all tests, and stopped after
    them, as its devices go on speaking."""
    with installation() as one:
        one.up("--demo")
        yield one


@pytest.fixture(autouse=True)
def _no_process_of_the_city_ends(city: Installation) -> Iterator[None]:
    """A page that cannot be reached may be the trace of one."""
    ended = _ended(city)
    yield
    assert _ended(city) == ended


def _ended(city: Installation) -> list[str]:
    told = (" ended (", "Unexpected exit")
    return [line for line in city.log.splitlines() if any(word in line for word in told)]


@pytest.fixture(scope="module")
def browsers(chromium: str) -> Iterator[Callable[[bool], Browser]]:
    """One that draws with WebGL, one that has none. Closed after each module: an open one keeps
    other tests from the database."""
    with sync_playwright() as playwright:

        @cache
        def opened(draws: bool) -> Browser:
            arguments = [*ARGUMENTS, *(DRAWS if draws else DRAWS_NOT)]
            return playwright.chromium.launch(executable_path=chromium, args=arguments)

        yield opened


@pytest.fixture(scope="module")
def sign_in(city: Installation, browsers: Callable[[bool], Browser]) -> Iterator[SignIn]:
    """A page of the portal for a user name, each in a browser profile of its own."""
    password = json.loads((city.home / "demo.json").read_text())["password"]
    opened: list[BrowserContext] = []

    def enter(username: str, *, locale: str = "zh-CN", draws: bool = True) -> Page:
        context = browsers(draws).new_context(
            base_url=city.web,
            locale=locale,
            viewport=DESK,
            reduced_motion="reduce",  # pages stay open, and drawing rings takes a core
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        page = context.new_page()
        page.goto("/sign-in/")
        page.fill("#f-username", username)
        page.fill("#f-password", password)
        page.click("main button.primary")
        page.wait_for_url(f"{city.web}/")
        return page

    yield enter
    for context in opened:
        context.close()
