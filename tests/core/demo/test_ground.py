import numpy as np
import pytest
import shapely

from chengshu.core.demo.ground import Ground, invent

CENTRE = (123.6, 30.4)
COUNTS = (3, 9, 27, 160)


@pytest.fixture(scope="module", params=[1, 2, 3])
def ground(request: pytest.FixtureRequest) -> Ground:
    return invent(CENTRE, 5_000, COUNTS, np.random.default_rng(request.param))


def test_there_are_as_many_areas_as_asked_and_about_as_many_cells(ground: Ground) -> None:
    made = [len(division.outlines) for division in ground.levels]

    assert made[:-1] == [1, *COUNTS[:-1]]
    assert 0.7 * COUNTS[-1] < made[-1] < 1.5 * COUNTS[-1]


def test_areas_of_a_level_cover_the_city_without_gap_or_overlap(ground: Ground) -> None:
    city = ground.levels[0].outlines[0]

    for division in ground.levels:
        assert shapely.coverage_is_valid(division.outlines)
        assert shapely.coverage_union_all(division.outlines).equals(city)


def test_every_area_is_one_sound_polygon(ground: Ground) -> None:
    for division in ground.levels:
        assert all(shapely.is_valid(division.outlines))
        assert {outline.geom_type for outline in division.outlines} == {"Polygon"}


def test_every_area_is_made_of_its_children(ground: Ground) -> None:
    for above, below in zip(ground.levels, ground.levels[1:], strict=False):
        for number, outline in enumerate(above.outlines):
            children = [
                child
                for child, parent in zip(below.outlines, below.parents, strict=True)
                if parent == number
            ]

            assert shapely.coverage_union_all(children).equals(outline)


def test_the_same_chance_gives_the_same_ground() -> None:
    one, other = (invent(CENTRE, 5_000, COUNTS, np.random.default_rng(7)) for _ in range(2))

    assert one.levels[0].outlines[0].equals_exact(other.levels[0].outlines[0], 0)
    assert [level.parents for level in one.levels] == [level.parents for level in other.levels]
