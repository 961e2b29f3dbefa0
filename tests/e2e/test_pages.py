"""Every page that the navigation offers, as every kind of user, in a real browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from tests.e2e.conftest import DESK, PATIENCE_MS, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ROLES = (
    "leader",
    "duty",
    "dispatcher",
    "data",
    "engineer",
    "reviewer",
    "reader",
    "system",
    "security",
    "audit",
    "unit-environment-bureau",
    "grid",
)
WIDTHS = (1366, 1920, 390)
LOOKED_AT = {
    "list": "/sensing/terminals/",
    "health": "/sensing/health/",
    "workbench": "/cases/",
    "intake": "/cases/new/",
    "map": "/map/",
    "cockpit": "/screen/",
    "portal": "/",
}
LIVE = {
    "/screen/": "city-panel .panel-body[aria-busy=false]",
    "/map/": "city-onemap .ground canvas, city-onemap .flat-map",
}
"""What stands on the pages that build themselves once they have read their numbers."""

WORDS = """
(wanted) => {
  const shown = (node) => node.parentElement?.checkVisibility({ visibilityProperty: true });
  const skipped = "script, style, noscript, code, kbd, input, textarea, svg, [lang='en']";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.textContent.trim();
    if (text && shown(node) && !node.parentElement.closest(skipped)
        && (!wanted || node.parentElement.closest(wanted))) found.push(text);
  }
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [title]"))
    if ((!wanted || element.matches(wanted)) && !element.closest("[lang='en']"))
      for (const name of ["aria-label", "placeholder", "title"])
        if (element.getAttribute(name)) found.push(element.getAttribute(name));
  return found;
}
"""
"""The visible words of a page, inside *wanted* or anywhere, with those that are only read out."""

CHROME = "h2, label, button, summary, th, dt, .side-title, .button, .tabs a"
"""What the templates say themselves; names of places and people stay Chinese."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[A-Za-z]{2,} [A-Za-z]{2,}\b")


@dataclass
class Troubles:
    """What a page said that it should not have said."""

    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.found.append(f"console: {message.text} {message.location}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            self.found.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.url}")


def visit(page: Page, address: str) -> None:
    """Open *address* and wait until it shows what it is about."""
    page.goto(address)
    page.locator(LIVE.get(address, "main h1")).first.wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=PATIENCE_MS)


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def untranslated(page: Page) -> list[str]:
    words = page.evaluate(WORDS, "")
    return sorted({text for text in words if ENGLISH.search(text) and not CHINESE.search(text)})


def in_chinese(page: Page) -> list[str]:
    """Chinese words in what the templates say themselves."""
    return sorted({text for text in page.evaluate(WORDS, CHROME) if CHINESE.search(text)})


def navigation(page: Page) -> list[str]:
    links = page.locator("nav.side a")
    return list(dict.fromkeys(links.evaluate_all("all => all.map(a => a.getAttribute('href'))")))


@pytest.fixture(scope="module")
def people(sign_in: SignIn) -> Callable[[str], Page]:
    """The page of a user, signed in once for all tests."""
    known: dict[str, Page] = {}

    def page_of(username: str) -> Page:
        if username not in known:
            known[username] = sign_in(username)
        page = known[username]
        page.set_viewport_size(DESK)
        return page

    return page_of


def _street(page: Page) -> str:
    """The code of a street: the first nine digits of a place in it."""
    terminal = page.request.get("/api/v1/sensing/terminals?limit=1").json()["items"][0]
    return str(terminal["place"])[:9]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_navigation_works_in_chinese(
    sign_in: SignIn, people: Callable[[str], Page], role: str
) -> None:
    name = f"grid-{_street(people('leader'))}" if role == "grid" else role
    page, troubles, wrong = sign_in(name, draws=False), Troubles(), {}
    troubles.watch(page)
    visit(page, "/")

    for address in ["/", *navigation(page)]:
        visit(page, address)
        said = [*troubles.found, *untranslated(page)]
        if overflow(page) > 0:
            said.append(f"{overflow(page)} px too wide")
        if said:
            wrong[address] = said
        troubles.found.clear()

    page.context.close()
    assert wrong == {}


def test_every_page_speaks_english_too(sign_in: SignIn) -> None:
    page, wrong = sign_in("data", locale="en-GB", draws=False), {}

    for address in ["/", *navigation(page)]:
        visit(page, address)
        if found := in_chinese(page):
            wrong[address] = found

    assert wrong == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(people: Callable[[str], Page], width: int) -> None:
    page, wide = people("dispatcher"), {}

    for address in [*LOOKED_AT.values(), *_records(page)]:
        page.set_viewport_size({"width": width, "height": 900})
        visit(page, address)
        if overflow(page) > 0:
            wide[address] = overflow(page)

    assert wide == {}


def _records(page: Page) -> list[str]:
    """The pages of a terminal, a warning and a case."""
    found = []
    for ledger in ("sensing/terminals", "warnings/warnings", "cases/cases"):
        row = page.request.get(f"/api/v1/{ledger}?limit=1").json()["items"][0]
        found.append(f"/{ledger}/{row['code']}/")
    return found


def violations(page: Page) -> list[str]:
    """Serious and critical ones that axe finds, with the elements concerned."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make web")
    page.evaluate(AXE.read_text())
    result: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{found['id']}: {found['help']}: {', '.join(str(n['target'][0]) for n in found['nodes'])}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", LOOKED_AT)
def test_page_is_accessible(people: Callable[[str], Page], name: str) -> None:
    page = people("dispatcher")

    visit(page, LOOKED_AT[name])

    assert violations(page) == []


def test_pages_of_records_are_accessible(people: Callable[[str], Page]) -> None:
    page, wrong = people("dispatcher"), {}

    for address in _records(page):
        visit(page, address)
        if found := violations(page):
            wrong[address] = found

    assert wrong == {}


def test_sign_in_page_is_accessible_and_refuses_a_wrong_password(
    people: Callable[[str], Page],
) -> None:
    browser = people("leader").context.browser
    assert browser is not None
    origin = people("leader").url
    page = browser.new_page(base_url=origin, locale="zh-CN")
    visit(page, "/sign-in/")

    page.fill("#f-username", "leader")
    page.fill("#f-password", "not the password")
    page.click("main button.primary")

    expect(page.locator("[role=alert]")).to_be_visible(timeout=PATIENCE_MS)
    assert violations(page) == []
    page.context.close()
