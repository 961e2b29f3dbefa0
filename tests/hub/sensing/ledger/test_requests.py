import threading

import pytest
from django.db import connection

from chengshu.core.access.policy import may, visible_to
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.actions.registration import retire_terminal
from chengshu.hub.sensing.actions.requests import (
    OverLimit,
    amend_build,
    approve_build,
    plan_terminal,
    refuse_build,
    withdraw_build,
)
from chengshu.hub.sensing.models import BuildRequest, Terminal
from chengshu.hub.sensing.search import nearby
from chengshu.kit.errors import Conflict, NotAllowed
from chengshu.kit.geodesy.distances import geodesic
from tests.hub.sensing.factories import observed_property, organisation, place, terminal

from .factories import (
    ENGINEER,
    HERE,
    coding_rule,
    limit,
    member,
    request,
    reviewer,
    sector,
)

pytestmark = pytest.mark.django_db
METRE = 1 / 111_000
State = BuildRequest.State


def there(code: str, north_metres: float, **facts) -> Terminal:
    return terminal(code, lon=HERE[0], lat=HERE[1] + north_metres * METRE, **facts)


def found(of: BuildRequest) -> list[str]:
    return list(of.candidates.values_list("terminal__code", flat=True))


def test_a_request_finds_what_is_near_enough_the_nearest_first():
    there("far", 205)
    there("near", 150)
    there("next", 20)

    wanted = request(sector())

    assert wanted.radius_metres == 200
    assert found(wanted) == ["next", "near"]


def test_the_radius_is_the_sectors_unless_the_request_names_one():
    there("A", 150)

    assert found(request(sector("a", search_metres=100))) == []
    assert found(request(sector("b", search_metres=100), radius_metres=160)) == ["A"]


def test_distances_are_those_on_the_ellipsoid():
    device = there("A", 150)

    [candidate] = request(sector()).candidates.all()

    exact = geodesic(*HERE, device.lon, device.lat).metres
    assert candidate.metres == pytest.approx(exact, abs=0.1)


@pytest.mark.parametrize("facts", [{"kind": "video"}, {"state": Terminal.State.RETIRED}])
def test_another_kind_and_what_is_retired_do_not_count(facts):
    there("A", 10, **facts)

    assert found(request(sector())) == []


def test_properties_narrow_the_search_to_what_is_observed():
    there("air", 10, properties=("pm10", "co"))
    there("rain", 20, properties=("rainfall",))

    assert found(request(sector(), properties=["co", "pm10"])) == ["air"]


@pytest.mark.parametrize("lon", [179.9999, -179.9999])
def test_the_search_crosses_the_180th_meridian(lon):
    terminal("A", lon=180.0, lat=30.0)

    assert [f.terminal.code for f in nearby("sensor", [], lon, 30.0, 100)] == ["A"]


def test_the_search_works_at_the_pole():
    terminal("A", lon=0.0, lat=89.9999)

    assert len(nearby("sensor", [], 180.0, 89.9999, 100)) == 1


def test_unknown_properties_are_refused_by_name():
    observed_property("co")

    with pytest.raises(WrongValues) as refusal:
        request(sector(), properties=["co", "joy"])

    assert "joy" in refusal.value.problems["properties"]


def test_a_terminal_without_position_is_no_candidate():
    terminal("A")

    assert found(request(sector())) == []


def test_a_request_over_the_limit_says_so_and_cannot_be_approved():
    air = sector()
    terminal("A", sector=air)
    limit(air, 2)

    wanted = request(air, number=2)

    assert "2" in wanted.over_limit
    with pytest.raises(OverLimit) as refusal:
        approve_build(wanted, by=reviewer())
    assert refusal.value.where == {"limits": [{"place": "99", "most": 2}]}


def test_what_was_approved_and_not_yet_built_counts_against_the_limit():
    air = sector()
    limit(air, 2)
    approve_build(request(air, number=2), by=reviewer())

    assert request(air).over_limit


def test_registering_what_was_promised_counts_once():
    air = sector()
    limit(air, 2)
    wanted = approve_build(request(air), by=reviewer())
    plan_terminal(wanted, by=ENGINEER, code="P1", name="p")

    assert not request(air).over_limit
    assert request(air, number=2).over_limit


def test_a_limit_of_another_place_kind_or_sector_does_not_bind():
    air, other = sector("air"), sector("water")
    limit(air, 0, at=place("88"))
    limit(air, 0, kind="video")
    limit(other, 0)

    assert not request(air).over_limit


def test_a_limit_of_the_city_binds_in_its_districts():
    air = sector()
    limit(air, 0, at=place("99"))

    assert request(air, place=place("9901", parent=place("99"))).over_limit


def test_with_candidates_approval_needs_a_reason():
    there("A", 10)
    wanted = request(sector())

    with pytest.raises(WrongValues) as refusal:
        approve_build(wanted, by=reviewer())
    approved = approve_build(wanted, by=reviewer(), reason="高度不同")

    assert set(refusal.value.problems) == {"reason"}
    assert (approved.state, approved.reason) == (State.APPROVED, "高度不同")
    assert approved.decided_at


def test_refusal_needs_a_reason():
    with pytest.raises(WrongValues):
        refuse_build(request(sector()), by=reviewer(), reason=" ")


def test_only_the_authority_of_the_sector_decides():
    air = sector(authority=organisation("authority"))
    wanted = request(air)
    decide = ("sensing.approve_build", "sensing.refuse_build")

    with pytest.raises(NotAllowed):
        approve_build(wanted, by=member(organisation("asker"), *decide))
    with pytest.raises(NotAllowed):
        refuse_build(wanted, by=member(organisation("stranger"), *decide), reason="x")
    assert approve_build(wanted, by=member(organisation("authority"), *decide)).state == "approved"


def test_nobody_decides_on_their_own_request():
    everything = reviewer("sensing.request_build")
    wanted = request(sector(), by=everything)

    with pytest.raises(NotAllowed, match="own request"):
        approve_build(wanted, by=everything)


@pytest.mark.parametrize("end", [State.APPROVED, State.REFUSED, State.WITHDRAWN])
def test_a_decided_request_stays_decided(end):
    wanted = request(sector())
    BuildRequest.objects.update(state=end)

    with pytest.raises(Conflict):
        approve_build(wanted, by=reviewer(), reason="x")
    with pytest.raises(Conflict):
        refuse_build(wanted, by=reviewer(), reason="x")
    with pytest.raises(Conflict):
        withdraw_build(wanted, by=ENGINEER)
    with pytest.raises(Conflict):
        amend_build(wanted, by=ENGINEER, number=3)


def test_nobody_asks_amends_or_withdraws_in_the_name_of_another_organisation():
    air = sector(authority=organisation("authority"))
    acts = ("sensing.request_build", "sensing.amend_build", "sensing.withdraw_build")
    authority = member(organisation("authority"), *acts)
    wanted = request(air)

    with pytest.raises(NotAllowed):
        request(air, by=authority)
    with pytest.raises(NotAllowed):
        amend_build(wanted, by=authority, number=9)
    with pytest.raises(NotAllowed):
        withdraw_build(wanted, by=authority)
    assert request(air, by=member(organisation("asker"), *acts)).pk


def test_an_amended_request_is_checked_anew():
    there("A", 150)
    wanted = request(sector())

    amend_build(wanted, by=ENGINEER, radius_metres=100)

    assert found(wanted) == []


def test_the_authority_and_the_asker_see_a_request_and_strangers_do_not():
    wanted = request(sector(authority=organisation("authority")))
    view = "sensing.view_buildrequest"

    seen = {
        code: visible_to(BuildRequest.objects.all(), member(organisation(code), view), view).count()
        for code in ("asker", "authority", "stranger")
    }

    assert seen == {"asker": 1, "authority": 1, "stranger": 0}
    assert may(member(organisation("authority"), view), view, wanted)
    assert not may(member(organisation("stranger"), view), view, wanted)


def test_an_approved_request_lets_as_many_terminals_be_planned_as_it_was_for():
    observed_property("co")
    air = sector()
    wanted = approve_build(request(air, number=1, properties=["co"]), by=reviewer())

    planned = plan_terminal(wanted, by=ENGINEER, code="P1", name="一号")

    assert (planned.state, planned.owner.code, planned.sector) == ("planned", "asker", air)
    assert (planned.lon, planned.lat) == HERE
    assert planned.datastreams.get().code == "co"
    with pytest.raises(Conflict, match="registered"):
        plan_terminal(wanted, by=ENGINEER, code="P2", name="二号")


def test_nothing_is_planned_before_approval():
    with pytest.raises(Conflict):
        plan_terminal(request(sector()), by=ENGINEER, code="P1", name="x")


def test_a_planned_terminal_obeys_the_coding_rule_and_is_new():
    coding_rule()
    terminal("990100-air-001")
    wanted = approve_build(request(sector()), by=reviewer())

    with pytest.raises(Exception, match="coding rule"):
        plan_terminal(wanted, by=ENGINEER, code="P1", name="x")
    with pytest.raises(WrongValues):
        plan_terminal(wanted, by=ENGINEER, code="990100-air-001", name="x")


def test_a_retired_terminal_makes_room_under_the_limit():
    air = sector()
    limit(air, 1)
    device = terminal("A", sector=air)
    wanted = request(air)
    retire_terminal(device, by=ENGINEER)

    assert approve_build(wanted, by=reviewer()).state == State.APPROVED


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_do_not_pass_the_limit_together():
    air = sector()
    limit(air, 1)
    wanted = [request(air), request(air)]
    passed: list[str] = []

    def approve(one: BuildRequest) -> None:
        try:
            passed.append(approve_build(one, by=reviewer()).code)
        except OverLimit:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(one,)) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 1
