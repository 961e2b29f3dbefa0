"""Static files of the project and its apps, served by the web process itself."""

from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from starlette.staticfiles import StaticFiles


def static_files() -> StaticFiles:
    """Every folder that Django's finders know, in their order."""
    files = StaticFiles(check_dir=False)
    files.all_directories = [
        Path(storage.location)
        for finder in get_finders()
        for storage in getattr(finder, "storages", {}).values()
    ]
    return files
