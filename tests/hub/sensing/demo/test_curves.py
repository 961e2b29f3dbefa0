import numpy as np
import pytest

from chengshu.hub.sensing.demo.curves import (
    DAY,
    HOUR,
    Curve,
    after_dark,
    curves,
    warm_afternoon,
)

CHINA = 8 * HOUR
MIDNIGHT = 1_763_654_400
WEEK = np.arange(MIDNIGHT, MIDNIGHT + 7 * DAY, 300, dtype=np.int64)


def test_a_device_says_the_same_however_the_time_is_cut() -> None:
    curve = curves["pm2.5"]

    whole = curve.at(WEEK, "station-1", 5, CHINA)
    parts = [curve.at(part, "station-1", 5, CHINA) for part in np.array_split(WEEK, 9)]

    assert np.array_equal(whole, np.concatenate(parts))


def test_devices_differ_and_so_do_cities() -> None:
    curve = curves["noise"]

    one = curve.at(WEEK, "noise-1", 5, CHINA)

    assert not np.array_equal(one, curve.at(WEEK, "noise-2", 5, CHINA))
    assert not np.array_equal(one, curve.at(WEEK, "noise-1", 6, CHINA))


@pytest.mark.parametrize("name", [name for name, _curve in curves.items()])
def test_values_stay_within_the_bounds_of_the_curve(name: str) -> None:
    curve = curves[name]

    values = curve.at(WEEK, "device", 5, CHINA)

    assert np.isfinite(values).all()
    assert values.min() >= curve.lowest
    assert values.max() <= curve.highest


def test_lamps_draw_power_by_night_only() -> None:
    curve = Curve(base=100, shape=after_dark, day=1)
    hours = MIDNIGHT + np.array([2, 12, 22]) * HOUR

    assert curve.at(hours, "lamp", 5, CHINA).tolist() == [100, 0, 100]


def test_the_hours_of_a_day_are_local() -> None:
    curve = Curve(base=20, shape=warm_afternoon, day=0.3)
    day = MIDNIGHT + np.arange(24) * HOUR

    warmest = int(curve.at(day, "mast", 5, CHINA).argmax())

    assert warmest == 15


def test_an_episode_comes_about_as_often_as_its_chance_says() -> None:
    curve = Curve(base=0, episodes=0.1, height=50, episode_hours=1)
    year = np.arange(MIDNIGHT, MIDNIGHT + 1000 * DAY, HOUR, dtype=np.int64)

    highest = curve.at(year, "gauge", 5, CHINA).reshape(1000, 24).max(axis=1)

    assert 60 < (highest > 20).sum() < 140
