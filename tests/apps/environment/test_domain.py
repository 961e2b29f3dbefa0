import json
from datetime import UTC, datetime

import polars as pl
import pytest
from django.utils import translation

from chengshu.analytics import air
from chengshu.apps.environment.domain import BY_CODE, POLLUTANTS, hourly_aqi
from chengshu.apps.environment.queries import LEVEL_TITLES
from chengshu.kit.units import unit

from .factories import FULL


def report(at: datetime, **values: float | None) -> dict:
    row = dict.fromkeys(BY_CODE) | FULL | values
    frame = pl.DataFrame(
        {"subject": [1], "at": pl.Series([at]).cast(pl.Datetime("us", "UTC"))}
        | {name: pl.Series([value], dtype=pl.Float64) for name, value in row.items()}
    )
    answer = hourly_aqi(frame, "Asia/Shanghai").row(0, named=True)
    return {"value": answer["value"], **json.loads(answer["detail"])}


@pytest.mark.parametrize(
    ("at", "edition", "aqi"),
    [
        (datetime(2026, 2, 28, 15, tzinfo=UTC), "HJ 633-2012", 84),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), "HJ 633-2026", 102),
    ],
)
def test_the_edition_follows_from_the_local_date(at: datetime, edition: str, aqi: int) -> None:
    found = report(at)

    assert (found["edition"], found["value"], found["primary"]) == (edition, aqi, ["pm2.5"])


def test_an_incomplete_hour_below_the_limit_says_why_it_has_no_index() -> None:
    found = report(datetime(2026, 5, 1, tzinfo=UTC), co=None, **{"pm2.5": 30.0})

    assert (found["value"], found["na_reason"], found["level"]) == (None, "incomplete", None)
    assert found["iaqi"]["pm2.5"] == 43


def test_the_answer_carries_what_belongs_beside_the_number() -> None:
    found = report(datetime(2026, 5, 1, tzinfo=UTC))

    assert found["concentration"] == FULL
    assert set(found["iaqi"]) == set(BY_CODE)


def test_every_pollutant_has_a_known_unit_and_a_ceiling() -> None:
    for pollutant in POLLUTANTS:
        assert unit(pollutant.unit).quantity == "mass-concentration"
        assert pollutant.highest > 0


def test_the_classes_are_called_as_in_the_standard() -> None:
    with translation.override("zh-hans"):
        titles = {number: str(title) for number, title in LEVEL_TITLES.items()}

    assert titles == {level.number: level.name for level in air.LEVELS}
