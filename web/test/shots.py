"""Look at the cockpit and the map in a real browser: shots.py BASE FOLDER [NAME ...]"""

import sys
import time
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, sync_playwright

ARGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
]
SIZES = {"1920": (1920, 1080), "1366": (1366, 768), "390": (390, 844), "3840": (3840, 2160)}


def watch(page: Page, said: list[str]) -> None:
    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(f"{message.type}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda e: said.append(f"pageerror: {e}"))
    page.on("requestfailed", lambda r: said.append(f"failed: {r.url} {r.failure}"))


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def main(base: str, folder: Path, names: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        for name in names:
            path, size = name.split("@")
            width, height = SIZES[size]
            page = browser.new_page(
                viewport={"width": width, "height": height}, has_touch=size == "390"
            )
            said: list[str] = []
            watch(page, said)
            started = time.monotonic()
            page.goto(base + path)
            page.wait_for_selector(".vital-value, city-stage, city-chart canvas", timeout=20000)
            drawn = time.monotonic() - started
            page.wait_for_selector(".ground canvas, .flat-map", timeout=60000)
            page.wait_for_timeout(8000)
            file = folder / f"{path.strip('/').replace('/', '-').replace('?', '_')}@{size}.png"
            page.screenshot(path=file, full_page=size == "390")
            sys.stdout.write(
                f"{name}: first panel {drawn:.2f} s, "
                f"sideways overflow {overflow(page)} px, {said or 'quiet'}\n"
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
