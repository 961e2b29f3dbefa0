from pathlib import Path

import numpy as np
import pytest

from chengshu.core.demo.names import Names, TooFewNames

SMALL = {"areas": {"street": {"heads": ["云"], "tails": ["渡", "里"], "endings": ["街道"]}}}


def test_names_of_a_level_are_all_different() -> None:
    names = Names.read().areas("community", 150, np.random.default_rng(1))

    assert len(set(names)) == 150


def test_more_names_than_the_syllables_make_are_refused() -> None:
    with pytest.raises(TooFewNames, match="2 names can be made, 3 are needed"):
        Names(SMALL).areas("street", 3, np.random.default_rng(1))


def test_no_city_or_district_that_can_be_drawn_is_a_real_one(shared: Path) -> None:
    table = (shared / "data" / "gb28181" / "civilCode.csv").read_text(encoding="utf-8")
    real = {word for line in table.splitlines() for word in line.split(",")}
    areas = Names.read().words["areas"]

    possible = {
        f"{head}{tail}{ending}"
        for level in ("city", "district")
        for head in areas[level]["heads"]
        for tail in areas[level]["tails"]
        for ending in "市区县"
    }

    assert len(real) > 1000
    assert possible.isdisjoint(real)
