from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengshu.core.records import keyset
from chengshu.core.records.keyset import WrongCursor
from chengshu.kit.errors import CityError

from .factories import make_lamp
from .streetlights.models import Lamp

ORDERS = [("watts", "pk"), ("-watts", "-pk"), ("watts", "-pk"), ("-watts", "code")]
pytestmark = pytest.mark.django_db


def codes_forward(order, size):
    found, cursor = [], ""
    while True:
        page = keyset.page(Lamp.objects.all(), order, cursor, size)
        found += [lamp.code for lamp in page.rows]
        if not page.after:
            return found, page
        cursor = page.after


def codes_backward(order, size, last):
    found, page = [[lamp.code for lamp in last.rows]], last
    while page.before:
        page = keyset.page(Lamp.objects.all(), order, page.before, size)
        found.insert(0, [lamp.code for lamp in page.rows])
    return [code for codes in found for code in codes]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    watts=st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=9),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 4),
)
def test_pages_forward_and_backward_are_the_whole_list_in_order(city, watts, order, size):
    Lamp.objects.all().delete()
    for number, value in enumerate(watts):
        city.lamp(f"P{number}", watts=value)
    whole = list(Lamp.objects.order_by(*order).values_list("code", flat=True))

    forward, last = codes_forward(order, size)
    backward = codes_backward(order, size, last)

    assert forward == whole
    assert backward == whole


def test_times_and_links_can_be_sorted_by(city):
    for number in range(5):
        city.lamp(f"T{number}", lit_at=datetime(2026, 1, 5 - number, tzinfo=UTC))

    by_time, _last = codes_forward(("lit_at", "pk"), 2)
    by_place, _last = codes_forward(("place__code", "pk"), 2)

    assert by_time == ["T4", "T3", "T2", "T1", "T0"]
    assert sorted(by_place) == sorted(by_time)


@pytest.mark.parametrize("cursor", ["x", "W10", "!!!!", "WyJhIl0", "WyJhIix7fSwxXQ", "bnVsbA", "é"])
def test_made_up_cursor_is_refused(city, cursor):
    city.lamp("L1")

    with pytest.raises(WrongCursor) as refusal:
        keyset.page(Lamp.objects.all(), ("watts", "pk"), cursor, 2)

    assert isinstance(refusal.value, CityError)
    assert refusal.value.code == "wrong-cursor"


def counted(size=2):
    rows = Lamp.objects.all()
    return keyset.count(rows, keyset.page(rows, ("code",), "", size))


def test_count_of_a_single_page_needs_no_query(city, django_assert_num_queries):
    city.lamp("L1")
    page = keyset.page(Lamp.objects.all(), ("code",), "", 2)

    with django_assert_num_queries(0):
        found = keyset.count(Lamp.objects.all(), page)

    assert (found.number, found.is_exact) == (1, True)


def test_count_is_exact_below_the_limit_and_expected_above(city, monkeypatch):
    monkeypatch.setattr(keyset, "EXACT_UP_TO", 3)
    for _ in range(3):
        make_lamp(place=city.street)

    exact = counted()
    make_lamp(place=city.street)
    expected = counted()

    assert (exact.number, exact.is_exact) == (3, True)
    assert expected.number >= 3
    assert not expected.is_exact


def test_count_that_would_cost_too_much_is_an_estimate(city, monkeypatch):
    monkeypatch.setattr(keyset, "DEAREST_COUNT", 0.0)
    for _ in range(3):
        make_lamp(place=city.street)

    assert not counted().is_exact
