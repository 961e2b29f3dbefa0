"""The rules of the source tree that the import graph cannot see, as functions that list faults."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.db.models import ForeignObjectRel, Model

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "chengshu"

FILE_LINES, CLASS_LINES, FUNCTION_LINES, TEST_FILE_LINES = 400, 200, 60, 600
GRANDFATHERED: frozenset[str] = frozenset()
BANNED_MODULES = {"utils", "helpers", "helper", "common", "base", "manager", "managers", "misc"}
LAST = "chengshu.core.declare"  # finds the declarations of all others
LOOK_UPS = {
    "get_model",
    "get_app_config",
    "import_module",
    "import_string",
    "reverse",
    "reverse_lazy",
    "redirect",
    "include",
    "get_template",
    "render_to_string",
    "render",
}
TAG = re.compile(r"{%\s*(?:include|extends|url)\s+[\"']([\w.:/-]+)[\"']")


@dataclass(frozen=True)
class Order:
    """Which package stands above which, as the import contracts say."""

    ranks: dict[str, int]

    @classmethod
    def read(cls, contracts: Path) -> "Order":
        parser = ConfigParser()
        parser.read(contracts)
        ranks: dict[str, int] = {}
        for section in ("layers", "hub", "core"):
            options = parser[f"importlinter:contract:{section}"]
            container = options["containers"].strip()
            lines = [line.strip() for line in options["layers"].splitlines() if line.strip()]
            for height, line in enumerate(reversed(lines)):
                for name in line.split("|"):
                    ranks[f"{container}.{name.strip().strip('()')}"] = height
        return cls(ranks)

    def may_know(self, user: str, used: str) -> bool:
        """Whether package *user* (``chengshu.hub.cases``) may name package *used*."""
        if user == used:
            return True
        user_layer, used_layer = (".".join(p.split(".")[:2]) for p in (user, used))
        if user_layer != used_layer:
            return self.ranks.get(user_layer, 99) > self.ranks.get(used_layer, 99)
        return self.ranks.get(user, -1) > self.ranks.get(used, -1)


@dataclass(frozen=True)
class Tree:
    """A source tree and the apps in it."""

    package: Path
    order: Order

    @cached_property
    def modules(self) -> list[Path]:
        return sorted(path for path in self.package.rglob("*.py") if "migrations" not in path.parts)

    @cached_property
    def apps(self) -> dict[str, str]:
        """Label to package of every folder that holds an app."""
        folders = [
            *self.package.glob("core/*/"),
            *self.package.glob("hub/*/"),
            *self.package.glob("apps/*/"),
        ]
        return {folder.name: self.name_of(folder) for folder in folders if _is_package(folder)}

    def name_of(self, path: Path) -> str:
        return ".".join(("chengshu", *path.relative_to(self.package).with_suffix("").parts))

    def package_of(self, path: Path) -> str:
        """``chengshu.hub.cases`` for any file below it; ``chengshu.project`` for its files."""
        parts = self.name_of(path).split(".")
        return ".".join(parts[: 3 if parts[1] in ("core", "hub", "apps", "scenes") else 2])


def _is_package(folder: Path) -> bool:
    return folder.name != "__pycache__" and any(folder.glob("*.py"))


def folders_outside_the_graph(tree: Tree) -> Iterator[str]:
    """Without an ``__init__.py`` a folder, and all it imports, escapes every contract."""
    for folder in sorted({path.parent for path in tree.package.rglob("*.py")}):
        if not (folder / "__init__.py").exists():
            yield f"{folder.relative_to(tree.package)} has no __init__.py"


def badly_named_modules(tree: Tree) -> Iterator[str]:
    for path in tree.modules:
        if path.stem in BANNED_MODULES or path.parent.name in BANNED_MODULES:
            yield f"{path.relative_to(tree.package)}: a name that says nothing"


def names_looked_up(tree: Tree) -> Iterator[str]:
    """Strings that fetch a model, module, address or template of a package not below."""
    for path in tree.modules:
        if tree.package_of(path) == "chengshu.project":
            continue
        for call in _nodes(path, ast.Call):
            if _called(call) in LOOK_UPS:
                for text in _texts(call.args):
                    yield from _faults(tree, path, call.lineno, text)


def names_in_templates(tree: Tree) -> Iterator[str]:
    for path in sorted(tree.package.rglob("templates/**/*.html")):
        if tree.package_of(path) == "chengshu.project":
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for text in TAG.findall(line):
                yield from _faults(tree, path, number, text)


def _faults(tree: Tree, path: Path, line: int, text: str) -> Iterator[str]:
    user, used = tree.package_of(path), _named(tree, text)
    if used and not tree.order.may_know(user, used):
        yield f"{path.relative_to(tree.package)}:{line} names {text!r}"


def _named(tree: Tree, text: str) -> str:
    """The package that *text* leads to: a dotted module, ``label:…``, ``label/…``, ``label.…``."""
    if text.startswith("chengshu."):
        parts = text.split(".")
        return ".".join(parts[: 3 if parts[1] in ("core", "hub", "apps", "scenes") else 2])
    label, mark, _rest = re.split(r"([:/.]|$)", text, maxsplit=1)
    return tree.apps.get(label, "") if mark or label == text else ""


def tables_in_sql(tree: Tree, tables: dict[str, str]) -> Iterator[str]:
    """Tables (name to package) that SQL in Python or ``.sql`` names though they stand elsewhere."""
    known = re.compile(rf"\b({'|'.join(map(re.escape, tables))})\b") if tables else None
    for path in [*tree.modules, *sorted(tree.package.rglob("*.sql"))]:
        user = tree.package_of(path)
        for line, text in _statements(path):
            for table in known.findall(text) if known else ():
                if not tree.order.may_know(user, tables[table]):
                    yield f"{path.relative_to(tree.package)}:{line} reads table {table}"


def _statements(path: Path) -> Iterator[tuple[int, str]]:
    if path.suffix == ".sql":
        yield 1, path.read_text()
        return
    for node in _nodes(path, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value


def tables_of(models: Iterable[type[Model]]) -> dict[str, str]:
    return {
        model._meta.db_table: ".".join(model.__module__.split(".")[:3])
        for model in models
        if model.__module__.startswith("chengshu.")
    }


def relations_sideways_or_up(order: Order, models: Iterable[type[Model]]) -> Iterator[str]:
    """Foreign keys point home or down, and leave no reverse name on what is below."""
    for model in models:
        home = ".".join(model.__module__.split(".")[:3])
        if not home.startswith("chengshu."):
            continue
        for field in model._meta.get_fields(include_hidden=True):
            if isinstance(field, ForeignObjectRel) or not field.is_relation:
                continue
            target = field.related_model
            if isinstance(target, type) and target.__module__.startswith("chengshu."):
                away = ".".join(target.__module__.split(".")[:3])
                if not order.may_know(home, away):
                    yield f"{model.__name__}.{field.name} points to {away}"
                elif away != home and not field.remote_field.hidden:
                    yield f'{model.__name__}.{field.name} needs related_name="+"'


def too_long(tree: Tree) -> Iterator[str]:
    for path in tree.modules:
        yield from _long_parts(path, tree.package, FILE_LINES)


def long_tests(tests: Path) -> Iterator[str]:
    for path in sorted(tests.rglob("*.py")):
        if len(path.read_text().splitlines()) > TEST_FILE_LINES:
            yield f"{path.name} has over {TEST_FILE_LINES} lines"


def _long_parts(path: Path, package: Path, most: int) -> Iterator[str]:
    name = str(path.relative_to(package))
    if name in GRANDFATHERED:
        return
    if len(path.read_text().splitlines()) > most:
        yield f"{name} has over {most} lines"
    for kinds, limit in (
        ((ast.FunctionDef, ast.AsyncFunctionDef), FUNCTION_LINES),
        ((ast.ClassDef,), CLASS_LINES),
    ):
        for node in _nodes(path, *kinds):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > limit:
                yield f"{name}: {node.name} has {lines} lines"


def settings_read_outside_project(tree: Tree) -> Iterator[str]:
    for path in tree.modules:
        if tree.package_of(path) == "chengshu.project":
            continue
        for node in _nodes(path, ast.Attribute):
            is_environment = node.attr in ("environ", "getenv")
            if is_environment and isinstance(node.value, ast.Name) and node.value.id == "os":
                yield f"{path.relative_to(tree.package)}:{node.lineno} reads the environment"


def apps_and_folders_apart(tree: Tree, installed: Iterable[str]) -> Iterator[str]:
    found = {
        tree.name_of(path.parent)
        for layer in ("core", "hub", "apps", "scenes")
        for path in tree.package.glob(f"{layer}/*/apps.py")
    }
    listed = list(installed)
    yield from (f"{name} is a folder but not installed" for name in sorted(found - set(listed)))
    yield from (f"{name} is installed but no folder" for name in sorted(set(listed) - found))
    yield from (
        f"{name} is installed before {later}, which it stands on"
        for position, name in enumerate(listed)
        for later in listed[position + 1 :]
        if later != LAST and tree.order.may_know(name, later)
    )


def _nodes(path: Path, *kinds: type[ast.AST]) -> "Iterator[ast.AST]":
    for node in ast.walk(_parsed(path)):
        if isinstance(node, kinds):
            yield node


_trees: dict[tuple[Path, float], ast.Module] = {}


def _parsed(path: Path) -> ast.Module:
    key = (path, path.stat().st_mtime)
    if key not in _trees:
        _trees[key] = ast.parse(path.read_text())
    return _trees[key]


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(arguments: Iterable[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


Check = Callable[[Tree], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    folders_outside_the_graph,
    badly_named_modules,
    names_looked_up,
    names_in_templates,
    too_long,
    settings_read_outside_project,
)
