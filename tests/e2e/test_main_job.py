"""The main job in a real browser: sense, know, decide, act, see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PATIENCE_MS, SignIn
from tests.installation import Installation, eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNIT = "environment-bureau"
OTHER_UNIT = "gas-supply"
NAME = "试点空气站"
RED = 480.0
"""Micrograms of PM2.5 per cubic metre: beyond the step of a red warning."""

NEVER_ASK_AGAIN = """
const later = window.setTimeout;
window.setTimeout = (react, ms, ...rest) => (ms >= 15000 ? 0 : later(react, ms, ...rest));
"""
"""Without its periodic reading a panel changes only by what the server tells it."""


@dataclass
class Cockpit:
    """The cockpit in one page that is never loaded again."""

    page: Page

    @property
    def red(self) -> Locator:
        return self.page.locator(".counts li", has=self.page.locator("i[data-severity=red]"))

    @property
    def reds(self) -> int:
        return int(self.red.locator("b").inner_text())

    @property
    def closed(self) -> Locator:
        return self.page.locator(".stages li").nth(4).locator("b")

    def expect_reds(self, number: int) -> None:
        expect(self.red.locator("b")).to_have_text(str(number), timeout=PATIENCE_MS)


@pytest.fixture
def cockpit(sign_in: SignIn) -> Iterator[Cockpit]:
    page = sign_in("duty")
    page.context.add_init_script(NEVER_ASK_AGAIN)
    page.goto("/screen/")
    shown = Cockpit(page)
    expect(shown.red.locator("b")).to_have_text(re.compile(r"^\d+$"), timeout=PATIENCE_MS)
    expect(shown.closed).to_have_text(re.compile(r"^\d+$"), timeout=PATIENCE_MS)
    page.evaluate("window.isFirstLoad = true")
    yield shown
    assert page.evaluate("window.isFirstLoad"), "the cockpit was loaded again"


@pytest.fixture
def station(city: Installation, sign_in: SignIn, tmp_path: Path) -> str:
    """An air station that no simulated device speaks for, beside one of the demonstration."""
    data = sign_in("data")
    known = data.request.get("/api/v1/sensing/terminals?limit=1&q=air").json()["items"][0]
    file = tmp_path / "terminals.csv"
    place = f"{known['lon']},{known['lat']},{known['place']}"
    division, *_rest = known["code"].split("-")
    code = f"{division}-trial-air-001"
    file.write_text(
        f"code,name,kind,property,lon,lat,place,owner\n{code},{NAME},sensor,pm2.5,{place},{UNIT}\n"
    )
    city.run("terminals", "import", str(file))
    return code


def send_two_bad_hours(city: Installation, token: str, terminal: str) -> None:
    """Two values beyond the step, an hour apart; sent until the new terminal is known."""
    now = datetime.now(UTC).replace(microsecond=0)
    moments = (now - timedelta(minutes=61), now)
    body = [
        {"terminal": terminal, "at": at.isoformat(), "values": {"pm2.5": RED}} for at in moments
    ]
    headers = {"Authorization": f"Bearer {token}"}

    def is_stored() -> bool:
        answer = httpx.post(
            f"{city.ingest}/ingest/json", json=body, headers=headers, timeout=60, trust_env=False
        )
        return answer.is_success and answer.json()["stored"] == len(body)

    assert eventually(is_stored)


def test_a_bad_value_becomes_a_warning_a_case_and_a_closed_case_seen_live(
    city: Installation, sign_in: SignIn, station: str, cockpit: Cockpit
) -> None:
    token = city.run("token", "create", "试点网关", "--scope", "ingest").split()[-1]
    reds, closed = cockpit.reds, int(cockpit.closed.inner_text())

    send_two_bad_hours(city, token, station)
    warning = _appears(cockpit, reds + 1)
    code = _case_of(cockpit.page, warning)
    _dispatch(sign_in, code)
    _is_hidden_from(sign_in(f"unit-{OTHER_UNIT}"), code)
    _handle(sign_in, code)
    _close(sign_in, code)

    expect(cockpit.closed).to_have_text(str(closed + 1), timeout=PATIENCE_MS)


def _appears(cockpit: Cockpit, reds: int) -> str:
    """The address of the new warning once the open cockpit shows it."""
    item = cockpit.page.locator("a.feed-item", has_text=NAME)
    expect(item).to_have_count(1, timeout=PATIENCE_MS)
    expect(item.locator(".severity")).to_have_attribute("data-severity", "red")
    cockpit.expect_reds(reds)
    return item.get_attribute("href") or ""


def _case_of(page: Page, warning: str) -> str:
    """The number of the case that follows the warning, as its page links to it."""
    beside = page.context.new_page()
    link = beside.locator("main a[href^='/cases/']").filter(has_text=re.compile(NAME))

    def is_linked() -> bool:
        beside.goto(warning)
        return link.count() > 0

    assert eventually(is_linked)
    link.first.click()
    beside.wait_for_url(re.compile(r"/cases/\d{13}/$"))
    code = beside.url.rstrip("/").rpartition("/")[2]
    beside.close()
    return code


def _dispatch(sign_in: SignIn, code: str) -> None:
    page = sign_in("dispatcher")
    page.goto("/cases/?tab=intake")
    page.locator(f"a[href='/cases/{code}/']").click()
    _expect_state(page, "reported")
    _press(page, "file_case")
    _expect_state(page, "filed")
    _form(page, "dispatch_case").locator("input[name=unit]").fill(UNIT)
    _press(page, "dispatch_case")
    _expect_state(page, "dispatched")


def _is_hidden_from(page: Page, code: str) -> None:
    page.goto("/cases/?tab=all")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator(f"a[href='/cases/{code}/']")).to_have_count(0)
    answer = page.goto(f"/cases/{code}/")
    assert answer is not None
    assert answer.status == 404
    assert page.request.get(f"/api/v1/cases/cases/{code}").status == 404


def _handle(sign_in: SignIn, code: str) -> None:
    page = sign_in(f"unit-{UNIT}")
    page.goto("/cases/")
    page.locator(f"a[href='/cases/{code}/']").click()
    expect(_form(page, "close_case")).to_have_count(0)
    _press(page, "accept_case")
    _expect_state(page, "accepted")
    _form(page, "handle_case").locator("textarea").fill("已查明并停止排放源")
    _press(page, "handle_case")
    _expect_state(page, "handled")


def _close(sign_in: SignIn, code: str) -> None:
    page = sign_in("dispatcher")
    page.goto(f"/cases/{code}/")
    _press(page, "check_case")
    _expect_state(page, "checked")
    _press(page, "close_case")
    _expect_state(page, "closed")
    expect(page.locator(".case-lines")).to_contain_text("已查明并停止排放源")


def _form(page: Page, action: str) -> Locator:
    return page.locator("form", has=page.locator(f"input[name=action][value={action}]"))


def _press(page: Page, action: str) -> None:
    _form(page, action).locator("button").click()


def _expect_state(page: Page, state: str) -> None:
    expect(page.locator(".case-head .case-state")).to_have_attribute(
        "data-state", state, timeout=PATIENCE_MS
    )
