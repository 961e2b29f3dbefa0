"""Everything ``chengshu doctor`` examines: the machine, and how this project was built."""

from pathlib import Path

from chengshu.core.runtime import doctor
from chengshu.core.runtime.doctor import Check, Installation, Result

HERE = Path(__file__).parent


def lake(installation: Installation) -> Result:
    """DuckDB loads its extensions without a network, and the lake's catalogue opens."""
    with installation.database():
        from chengshu.core.lake import installation as lake_of_this

        lake_of_this.current().cursor().execute("FROM duckdb_extensions()")
    return Result(True, "DuckDB and its extensions load, the catalogue opens")


def front_end(_: Installation) -> Result:
    scripts = list((HERE / "static" / "built").glob("*.js"))
    return Result(bool(scripts), f"{len(scripts)} scripts", "Run `make web`.")


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


CHECKS = (
    *doctor.CHECKS,
    Check("lake", lake),
    Check("front end", front_end),
    Check("messages", messages),
)
