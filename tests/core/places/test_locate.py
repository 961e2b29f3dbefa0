import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.core.places import locate, tree
from chengshu.core.places.locate import Area, Locator
from chengshu.core.places.models import Level, Place
from tests.core.access.factories import make_place

LEVELS = [Level.STREET, Level.COMMUNITY, Level.CELL]
boxes = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 4), st.integers(1, 4))


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(west, south, east, north)


def area(code: str, level: Level) -> Area:
    return Area(0, code, level, f"/{code}/")


@pytest.fixture
def street() -> Locator:
    """A street of two communities, the western one with two cells, the eastern with none."""
    return Locator(
        [
            area("street", Level.STREET),
            area("west", Level.COMMUNITY),
            area("east", Level.COMMUNITY),
            area("w1", Level.CELL),
            area("w2", Level.CELL),
        ],
        [box(0, 0, 4, 4), box(0, 0, 2, 4), box(2, 0, 4, 4), box(0, 0, 2, 2), box(0, 2, 2, 4)],
    )


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [(1, 1, "w1"), (1, 3, "w2"), (3, 1, "east"), (1, 2, "w1"), (2, 1, "w1"), (9, 9, None)],
)
def test_deepest_place_is_found_and_on_a_border_the_lower_code(street, lon, lat, code):
    found = street.at(lon, lat)

    assert (found and found.code) == code


def test_place_of_a_wanted_level_is_found(street):
    assert street.at(1, 1, Level.COMMUNITY).code == "west"
    assert street.at(3, 1, Level.CELL) is None


@given(st.lists(st.tuples(st.sampled_from(LEVELS), boxes), max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_many_points_at_once_are_found_as_one_by_one(drawn, data):
    areas = [area(f"a{n}", level) for n, (level, _) in enumerate(drawn)]
    outlines = [box(w, s, w + x, s + y) for _, (w, s, x, y) in drawn]
    where = Locator(areas, outlines)
    points = data.draw(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
    level = data.draw(st.sampled_from([None, *LEVELS]))
    lons, lats = [p[0] for p in points], [p[1] for p in points]

    together = where.all(lons, lats, level)

    assert together == [where.at(lon, lat, level) for lon, lat in points]


def test_positions_are_minus_one_outside(street):
    found = street.positions(np.array([1.0, 9.0, float("nan")]), np.array([1.0, 9.0, 1.0]))

    assert found.tolist() == [0, -1, -1]


@pytest.mark.django_db
def test_locator_follows_a_change_of_the_places():
    cell = make_place("cell", level=Level.CELL)
    locate.forget()
    assert locate.locator().at(1, 1) is None

    cell.outline = shapely.to_wkb(box(0, 0, 2, 2))
    tree.change(cell, ["outline"])
    locate.forget()

    assert locate.locator().at(1, 1).path == cell.path


@pytest.mark.django_db
def test_unchanged_places_are_asked_for_their_version_only(monkeypatch, django_assert_num_queries):
    Place.objects.create(
        code="c", name="c", level=Level.CELL, path="/c/", outline=shapely.to_wkb(box(0, 0, 1, 1))
    )
    kept = locate.locator()
    monkeypatch.setattr(locate, "FRESH_SECONDS", 0)

    with django_assert_num_queries(2):
        assert locate.locator() is kept
        assert locate.locator() is kept
