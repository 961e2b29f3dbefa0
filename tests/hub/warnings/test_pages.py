"""Warnings on pages, on the map, on the cockpit and by the API, each behind the row filter."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.actor import Person
from chengshu.core.access.models import User
from chengshu.hub.onemap.layer import Box, View, layers
from chengshu.hub.screens.panel import Question, panels, timelines
from chengshu.hub.warnings.actions import clear_warning, raise_warning
from chengshu.hub.warnings.models import CityWarning, RuleSetting
from tests.core.access.factories import make_grant, make_user
from tests.hub.sensing.factories import place, terminal

from .factories import DESK, HOUR, START, cause, heat, in_force

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def user_of(code: str, *permissions: str) -> User:
    user = make_user()
    make_grant(user, "warnings.view_*", *permissions, place=place(code))
    return user


@pytest.fixture
def here():
    return raise_warning(cause(lon=113.0, lat=34.0, value=7.0, unit="ug/m3"), by=DESK)


@pytest.fixture
def elsewhere():
    return raise_warning(cause(subject_code="98", place=place("98"), lon=114.0, lat=34.0), by=DESK)


def test_the_ledger_lists_what_the_reader_may_see(here, elsewhere):
    page = signed_in(user_of("99")).get("/warnings/warnings/").content.decode()

    assert here.code in page
    assert elsewhere.code not in page


def test_the_api_lists_what_the_reader_may_see(here, elsewhere):
    answer = signed_in(user_of("99")).get("/api/v1/warnings/warnings?state=active").json()

    assert [item["code"] for item in answer["items"]] == [here.code]


def test_a_warning_is_dismissed_on_its_page(here):
    client = signed_in(user_of("99", "warnings.dismiss_warning"))

    answer = client.post(f"/warnings/{here.code}/dismiss/", {"reason": "仪器校准"})

    assert answer.status_code == 302
    assert CityWarning.objects.get().closing_reason == "仪器校准"


@pytest.mark.parametrize(
    ("address", "given", "status"),
    [
        ("dismiss", {"reason": ""}, 422),
        ("escalate", {"severity": "pink"}, 422),
        ("escalate", {"severity": "blue"}, 409),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(here, address, given, status):
    client = signed_in(user_of("99", "warnings.*"))

    answer = client.post(f"/warnings/{here.code}/{address}/", given)

    assert answer.status_code == status
    assert (CityWarning.objects.get().state, CityWarning.objects.get().severity) == (
        "active",
        "blue",
    )


def test_a_warning_of_another_place_cannot_be_dismissed(elsewhere):
    client = signed_in(user_of("99", "warnings.*"))

    answer = client.post(f"/warnings/{elsewhere.code}/dismiss/", {"reason": "x"})

    assert answer.status_code == 404


def test_a_reader_is_offered_nothing_to_do(here):
    page = signed_in(user_of("99")).get(f"/warnings/warnings/{here.code}/").content.decode()

    assert "/dismiss/" not in page
    assert "/escalate/" not in page


def test_the_rules_in_force_show_the_citys_numbers_and_their_basis():
    RuleSetting.objects.create(
        rule="test.heat",
        parameters={"steps": [[31, "orange"]], "clear_at": 30},
        valid_from="2026-01-01",
        source="高温预案第三条",
    )
    with in_force(heat()):
        page = signed_in(user_of("99")).get("/warnings/in-force/").content.decode()

    assert "&gt; 31 °C" in page
    assert "高温预案第三条" in page


def test_the_rules_in_force_are_closed_to_strangers():
    assert signed_in(make_user()).get("/warnings/in-force/").status_code == 403


def test_a_city_officer_changes_a_rule_through_its_ledger():
    officer = make_user()
    make_grant(officer, "warnings.*")
    given = {
        "rule": "sensing.terminal-silent",
        "parameters": '{"severity": "red"}',
        "valid_from": "2026-01-01",
        "source": "通知",
    }

    kept = signed_in(officer).post("/warnings/settings/-/new/", given)
    wrong = signed_in(officer).post("/warnings/settings/-/new/", given | {"parameters": "[1]"})

    assert (kept.status_code, RuleSetting.objects.count()) == (302, 1)
    assert wrong.status_code == 422


def test_the_map_shows_active_warnings_in_its_box(here, elsewhere):
    everyone = Person(user_of("99"))
    layer = layers["warnings.active"]

    inside = list(layer.spots(View(everyone, box=Box(112, 33, 113.5, 35))))
    outside = list(layer.spots(View(everyone, box=Box(100, 30, 101, 31))))

    assert [(spot.code, spot.unit) for spot in inside] == [(here.code, "µg/m³")]
    assert outside == []


def test_the_map_of_a_past_moment_shows_what_stood_then(here):
    clear_warning(here, at=START + HOUR, by=DESK)
    reader, spots = Person(user_of("99")), layers["warnings.active"].spots

    shown = [list(spots(View(reader, at=at))) for at in (None, START, START + 2 * HOUR)]

    assert [len(found) for found in shown] == [0, 1, 0]


def question(**changes) -> Question:
    given = {"actor": Person(user_of("99")), "place": None, "at": timezone.now()}
    return Question(**given | changes)


def test_the_cockpit_counts_active_warnings_by_colour(here, elsewhere):
    filled = panels["warnings.counts"].fill(question())

    assert {item["key"]: item["value"] for item in filled.body["items"]} == {
        "red": 0,
        "orange": 0,
        "yellow": 0,
        "blue": 1,
    }


def test_the_cockpit_lists_the_latest_with_place_and_reading(here, elsewhere):
    items = panels["warnings.latest"].fill(question()).body["items"]

    assert [(item["id"], item["detail"]) for item in items] == [(here.code, "地方99 · 7 µg/m³")]


def test_the_timeline_knows_when_warnings_began(here, elsewhere):
    moments = timelines["warnings"].moments(question(), START - HOUR, START + timedelta(hours=1))

    assert moments == [(START, "blue")]


def test_a_terminals_page_shows_its_warnings():
    broken = terminal()
    warning = raise_warning(cause(subject_type="terminal", subject_code=broken.code), by=DESK)

    page = signed_in(user_of("99", "sensing.view_*")).get(f"/sensing/terminals/{broken.code}/")

    assert warning.code in page.content.decode()
