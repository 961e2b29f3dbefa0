"""The workbench, the case page and intake, as each kind of user meets them."""

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.models import User
from chengshu.core.audit.models import AuditLine
from chengshu.hub.cases.actions.handling import accept_case
from chengshu.hub.cases.actions.intake import Contact
from chengshu.hub.cases.models import Case
from tests.core.access.factories import make_grant, make_user

from .factories import CENTRE, START, UNIT_WORK, City, dispatched, reported

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(city: City) -> Client:
    """A dispatcher of the whole city."""
    user = make_user("desk")
    make_grant(user, "cases.*", "warnings.view_*", "places.view_*")
    return signed_in(user)


@pytest.fixture
def unit(city: City) -> Client:
    """Somebody of the government of the east."""
    return signed_in(city.worker.user)


def test_the_workbench_shows_a_dispatcher_what_waits_for_dispatch(desk):
    waiting, gone = reported(title="等待派遣"), dispatched(title="已派遣")

    page = desk.get("/cases/").content.decode()

    assert waiting.title in page
    assert gone.title not in page


def test_the_workbench_shows_a_unit_its_own_cases(unit):
    mine, others = dispatched(title="本单位案件"), dispatched(title="别处案件", place="c-w")

    page = unit.get("/cases/").content.decode()

    assert mine.title in page
    assert others.title not in page


@pytest.mark.parametrize("tab", ["mine", "unit", "intake", "work", "check", "overdue", "all"])
def test_no_tab_shows_a_unit_more_than_the_row_filter_lets_it_see(unit, tab):
    dispatched(title="别处案件", place="c-w")
    reported(title="未派遣案件")

    page = unit.get(f"/cases/?tab={tab}").content.decode()

    assert "别处案件" not in page
    assert "未派遣案件" not in page


def test_the_workbench_costs_the_same_queries_for_one_case_and_for_many(
    desk, django_assert_max_num_queries
):
    for _number in range(30):
        reported()

    with django_assert_max_num_queries(16):
        desk.get("/cases/")


def test_search_keeps_to_the_tab(desk):
    reported(title="井盖破损")
    reported(title="路灯不亮")

    page = desk.get("/cases/?tab=intake&q=井盖").content.decode()

    assert "井盖破损" in page
    assert "路灯不亮" not in page


def test_a_case_page_offers_exactly_what_may_be_done(unit):
    case = dispatched()

    page = unit.get(f"/cases/{case.code}/").content.decode()

    offered = [name for name in ("accept_case", "return_case", "note_case") if name in page]
    assert offered == ["accept_case", "return_case", "note_case"]
    assert 'value="urge_case"' not in page
    assert 'value="void_case"' not in page


def test_a_case_of_another_unit_is_not_there(unit):
    case = dispatched(place="c-w")

    answers = [unit.get(f"/cases/{case.code}/"), unit.post(f"/cases/{case.code}/do/")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_unit_accepts_and_handles_on_the_page(unit):
    case = dispatched()
    address = f"/cases/{case.code}/do/"

    accepted = unit.post(address, {"action": "accept_case"}, headers={"HX-Target": "case"})
    unit.post(address, {"action": "handle_case", "text": "已清运"})

    assert accepted.status_code == 200
    assert 'id="case"' in accepted.content.decode()
    assert "<html" not in accepted.content.decode()
    assert Case.objects.get().state == "handled"


def test_who_comes_second_sees_the_case_as_it_is_and_why(unit):
    case = dispatched()
    accept_case(case, at=START, by=CENTRE)

    answer = unit.post(
        f"/cases/{case.code}/do/", {"action": "accept_case"}, headers={"HX-Target": "case"}
    )

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert 'value="handle_case"' in answer.content.decode()


def test_a_missing_reason_is_asked_for(unit):
    case = dispatched()

    answer = unit.post(f"/cases/{case.code}/do/", {"action": "return_case", "text": ""})

    assert answer.status_code == 422
    assert Case.objects.get().state == "dispatched"


def test_a_move_that_does_not_exist_is_not_there(unit):
    case = dispatched()

    answer = unit.post(f"/cases/{case.code}/do/", {"action": "delete_case"})

    assert answer.status_code == 404


def test_a_unit_that_returns_a_case_is_led_back_to_the_workbench(unit):
    case = dispatched()

    answer = unit.post(
        f"/cases/{case.code}/do/",
        {"action": "return_case", "text": "不属我单位"},
        headers={"HX-Request": "true", "HX-Target": "case"},
    )

    assert answer.headers["HX-Redirect"] == "/cases/"


def test_the_address_of_the_ledger_leads_to_the_same_page(desk):
    case = reported()

    page = desk.get(f"/cases/cases/{case.code}/").content.decode()

    assert 'id="case"' in page


def test_the_side_panel_of_a_list_is_a_fragment(desk):
    case = reported()

    panel = desk.get(f"/cases/{case.code}/", headers={"HX-Target": "aside"}).content.decode()

    assert "data-side" in panel
    assert "<html" not in panel


def test_nobody_signed_in_is_sent_to_sign_in(city, client):
    case = reported()

    answers = [client.get("/cases/"), client.get(f"/cases/{case.code}/"), client.get("/cases/new/")]

    assert {answer.status_code for answer in answers} == {302}


def test_a_reporter_is_masked_until_somebody_asks(desk):
    case = reported(reporter=Contact("张小三", "13800138000"))

    page = desk.get(f"/cases/{case.code}/").content.decode()
    shown = desk.post(f"/cases/{case.code}/reporter/").content.decode()

    assert "13800138000" not in page
    assert "张**" in page
    assert "13800138000" in shown
    assert AuditLine.objects.filter(action="cases.reveal_reporter", actor="desk").exists()


def test_intake_registers_a_case(desk):
    answer = desk.post(
        "/cases/new/",
        {
            "title": "路口积水",
            "type": "cjt214.0406",
            "source": "hotline",
            "place": "c-e-1",
            "reporter_phone": "13800138000",
        },
    )

    case = Case.objects.get()
    assert answer.headers["Location"] == f"/cases/{case.code}/"
    assert (case.source, case.is_urgent) == ("hotline", True)


@pytest.mark.parametrize(
    "changes", [{"title": ""}, {"type": "nothing"}, {"place": ""}, {"lon": "east"}]
)
def test_intake_gives_back_what_was_typed_when_it_does_not_fit(desk, changes):
    given = {"title": "路口积水", "type": "cjt214.0406", "source": "hotline", "place": "c-e-1"}

    answer = desk.post("/cases/new/", given | {"address": "中山路 1 号"} | changes)

    assert answer.status_code == 422
    assert "中山路 1 号" in answer.content.decode()
    assert not Case.objects.exists()


def test_intake_needs_the_right_to_report(city):
    reader = make_user()
    make_grant(reader, "cases.view_case")

    assert signed_in(reader).get("/cases/new/").status_code == 403


def test_open_cases_nearby_stand_beside_the_intake(desk):
    now = timezone.now()
    reported(now, title="同类案件")
    reported(now, title="附近案件", type="cjt214.0110", lon=113.0, lat=34.0)
    reported(now, title="远处案件", type="cjt214.0110", lon=113.005, lat=34.0)
    reported(now, title="西区案件", place="c-w")

    page = desk.get("/cases/similar/?type=cjt214.0102&place=c-e-1&lon=113.001&lat=34.0")

    text = page.content.decode()
    assert "同类案件" in text
    assert "附近案件" in text
    assert "远处案件" not in text
    assert "西区案件" not in text


def test_a_user_without_rights_sees_no_workbench(city):
    assert signed_in(make_user()).get("/cases/").status_code == 403


def test_the_case_page_costs_the_same_queries_however_long_its_timeline(
    desk, django_assert_max_num_queries
):
    case = dispatched()
    for _number in range(10):
        desk.post(f"/cases/{case.code}/do/", {"action": "note_case", "text": "在途"})

    with django_assert_max_num_queries(22):
        desk.get(f"/cases/{case.code}/")


@pytest.mark.parametrize("permission", UNIT_WORK)
def test_each_permission_opens_its_own_button_only(city, permission):
    case = dispatched()
    user = make_user()
    make_grant(user, permission, "cases.view_case")

    page = signed_in(user).get(f"/cases/{case.code}/").content.decode()

    action = permission.removeprefix("cases.")
    assert (f'value="{action}"' in page) == (action != "handle_case")
    assert page.count('name="action"') == (action != "handle_case")
