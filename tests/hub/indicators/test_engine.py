from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.core.lake.connection import Lake
from chengshu.hub.indicators.indicator import Indicator, indicators
from chengshu.hub.indicators.models import IndicatorValue
from chengshu.hub.sensing import follow
from tests.hub.sensing.factories import place, stream, terminal
from tests.hub.sensing.storing import store

HOUR = datetime(2026, 1, 1, 8, tzinfo=UTC)


def doubled(inputs: pl.DataFrame) -> pl.DataFrame:
    return inputs.select(
        "subject", "at", value=2 * pl.col("temperature"), detail=pl.lit('{"is": "doubled"}')
    )


@pytest.fixture(autouse=True)
def _twice():
    twice = Indicator("test.twice", "两倍", "Cel", ("temperature",), doubled)
    with indicators.temporarily("test.twice", twice):
        yield


def values() -> dict[tuple[str, str], float | None]:
    rows = IndicatorValue.objects.filter(indicator="test.twice").select_related("terminal", "place")
    return {(row.place.code, row.terminal.code if row.terminal else ""): row.value for row in rows}


def test_a_value_follows_for_the_terminal_and_for_every_place_above_it(lake: Lake):
    district = place("9901", place("99"))
    store(lake, (stream(terminal("A", place=district)), HOUR, 10.0))

    follow.follow_once()

    assert values() == {("9901", "A"): 20.0, ("9901", ""): 20.0, ("99", ""): 20.0}


def test_a_place_has_the_value_of_the_mean_of_its_terminals(lake: Lake):
    a, b = terminal("A"), terminal("B")
    store(lake, (stream(a), HOUR, 10.0), (stream(b), HOUR, 20.0))

    follow.follow_once()

    assert values()["99", ""] == 30.0


def test_an_observation_that_comes_later_in_the_hour_corrects_the_value(lake: Lake):
    number = stream(terminal("A"))
    store(lake, (number, HOUR, 10.0))
    follow.follow_once()
    store(lake, (number, HOUR + timedelta(minutes=30), 20.0))

    follow.follow_once()

    assert values()["99", "A"] == 30.0
    assert IndicatorValue.objects.filter(indicator="test.twice", terminal__code="A").count() == 1


def test_a_batch_without_its_inputs_leaves_an_indicator_alone(lake: Lake):
    other = terminal("A", properties=("humidity",))
    store(lake, (stream(other, "humidity"), HOUR, 10.0))

    follow.follow_once()

    assert values() == {}
