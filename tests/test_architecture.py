"""The rules of the house hold, and each of them is seen to bite a planted violation."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from chengshu.project import installed

from .architecture import (
    CHECKS,
    GRANDFATHERED,
    PACKAGE,
    ROOT,
    Check,
    Order,
    Tree,
    apps_and_folders_apart,
    badly_named_modules,
    folders_outside_the_graph,
    long_tests,
    names_in_templates,
    names_looked_up,
    relations_sideways_or_up,
    settings_read_outside_project,
    tables_in_sql,
    tables_of,
    too_long,
)

CONTRACTS = ROOT / ".importlinter"
INSTALLED = (*installed.CORE, *installed.HUB, *installed.APPS, *installed.DECLARE)
TWO_APPS = {"apps/alpha/__init__.py": "", "apps/beta/public.py": "x = 1\n"}

PLANTS: dict[str, tuple[str, dict[str, str]]] = {
    "core knows an app": (
        "layers",
        {**TWO_APPS, "core/places/planted.py": "from chengshu.apps import beta\n"},
    ),
    "core knows an app inside a function": (
        "layers",
        {**TWO_APPS, "core/places/planted.py": "def f():\n    import chengshu.apps.beta.public\n"},
    ),
    "core knows an app for its types": (
        "layers",
        {
            **TWO_APPS,
            "core/places/planted.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from chengshu.apps.beta.public import x\n",
        },
    ),
    "a protocol knows analytics": (
        "layers",
        {"analytics/planted.py": "", "protocols/planted.py": "import chengshu.analytics.planted\n"},
    ),
    "a new top-level package": ("layers", {"planted/__init__.py": ""}),
    "places know access": (
        "core",
        {"core/places/planted.py": "from chengshu.core.access import models\n"},
    ),
    "a new package in core": ("core", {"core/planted/__init__.py": ""}),
    "a circle in core": (
        "core-acyclic",
        {"core/access/planted.py": "from chengshu.core.actions import action\n"},
    ),
    "the map knows terminals": (
        "hub",
        {"hub/onemap/planted.py": "from chengshu.hub.sensing import models\n"},
    ),
    "a new package in the hub": ("hub", {"hub/planted/__init__.py": ""}),
    "an app knows its sibling's models": (
        "apps",
        {"apps/beta/models.py": "", "apps/planted/models.py": "import chengshu.apps.beta.models\n"},
    ),
    "an app knows its sibling's public module": (
        "apps",
        {"apps/beta/public.py": "", "apps/planted/pages.py": "import chengshu.apps.beta.public\n"},
    ),
    "a scene knows another": (
        "scenes",
        {"scenes/one/__init__.py": "", "scenes/planted/pages.py": "import chengshu.scenes.one\n"},
    ),
    "a protocol knows another": (
        "protocols",
        {"protocols/one.py": "", "protocols/planted.py": "import chengshu.protocols.one\n"},
    ),
    "models know actions": (
        "inside-apps",
        {
            "apps/planted/actions.py": "",
            "apps/planted/models.py": "from chengshu.apps.planted import actions\n",
        },
    ),
    "an entry point knows another": (
        "inside-apps",
        {
            "apps/planted/api.py": "",
            "apps/planted/pages.py": "from chengshu.apps.planted import api\n",
        },
    ),
    "a stray module in an app": ("inside-apps", {"apps/planted/helpers.py": ""}),
    "a scene reaches past the public module": (
        "public",
        {
            "apps/beta/models.py": "",
            "scenes/planted/pages.py": "from chengshu.apps.beta import models\n",
        },
    ),
    "analytics know Django": ("pure", {"analytics/planted.py": "import django\n"}),
    "the kit knows Django": ("pure", {"kit/planted.py": "from django.db import models\n"}),
    "a domain knows Django": ("pure", {"apps/planted/domain.py": "import django.db\n"}),
    "a domain knows Django through core": (
        "pure",
        {"apps/planted/domain.py": "import chengshu.core.places.models\n"},
    ),
    "the hub opens DuckDB": ("duckdb", {"hub/onemap/planted.py": "import duckdb\n"}),
    "an app opens DuckDB": ("duckdb", {"apps/planted/queries.py": "import duckdb\n"}),
}
SIGNS = {"a circle in core": ".access -> .actions"}
"""What the report of a plant says where it does not name the planted module."""

ALLOWED: dict[str, tuple[str, dict[str, str]]] = {
    "an app uses analytics": (
        "layers",
        {"analytics/sums.py": "", "apps/planted/queries.py": "import chengshu.analytics.sums\n"},
    ),
    "a scene uses a public module": (
        "public",
        {
            "apps/beta/public.py": "",
            "scenes/planted/pages.py": "import chengshu.apps.beta.public\n",
        },
    ),
    "the lake opens DuckDB": ("duckdb", {"core/lake/planted.py": "import duckdb\n"}),
}


@pytest.fixture(scope="module")
def order() -> Order:
    return Order.read(CONTRACTS)


@pytest.fixture(scope="module")
def tree(order: Order) -> Tree:
    return Tree(PACKAGE, order)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, str]]:
    """What import-linter says of a copy of the package, for every plant; one process for all."""
    copy = tmp_path_factory.mktemp("planted")
    only_sources = shutil.ignore_patterns("__pycache__", "static", "locale", "data")
    shutil.copytree(PACKAGE, copy / "chengshu", ignore=only_sources)
    plants = {"nothing": ("", {})} | PLANTS | ALLOWED
    program = str(Path(__file__).parent / "import_contracts.py")
    answer = subprocess.run(
        ["env", f"PYTHONPATH={copy}", "COLUMNS=400", sys.executable, program]
        + [str(CONTRACTS), str(copy / "chengshu")],
        input=json.dumps(list(plants.values())),
        capture_output=True,
        text=True,
        check=True,
        cwd=copy,
    )
    return dict(zip(plants, json.loads(answer.stdout), strict=True))


def test_imports_keep_the_contracts(said):
    kept, report = said["nothing"]

    assert kept, report


@pytest.mark.parametrize("plant", PLANTS)
def test_contract_refuses(said, plant):
    kept, report = said[plant]

    assert not kept
    assert SIGNS.get(plant, "planted") in report


@pytest.mark.parametrize("plant", ALLOWED)
def test_contract_allows(said, plant):
    _kept, report = said[plant]

    assert "planted" not in report


def test_every_contract_has_a_plant():
    lines = CONTRACTS.read_text().splitlines()
    contracts = {line.split(":")[-1].rstrip("]") for line in lines if "contract:" in line}

    assert contracts == {contract for contract, _ in PLANTS.values()}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_source_tree_keeps(tree, check):
    assert list(check(tree)) == []


def test_tests_are_no_god_files():
    assert list(long_tests(ROOT / "tests")) == []


def test_sql_reads_no_tables_of_others(tree):
    assert list(tables_in_sql(tree, tables_of(apps.get_models()))) == []


def test_relations_point_home_or_down(order):
    assert list(relations_sideways_or_up(order, apps.get_models())) == []


def test_installed_apps_are_the_folders_in_order(tree):
    assert list(apps_and_folders_apart(tree, INSTALLED)) == []


def test_nothing_is_excused():
    assert not GRANDFATHERED


@pytest.fixture
def planted(tmp_path: Path, order: Order) -> Iterator[Tree]:
    """A tree of two apps and a core package, without faults so far."""
    for folder in ("", "core", "core/places", "apps", "apps/alpha", "apps/beta"):
        plant(tmp_path, f"{folder}/__init__.py", "")
    return Tree(tmp_path, order)


def plant(root: Path, path: str, source: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source)


FAULTS: dict[str, tuple[Check, str, str]] = {
    "a folder without __init__": (folders_outside_the_graph, "apps/gamma/models.py", ""),
    "a module that says nothing": (badly_named_modules, "apps/alpha/utils.py", ""),
    "a model looked up": (
        names_looked_up,
        "apps/alpha/queries.py",
        'apps.get_model("beta", "Lamp")\n',
    ),
    "a model looked up by one string": (
        names_looked_up,
        "core/places/queries.py",
        'apps.get_model("beta.Lamp")\n',
    ),
    "a module imported by name": (
        names_looked_up,
        "apps/alpha/queries.py",
        'import_module("chengshu.apps.beta.models")\n',
    ),
    "an address of a sibling": (names_looked_up, "apps/alpha/pages.py", 'reverse("beta:lamps")\n'),
    "a template of a sibling": (
        names_looked_up,
        "apps/alpha/pages.py",
        'render(request, "beta/lamps.html")\n',
    ),
    "a template that includes a sibling's": (
        names_in_templates,
        "apps/alpha/templates/alpha/lamps.html",
        '{% include "beta/lamp.html" %}\n',
    ),
    "a template that links to an app above": (
        names_in_templates,
        "core/places/templates/places/place.html",
        '<a href="{% url "beta:lamps" %}"></a>\n',
    ),
    "a long module": (too_long, "apps/alpha/models.py", "x = 1\n" * 401),
    "a long function": (too_long, "apps/alpha/models.py", "def f():\n" + "    x = 1\n" * 60),
    "a long class": (too_long, "apps/alpha/models.py", "class A:\n" + "    x = 1\n" * 200),
    "an environment variable": (
        settings_read_outside_project,
        "apps/alpha/models.py",
        'import os\nx = os.environ["X"]\n',
    ),
}


@pytest.mark.parametrize(("check", "path", "source"), FAULTS.values(), ids=FAULTS)
def test_fault_is_found(planted, check, path, source):
    assert list(check(planted)) == []

    plant(planted.package, path, source)

    assert len(list(check(Tree(planted.package, planted.order)))) == 1


@pytest.mark.parametrize("path", ["apps/alpha/queries.py", "apps/alpha/lamps.sql"])
def test_table_of_a_sibling_in_sql_is_found(planted, path):
    query = "SELECT * FROM beta_lamp"
    plant(planted.package, path, query if path.endswith("sql") else f"SQL = '{query}'\n")

    found = list(tables_in_sql(planted, {"beta_lamp": "chengshu.apps.beta"}))

    assert len(found) == 1


def test_folder_that_is_not_installed_is_found_and_so_is_its_opposite(planted):
    plant(planted.package, "apps/alpha/apps.py", "")

    found = list(apps_and_folders_apart(planted, ["chengshu.apps.beta"]))

    assert len(found) == 2


def test_app_installed_before_what_it_stands_on_is_found(planted):
    listed = ["chengshu.apps.alpha", "chengshu.core.places"]
    for name in ("apps/alpha", "core/places"):
        plant(planted.package, f"{name}/apps.py", "")

    assert len(list(apps_and_folders_apart(planted, listed))) == 1


@pytest.mark.parametrize(
    ("home", "target", "reverse"),
    [
        ("chengshu.core.places.models", "access.User", "+"),
        ("chengshu.core.access.models", "places.Place", "users"),
        ("chengshu.core.audit.models", "events.OutboxEvent", "+"),
    ],
    ids=["up", "down, with a reverse name", "sideways"],
)
def test_relation_that_couples_is_found(order, home, target, reverse):
    with isolate_apps():
        planted = type(
            "Planted",
            (models.Model,),
            {
                "__module__": home,
                "Meta": type("Meta", (), {"app_label": "planted"}),
                "link": models.ForeignKey(
                    apps.get_model(target), models.CASCADE, related_name=reverse
                ),
            },
        )

        found = list(relations_sideways_or_up(order, [planted]))

    assert len(found) == 1
