from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.models import Grant, Role
from chengshu.hub.sensing.actions.mounting import mount_terminal
from chengshu.hub.sensing.jobs import end_reuse
from chengshu.hub.sensing.models import BuildRequest, ReuseRequest, Terminal
from tests.core.access.factories import make_user
from tests.hub.sensing.factories import organisation, terminal

from .factories import ENGINEER, HERE, carrier, limit, request, sector

pytestmark = pytest.mark.django_db
TOMORROW = (timezone.localdate() + timedelta(days=1)).isoformat()


def browser(role: str, **bounds) -> Client:
    """Somebody with a default role, in a browser."""
    ensure_roles()
    user = make_user()
    Grant.objects.create(user=user, role=Role.objects.get(code=role), **bounds)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def found() -> BuildRequest:
    """A request near a terminal of the bureau."""
    terminal("T1", lon=HERE[0], lat=HERE[1])
    return request(sector())


def test_an_engineer_mounts_a_terminal_by_its_button_and_both_pages_show_it():
    engineer = browser("device-engineer")
    terminal("T1")
    carrier("P1")

    form = engineer.get("/sensing/terminals/T1/do/mount/")
    done = engineer.post(
        "/sensing/terminals/T1/do/mount/",
        {"carrier": "P1", "power_ports": "2", "network_ports": "1", "from_on": "2026-01-05"},
    )

    assert 'name="carrier"' in form.text
    assert done.status_code == 302
    assert "载体P1" in engineer.get("/sensing/terminals/T1/").text
    page = engineer.get("/sensing/carriers/P1/").text
    assert "终端T1" in page
    assert "2026-01-05" in page


def test_a_full_carrier_is_told_on_the_form():
    terminal("T1")
    carrier("P1", slots=0)

    answer = browser("device-engineer").post(
        "/sensing/terminals/T1/do/mount/",
        {"carrier": "P1", "power_ports": "1", "network_ports": "1", "from_on": "2026-01-05"},
    )

    assert answer.status_code == 422
    assert "P1" in answer.text
    assert Terminal.objects.get().carrier is None


def test_a_carrier_cannot_shrink_below_what_hangs_on_it():
    pole = carrier("P1", slots=2)
    mount_terminal(terminal("T1"), pole, by=ENGINEER)

    answer = browser("device-engineer").post("/sensing/carriers/P1/edit/", {"slots": "0"})

    assert answer.status_code == 422
    pole.refresh_from_db()
    assert pole.slots == 2


def test_the_page_of_a_carrier_counts_what_its_reader_may_not_see():
    pole = carrier("P1")
    mount_terminal(terminal("SECRET-7", grade=4), pole, by=ENGINEER)

    page = browser("reader").get("/sensing/carriers/P1/", HTTP_ACCEPT_LANGUAGE="en").text

    assert "SECRET-7" not in page
    assert "1 terminal hangs here that you may not see" in page


@pytest.mark.parametrize("role", ["reader", "unit-handler", "sensing-reviewer"])
def test_only_engineers_mount(role):
    terminal("T1")
    carrier("P1")

    answer = browser(role).post("/sensing/terminals/T1/do/mount/", {"carrier": "P1"})

    assert answer.status_code == 403


def test_the_map_tells_free_carriers_from_full_ones():
    carrier("FREE", lon=HERE[0], lat=HERE[1])
    carrier("FULL", lon=HERE[0], lat=HERE[1], slots=0)

    layer = browser("reader").get("/api/v1/map/layers/sensing.carriers/features").json()

    states = {f["properties"]["code"]: f["properties"]["state"] for f in layer["features"]}
    assert states == {"FREE": "open", "FULL": "closed"}


def test_the_buttons_of_a_terminal_follow_its_state():
    engineer = browser("device-engineer")
    shown = {}
    for state in Terminal.State:
        device = terminal(state.value, state=state)
        page = engineer.get(f"/sensing/terminals/{device.code}/").text
        acts = ("build", "commission", "suspend", "resume")
        shown[state.value] = {act for act in acts if f"/do/{act}/" in page}

    assert shown == {
        "planned": {"build"},
        "built": {"commission"},
        "in-service": {"suspend"},
        "suspended": {"resume"},
        "retired": set(),
    }


def test_an_engineer_asks_and_the_page_shows_what_is_there(found):
    air = sector("second")
    limit(air, 0)

    answer = browser("device-engineer").post(
        "/sensing/requests/-/new/",
        {
            "organisation": "asker",
            "sector": "second",
            "kind": "sensor",
            "place": "99",
            "lon": str(HERE[0]),
            "lat": str(HERE[1]),
            "number": "1",
            "purpose": "噪声",
        },
        follow=True,
    )

    assert "终端T1" in answer.text
    assert answer.context["row"].over_limit in answer.text
    assert answer.context["row"].over_limit


def test_a_request_without_candidates_says_so():
    wanted = request(sector())

    page = browser("reader").get(f"/sensing/requests/{wanted.code}/", HTTP_ACCEPT_LANGUAGE="en")

    assert "it may be built" in page.text


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("sensing-reviewer", {"approve", "refuse"}),
        ("device-engineer", {"withdraw"}),
        ("reader", set()),
    ],
)
def test_everybody_sees_the_buttons_of_their_role(found, role, shown):
    page = browser(role).get(f"/sensing/requests/{found.code}/").text

    assert {
        act for act in ("approve", "refuse", "withdraw", "plan") if f"do/{act}/" in page
    } == shown


def test_a_reviewer_approves_with_a_reason_and_an_engineer_registers(found):
    reviewer, engineer = browser("sensing-reviewer"), browser("device-engineer")
    address = f"/sensing/requests/{found.code}/"

    bare = reviewer.post(f"{address}do/approve/", {"reason": ""})
    reviewer.post(f"{address}do/approve/", {"reason": "高度不同"})
    engineer.post(f"{address}do/plan/", {"code": "P1", "name": "一号"})

    assert bare.status_code == 422
    assert Terminal.objects.get(code="P1").state == "planned"
    assert "P1" in engineer.get(address).text


@pytest.mark.parametrize("act", ["approve", "refuse"])
def test_an_engineer_decides_nothing(found, act):
    answer = browser("device-engineer").post(
        f"/sensing/requests/{found.code}/do/{act}/", {"reason": "x"}
    )

    assert answer.status_code == 403
    assert BuildRequest.objects.get().state == "submitted"


def test_a_candidate_is_asked_for_on_the_page_and_its_owner_grants(found):
    engineer = browser("device-engineer")
    owner = browser("unit-handler", organisation=organisation("bureau"))
    number = found.candidates.get().pk

    asked = engineer.post(
        f"/sensing/requests/{found.code}/reuse/{number}/", {"until_on": TOMORROW}, follow=True
    )
    reuse = ReuseRequest.objects.get()
    owner.post(f"/sensing/reuses/{reuse.code}/do/grant/", {"until_on": TOMORROW})

    reuse.refresh_from_db()
    assert asked.status_code == 200
    assert (reuse.state, reuse.until_on.isoformat()) == ("granted", TOMORROW)


def test_a_request_to_reuse_needs_a_day(found):
    number = found.candidates.get().pk

    answer = browser("device-engineer").post(
        f"/sensing/requests/{found.code}/reuse/{number}/", {"until_on": "tomorrow"}
    )

    assert answer.status_code == 422


def test_a_hidden_candidate_tells_its_name_and_no_more(found):
    asker = browser("unit-handler", organisation=organisation("asker"))

    page = asker.get(f"/sensing/requests/{found.code}/").text
    api = asker.get(f"/api/v1/sensing/requests/{found.code}/candidates").json()

    assert "终端T1" in page
    assert "/sensing/terminals/T1/" not in page
    assert [(offer["name"], offer["code"]) for offer in api] == [("终端T1", "")]


def test_a_candidate_above_the_readers_grade_is_not_told():
    terminal("T1", lon=HERE[0], lat=HERE[1], grade=4)
    wanted = request(sector())

    api = browser("device-engineer").get(f"/api/v1/sensing/requests/{wanted.code}/candidates")

    assert api.json() == []


def test_a_program_asks_for_a_candidate(found):
    address = f"/api/v1/sensing/requests/{found.code}/candidates"
    number = found.candidates.get().pk
    ask = {"data": {"until_on": TOMORROW}, "content_type": "application/json"}

    refused = browser("reader").post(f"{address}/{number}/reuse", **ask)
    asked = browser("device-engineer").post(f"{address}/{number}/reuse", **ask)

    assert (refused.status_code, asked.status_code) == (403, 201)
    assert asked.json()["state"] == "requested"


def test_a_program_moves_a_terminal_through_its_life():
    terminal("T1", state="planned")
    api = browser("api")

    built = api.post(
        "/api/v1/sensing/terminals/T1/build",
        {"built_on": "2026-02-01"},
        content_type="application/json",
    )
    wrong = api.post("/api/v1/sensing/terminals/T1/suspend", content_type="application/json")

    assert (built.json()["state"], built.json()["built_on"]) == ("built", "2026-02-01")
    assert wrong.status_code == 409


def test_the_job_ends_what_is_over(found):
    engineer = browser("device-engineer")
    engineer.post(
        f"/sensing/requests/{found.code}/reuse/{found.candidates.get().pk}/",
        {"until_on": TOMORROW},
    )
    ReuseRequest.objects.update(until_on=timezone.localdate() - timedelta(days=1))

    assert end_reuse(lambda done, total: None) == {"ended": 1}


@pytest.mark.parametrize("rows", ["sectors", "limits", "coding"])
def test_the_rules_are_the_data_officers(rows):
    address = f"/sensing/{rows}/-/new/"

    assert browser("data-officer").get(address).status_code == 200
    assert browser("device-engineer").get(address).status_code == 403
