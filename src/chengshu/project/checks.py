"""Everything ``chengshu doctor`` examines: the machine, and how this project was built."""

from pathlib import Path

from chengshu.core.runtime import doctor
from chengshu.core.runtime.doctor import Check, Installation, Result

HERE = Path(__file__).parent


def front_end(_: Installation) -> Result:
    built = HERE / "static" / "built"
    files = [path for path in built.rglob("*") if path.is_file()] if built.is_dir() else []
    return Result(bool(files), f"{len(files)} files", "Run `make web`.")


def messages(_: Installation) -> Result:
    """Every catalogue is compiled, and later than its source."""
    sources = list((HERE / "locale").rglob("*.po"))
    stale = [
        path.parent.parent.name
        for path in sources
        if not (compiled := path.with_suffix(".mo")).exists()
        or compiled.stat().st_mtime < path.stat().st_mtime
    ]
    return Result(
        not stale,
        f"to compile: {', '.join(stale)}" if stale else f"{len(sources)} languages",
        "Run `make messages`.",
    )


CHECKS = (*doctor.CHECKS, Check("front end", front_end), Check("messages", messages))
