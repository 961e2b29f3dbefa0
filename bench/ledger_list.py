"""List page over a million terminals for a district's user: what one request costs.

    python bench/ledger_list.py [ROWS]

Starts its own database in a temporary folder and asks through Django's test client, so the times
hold the whole request: session, rights, query, count and rendering.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import django

from chengshu.core.runtime.postgres import EmbeddedPostgres

LIST = "/sensing/terminals/"
REPEATS = 40
PAGES = 40

ROWS_SQL = """
INSERT INTO sensing_terminal
    (code, name, place_id, owner_id, grade, lon, lat, attributes, kind, feed_id, maker, purpose,
     state)
SELECT 'T' || lpad(n::text, 8, '0'),
       (ARRAY['空气质量微站', '积水监测点', '井盖传感器', '噪声监测点'])[1 + n %% 4] || n,
       places[1 + (n * 7919) %% array_length(places, 1)],
       owners[1 + (n * 104729) %% array_length(owners, 1)],
       1 + n %% 2, 114 + random(), 34 + random(), '{}',
       (ARRAY['sensor', 'video', 'locator'])[1 + n %% 3], %(feed)s, '', '',
       (ARRAY['in-service', 'suspended', 'planned'])[1 + n %% 3]
FROM generate_series(1, %(rows)s::bigint) AS n,
     (SELECT array_agg(id) AS places FROM places_place WHERE level = 'community') AS p,
     (SELECT array_agg(id) AS owners FROM organisations_organisation) AS o
"""


def make_city(rows: int) -> Any:
    """Ten districts, a hundred streets, a thousand communities; returns the district's user."""
    from django.db import connection

    from chengshu.core.access.models import Grant, Role, User
    from chengshu.core.organisations.models import Kind, Organisation
    from chengshu.core.places import tree
    from chengshu.core.places.models import Level, Place
    from chengshu.hub.sensing.models import Feed

    city = tree.add(Place(code="9901", name="City", level=Level.CITY))
    for d in range(10):
        district = tree.add(Place(code=f"9901{d:02}", name=f"D{d}", level="district", parent=city))
        for s in range(10):
            code = f"{district.code}{s:03}"
            street = tree.add(Place(code=code, name=f"S{s}", level="street", parent=district))
            for c in range(10):
                code = f"{street.code}{c:03}"
                tree.add(Place(code=code, name=f"C{c}", level="community", parent=street))
    for number in range(50):
        kind = Kind.DEPARTMENT
        tree.add(Organisation(code=f"o{number}", name=f"O{number}", kind=kind, place=city))
    feed = Feed.objects.create(code="f", name="f")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(ROWS_SQL, {"rows": rows, "feed": feed.pk})
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
    user = User.objects.create(username="district", name="District")
    role = Role.objects.create(code="all", name="all", permissions=["sensing.*"], grade=2)
    Grant.objects.create(user=user, role=role, place=Place.objects.get(code="990104"))
    return user


def walk(client: Any, first: str, rel: str = "next") -> Iterator[float]:
    """Times of PAGES pages, each opened from the one before."""
    address = first
    for _ in range(PAGES):
        seconds, shown = timed(client, address)
        yield seconds
        following = re.search(rf'rel="{rel}" href="([^"]+)"', shown)
        if following is None:
            return
        address = following[1].replace("&amp;", "&")


def timed(client: Any, address: str) -> tuple[float, str]:
    begun = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - begun
    assert answer.status_code == 200, (address, answer.status_code)
    return seconds, answer.content.decode()


def cases(client: Any) -> dict[str, Callable[[], list[float]]]:
    def again(query: str) -> Callable[[], list[float]]:
        return lambda: [timed(client, LIST + query)[0] for _ in range(REPEATS)]

    return {
        "first page": again(""),
        "forty pages forward": lambda: list(walk(client, LIST)),
        "last page": again("?sort=-code"),
        "a street": again("?place=990104003"),
        "kind and state": again("?kind=sensor&state=in-service"),
        "an owner": again("?owner=o7"),
        "sorted by name": again("?sort=name"),
        "sorted by name, forty pages": lambda: list(walk(client, f"{LIST}?sort=name")),
        "sorted by place": again("?sort=place"),
        "search, a code": again("?q=T00050004"),
        "search, a common word": again("?q=%E4%BA%95%E7%9B%96"),
        "search, nothing": again("?q=nothing"),
    }


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="chengshu-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        with EmbeddedPostgres(home / "postgres", durable=False) as server:
            os.environ["CHENGSHU_HOME"] = str(home)  # noqa: TID251 - a fresh installation
            os.environ["CHENGSHU_DATABASE_URL"] = server.url  # noqa: TID251
            os.environ["DJANGO_SETTINGS_MODULE"] = "chengshu.project.settings"  # noqa: TID251
            django.setup()
            measure(rows)


def measure(rows: int) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    user = make_city(rows)
    client = Client()
    client.force_login(user)
    client.get(LIST)
    print(f"{rows:,} rows, a tenth of them in the district\n\n| page | p50 ms | p95 ms |")
    print("| --- | --: | --: |")
    for name, run in cases(client).items():
        times = quantiles(run(), n=20)
        print(f"| {name} | {times[9] * 1000:.0f} | {times[18] * 1000:.0f} |", flush=True)
    connections.close_all()


if __name__ == "__main__":
    main()
