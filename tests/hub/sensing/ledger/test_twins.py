import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chengshu.core.audit.models import AuditLine
from chengshu.core.records.merging import OTHER_CODES
from chengshu.hub.sensing.models import Terminal
from chengshu.hub.sensing.twins import twins_of
from tests.core.access.factories import make_person
from tests.hub.sensing.factories import feed, organisation, place, terminal

from .factories import HERE, coding_rule

pytestmark = pytest.mark.django_db
METRE = 1 / 111_000
IMPORT = "/sensing/terminals/-/import/"
HEADER = "code,name,kind,place,owner,feed,lon,lat"


def there(
    code: str = "CITY", name: str = "解放路噪声监测仪", north: float = 0, **facts
) -> Terminal:
    return terminal(code, name=name, lon=HERE[0], lat=HERE[1] + north * METRE, **facts)


def new(name: str = "解放路噪声监测", code: str = "DEPT", **facts) -> Terminal:
    return Terminal(code=code, name=name, kind="sensor", **{"lon": HERE[0], "lat": HERE[1]} | facts)


def suspected(*terminals: Terminal) -> list[tuple[int, str]]:
    return [(twin.index, twin.row.code) for twin in twins_of(terminals)]


def test_near_of_the_same_kind_and_alike_in_name_is_a_twin():
    there(north=20)

    assert suspected(new()) == [(0, "CITY")]


@pytest.mark.parametrize(
    "facts",
    [{"north": 40}, {"kind": "video"}, {"name": "人民广场水质站"}, {"state": "retired"}],
)
def test_far_other_unlike_or_retired_is_none(facts):
    there(**facts)

    assert suspected(new()) == []


@pytest.mark.parametrize("where", [{"lon": None}, {"lat": None}])
def test_without_a_position_nothing_is_suspected(where):
    there()

    assert suspected(new(**where)) == []


def test_the_nearest_is_the_likeliest():
    there("FAR", north=25)
    there("NEAR", north=5)

    assert suspected(new()) == [(0, "NEAR")]


def test_a_code_noted_before_is_recognised_wherever_it_is():
    device = there(north=5000, name="别名")
    device.attributes = {OTHER_CODES: ["DEPT"]}
    device.save()

    assert suspected(new()) == [(0, "CITY")]


def test_a_twin_across_the_edge_of_the_grid_is_found():
    terminal("CITY", name="解放路噪声监测仪", lon=123.6, lat=30.3999999)

    assert suspected(new(lon=123.6, lat=30.4000001)) == [(0, "CITY")]


@pytest.fixture
def officer() -> Client:
    place("99")
    organisation("bureau")
    feed()
    client = Client()
    client.force_login(make_person("sensing.*").user)
    return client


def row(code: str, name: str, north: float = 0) -> str:
    return f"{code},{name},sensor,99,bureau,direct,{HERE[0]},{HERE[1] + north * METRE}"


def preview(officer: Client, *rows: str):
    content = "\n".join((HEADER, *rows)).encode()
    return officer.post(IMPORT, {"file": SimpleUploadedFile("部门台账.csv", content)})


def test_a_departments_ledger_is_merged_as_decided(officer):
    there("CITY")
    terminal("SAME", name="旧名", lon=HERE[0], lat=HERE[1] + 1000 * METRE)

    page = preview(
        officer,
        row("DEPT", "解放路噪声监测"),
        row("SAME", "新名", 1000),
        row("NEW", "全新站", 3000),
    )
    assert Terminal.objects.count() == 2
    officer.post(f"{IMPORT}{page.context['upload'].pk}/", {"choice-2": "take", "choice-3": "keep"})

    city = Terminal.objects.get(code="CITY")
    assert set(Terminal.objects.values_list("code", flat=True)) == {"CITY", "SAME", "NEW"}
    assert (city.name, city.attributes) == ("解放路噪声监测", {OTHER_CODES: ["DEPT"]})
    assert Terminal.objects.get(code="SAME").name == "旧名"
    assert AuditLine.objects.get(action="sensing.import_terminal").details == {
        "added": 1,
        "changed": 1,
        "left": 1,
    }


def test_the_same_file_again_finds_what_was_merged(officer):
    there("CITY")
    first = preview(officer, row("DEPT", "解放路噪声监测"))
    officer.post(f"{IMPORT}{first.context['upload'].pk}/", {"choice-2": "keep"})

    [doubt] = preview(officer, row("DEPT", "解放路噪声监测")).context["doubts"]

    assert doubt.row.code == "CITY"


def test_a_code_against_the_rule_stops_the_whole_file(officer):
    coding_rule()

    page = preview(officer, row("990100-air-001", "好"), row("BAD", "坏"))

    assert page.context["checked"].problem_count == 1
    assert page.context["checked"].problems[0].row == 3
    assert "990100-air-001" in page.text
    answer = officer.post(f"{IMPORT}{page.context['upload'].pk}/")
    assert answer.context["checked"].problem_count == 1
    assert not Terminal.objects.exists()
