"""How reliable terminals have been, and who may know."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chengshu.core.access.defaults import ensure_roles
from chengshu.core.access.models import Grant, Role
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.health.rates import rates
from chengshu.hub.sensing.models import HealthPeriod, Terminal, TerminalState
from chengshu.kit.errors import Invalid
from tests.core.access.factories import make_user

from .factories import organisation, place, stream, terminal
from .storing import store

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def past(of: Terminal, *periods: tuple[str, int, int | None]) -> None:
    """Periods as (health, from hour, until hour); troubles as the follower would note them."""
    trouble = None
    for health, since, until in periods:
        is_well = health in ("online", "late")
        trouble = trouble if trouble is not None or is_well else since
        HealthPeriod.objects.create(
            terminal=of,
            health=health,
            since=START + since * HOUR,
            until=None if until is None else START + until * HOUR,
            trouble_since=None if trouble is None else START + trouble * HOUR,
        )
        trouble = None if is_well else trouble
    TerminalState.objects.create(terminal=of, health=health, since=START + since * HOUR)


def day(by: str = "maker"):
    return rates(Terminal.objects.all(), by, START, START + DAY)


def test_shares_of_time_in_which_terminals_spoke_and_were_sound(lake: Lake):
    past(terminal(maker="m"), ("online", 0, 12), ("frozen", 12, 18), ("silent", 18, None))

    (found,) = day()

    assert (found.online_share, found.sound_share) == (0.75, 0.5)
    assert found.in_trouble == 1


def test_time_before_a_terminal_was_heard_does_not_count(lake: Lake):
    past(terminal(), ("online", 12, None))

    (found,) = day()

    assert found.online_share == 1.0


def test_a_repair_lasts_from_the_first_trouble_until_well_again(lake: Lake):
    past(terminal("A"), ("online", 0, 2), ("frozen", 2, 5), ("silent", 5, 8), ("online", 8, None))
    past(terminal("B"), ("online", 0, 2), ("silent", 2, 4), ("online", 4, None))

    (found,) = day()

    assert (found.repairs, found.repair_seconds) == (2, 4 * 3600)


def test_what_arrived_is_a_share_of_what_the_intervals_promise(lake: Lake):
    """24 hourly values are promised by each; more from one makes up for no other."""
    one, other = terminal("A"), terminal("B")
    past(one, ("online", 0, None))
    past(other, ("online", 0, None))
    store(lake, *((stream(one), START + n * HOUR, 1.0) for n in range(12)))
    store(lake, *((stream(other), START + n * HOUR / 2, 1.0) for n in range(48)))

    (found,) = day()

    assert (found.received, found.promised, found.arrival_share) == (36, 48, 0.75)


def test_rates_by_maker_put_the_least_sound_first(lake: Lake):
    past(terminal("A", maker="good"), ("online", 0, None))
    past(terminal("B", maker="poor"), ("silent", 0, None))

    assert [row.key for row in day()] == ["poor", "good"]


def test_rates_by_place_are_of_the_places_below_the_smallest_common_one(lake: Lake):
    city = place("99")
    east, west = place("9901", city), place("9902", city)
    for code, at in (("A", east), ("B", west), ("C", place("990101", east))):
        past(terminal(code, place=at), ("online", 0, None))

    found = {row.key: row.terminals for row in day("place")}

    assert found == {"9901": 2, "9902": 1}


def test_terminals_out_of_service_have_no_rates(lake: Lake):
    past(terminal(state="suspended"), ("online", 0, None))

    assert day() == []


@pytest.mark.parametrize(
    ("by", "length"), [("colour", DAY), ("maker", timedelta(0)), ("maker", 93 * DAY)]
)
def test_another_group_or_an_impossible_period_is_refused(by: str, length: timedelta, db: None):
    with pytest.raises(Invalid):
        rates(Terminal.objects.all(), by, START, START + length)


def browser(role: str, **bounds: object) -> Client:
    """Somebody with a default role."""
    ensure_roles()
    user = make_user()
    Grant.objects.create(user=user, role=Role.objects.get(code=role), **bounds)
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, **query: str) -> list[dict[str, object]]:
    period = {"start": START.isoformat(), "until": (START + DAY).isoformat()}
    answer = client.get("/api/v1/sensing/health/rates", {"by": "owner", **period, **query})
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content)


def test_a_program_reads_the_rates_of_the_terminals_it_may_see(lake: Lake):
    mine, theirs = organisation("mine"), organisation("theirs")
    past(terminal("A", owner=mine), ("online", 0, None))
    past(terminal("B", owner=theirs), ("online", 0, None))

    found = asked(browser("device-engineer", organisation=mine))

    assert [(row["key"], row["terminals"]) for row in found] == [("mine", 1)]


def test_a_program_narrows_rates_by_place_kind_and_maker(lake: Lake):
    past(terminal("A", maker="m"), ("online", 0, None))
    past(terminal("B", maker="n"), ("online", 0, None))

    engineer = browser("device-engineer")

    assert [row["terminals"] for row in asked(engineer, place="99", kind="sensor")] == [2]
    assert [row["terminals"] for row in asked(engineer, maker="m")] == [1]


def test_rates_of_a_place_that_is_not_there_are_refused(lake: Lake):
    answer = browser("device-engineer").get(
        "/api/v1/sensing/health/rates", {"by": "owner", "place": "nowhere"}
    )

    assert answer.status_code == 422
    assert "nowhere" in answer.text


@pytest.mark.parametrize("address", ["/sensing/health/", "/api/v1/sensing/health/rates?by=kind"])
def test_who_may_not_see_terminals_sees_no_health(address: str, db: None):
    client = Client()
    client.force_login(make_user())

    assert client.get(address).status_code == 403


def test_the_board_names_the_worst_and_leads_to_them(lake: Lake):
    past(terminal("A"), ("online", 0, None))
    past(terminal("B", maker="砚山测控"), ("silent", 0, None))

    page = browser("device-engineer").get("/sensing/health/").text

    assert "/sensing/terminals/B/" in page
    assert "/sensing/terminals/A/" not in page
    assert "砚山测控" in page


def test_the_board_is_narrowed_to_one_health(lake: Lake):
    past(terminal("A"), ("frozen", 0, None))
    past(terminal("B"), ("silent", 0, None))

    page = browser("device-engineer").get("/sensing/health/", {"health": "frozen"}).text

    assert "/sensing/terminals/A/" in page
    assert "/sensing/terminals/B/" not in page


def test_an_empty_board_says_so(lake: Lake):
    page = browser("device-engineer").get("/sensing/health/")

    assert page.status_code == 200
    assert 'class="state"' in page.text


def test_the_page_of_a_terminal_shows_how_it_has_been(lake: Lake):
    past(terminal("A"), ("online", 0, 2), ("frozen", 2, 5), ("online", 5, None))

    page = browser("device-engineer").get("/sensing/terminals/A/").text

    assert 'class="ribbon"' in page
    assert page.count('data-value="frozen"') == 1
