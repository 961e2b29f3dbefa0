"""A drill: a running installation is backed up, lost, and brought back elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.installation import Installation, installation

from chengshu.core.lake.connection import Lake

pytestmark = pytest.mark.slow

TERMINALS = """code,name,kind,property,lon,lat,place,owner
T1,air,sensor,pm2.5,113.6,34.7,A,bureau
"""
CITY = """
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
city = Place.objects.create(code="A", name="A", level="city", path="A")
Organisation.objects.create(code="bureau", name="bureau", path="bureau", place=city)
"""


@pytest.fixture
def lost() -> Iterator[Installation]:
    with installation() as one:
        yield one


@pytest.fixture
def found() -> Iterator[Installation]:
    with installation() as other:
        yield other


def send(city: Installation, token: str, terminal: str, values: dict[str, float]) -> int:
    """How many of *values*, by time, were stored."""
    rows = [{"terminal": terminal, "at": at, "values": {"pm2.5": v}} for at, v in values.items()]
    answer = httpx.post(
        f"{city.ingest}/ingest/json",
        content=json.dumps(rows),
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=60,
    )
    return int(answer.json()["stored"])


def stored(city: Installation) -> list[float]:
    lake = Lake.open(city.database_url(), city.home / "lake")
    try:
        return sorted(lake.query("SELECT value FROM observations")["value"].to_list())
    finally:
        lake.close()


def test_an_installation_comes_back_in_another_place(
    lost: Installation, found: Installation, tmp_path: Path
) -> None:
    lost.up()
    known = tmp_path / "terminals.csv"
    known.write_text(TERMINALS)
    lost.run("manage", "shell", "-c", CITY)
    lost.run("terminals", "import", str(known))
    token = lost.run("token", "create", "gateway", "--scope", "ingest").split()[-1]
    assert send(lost, token, "T1", {"2026-01-01T00:00:00Z": 1, "2026-01-01T01:00:00Z": 2}) == 2

    lost.run("backup", str(tmp_path / "backups"))
    send(lost, token, "T1", {"2026-01-01T02:00:00Z": 3})
    lost.stop()
    found.run("restore", str(tmp_path / "backups"))
    found.up()

    assert send(found, token, "T1", {"2026-01-01T03:00:00Z": 4}) == 1
    assert stored(found) == [1, 2, 4]
    assert "lines fit" in found.run("audit", "verify")
    assert "restore-needs-empty" in _refusal(found, tmp_path / "backups")


def _refusal(city: Installation, backups: Path) -> str:
    with city.begin("restore", str(backups)) as process:
        said, _nothing = process.communicate(timeout=120)
    assert process.returncode == 1
    return said.decode()
