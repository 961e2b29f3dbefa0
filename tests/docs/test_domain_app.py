import subprocess
import sys
from pathlib import Path

import pytest

from chengshu.core.declare.apps import MODULES

from . import pages

MOST_LINES = 150
USES_THE_APP = """
import chengshu.apps
from chengshu.project import installed

chengshu.apps.__path__.append({folder!r})
installed.APPS = (*installed.APPS, "chengshu.apps.bikes")

import django

django.setup()

from django.core.management import call_command

from chengshu.core.access.permissions import permissions
from chengshu.core.actions.action import actions
from chengshu.core.records.ledger import ledgers
from chengshu.hub.cases.case_type import case_types

call_command("check", "--fail-level", "WARNING")
call_command("makemigrations", "bikes", verbosity=0)
print(ledgers["bikes.docks"].address, actions["bikes.report_broken"].title)
print(case_types["bikes.dock-broken"].name, "bikes.import_dock" in permissions)
"""


def example() -> dict[str, str]:
    """The modules of the example by file name."""
    found = {}
    for code in pages.blocks(pages.text("domain-app.md"), "python"):
        title, _, body = code.partition("\n")
        found[title.removeprefix("# ")] = body
    return found


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "apps" / "bikes"
    folder.mkdir(parents=True)
    for name, code in example().items():
        (folder / name).write_text(code)
    (folder / "__init__.py").touch()
    return folder


def test_the_module_list_names_every_module_that_is_looked_for() -> None:
    listed = {row[0] for row in pages.rows(pages.text("domain-app.md"))}

    assert set(MODULES) - listed == set()


def test_the_example_uses_listed_modules_only() -> None:
    listed = {f"{row[0]}.py" for row in pages.rows(pages.text("domain-app.md"))}

    assert example().keys() - listed == set()


def test_the_example_is_short() -> None:
    assert sum(len(code.splitlines()) for code in example().values()) <= MOST_LINES


def test_the_example_works_as_an_installed_app(app: Path) -> None:
    script = USES_THE_APP.format(folder=str(app.parent))

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "/bikes/docks/ Report broken\nBroken bike dock True\n" in ran.stdout
    assert (app / "migrations" / "0001_initial.py").exists()
