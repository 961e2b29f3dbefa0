"""A child process: plants files into a copy of the package and tells what import-linter says.

Usage: ``python import_contracts.py CONFIG PACKAGE < plants.json``; a plant is a list of a
contract (empty: all) and a mapping of paths to sources. Answers a list of pairs: kept,
and the report.
"""

import io
import json
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from importlinter.cli import lint_imports


def main() -> None:
    config, package = sys.argv[1], Path(sys.argv[2])
    cache = tempfile.mkdtemp()
    said = [try_plant(config, package, cache, *plant) for plant in json.load(sys.stdin)]
    shutil.rmtree(cache)
    sys.stdout.write(json.dumps(said))


def try_plant(
    config: str, package: Path, cache: str, contract: str, sources: dict[str, str]
) -> tuple[bool, str]:
    written = [write(package / path, source) for path, source in sources.items()]
    report = io.StringIO()
    with redirect_stdout(report):
        failed = lint_imports(
            config, tuple(filter(None, [contract])), cache_dir=cache, no_logo=True
        )
    for path, folder in reversed(written):
        path.unlink()
        if folder:
            shutil.rmtree(folder)
    return not failed, report.getvalue()


def write(path: Path, source: str) -> tuple[Path, Path | None]:
    """The file, and the topmost folder that had to be made for it."""
    if path.exists():
        raise FileExistsError(path)
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        (folder / "__init__.py").touch()
    path.write_text(source)
    return path, missing[-1] if missing else None


if __name__ == "__main__":
    main()
