"""A drill: a running installation is backed up, lost, and brought back elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.buckets import Shop, bucket
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
def shop() -> Iterator[Shop]:
    with bucket() as one:
        yield one


@pytest.fixture
def settings(shop: Shop) -> dict[str, str]:
    return {
        "CHENGSHU_S3_ENDPOINT": shop.access.endpoint,
        "CHENGSHU_S3_KEY_ID": shop.access.key_id,
        "CHENGSHU_S3_SECRET": shop.access.secret,
    }


@pytest.fixture
def found(settings: dict[str, str]) -> Iterator[Installation]:
    with installation(**settings) as other:
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
    shop: Shop, settings: dict[str, str], found: Installation, tmp_path: Path
) -> None:
    """Its lake was in object storage; here it is in a folder."""
    target = str(tmp_path / "backups")
    with installation(**settings, CHENGSHU_LAKE=f"{shop.address}/lake") as lost:
        token = _filled(lost, tmp_path / "terminals.csv")
        lost.run("backup", target)
        send(lost, token, "T1", {"2026-01-01T02:00:00Z": 3})

    found.run("restore", target)
    found.up()

    assert send(found, token, "T1", {"2026-01-01T03:00:00Z": 4}) == 1
    assert stored(found) == [1, 2, 4]
    assert "lines fit" in found.run("audit", "verify")
    assert "restore-needs-empty" in _refusal(found, target)


def _filled(city: Installation, terminals: Path) -> str:
    """Start *city* and send it two observations; the token they came with."""
    city.up()
    terminals.write_text(TERMINALS)
    city.run("manage", "shell", "-c", CITY)
    city.run("terminals", "import", str(terminals))
    token = city.run("token", "create", "gateway", "--scope", "ingest").split()[-1]
    assert send(city, token, "T1", {"2026-01-01T00:00:00Z": 1, "2026-01-01T01:00:00Z": 2}) == 2
    return token


def _refusal(city: Installation, target: str) -> str:
    with city.begin("restore", target) as process:
        said, _nothing = process.communicate(timeout=120)
    assert process.returncode == 1
    return said.decode()
