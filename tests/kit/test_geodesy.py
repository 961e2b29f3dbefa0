from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from chengshu.kit.geodesy import distances, offsets, projections
from chengshu.kit.geodesy.distances import NearlyAntipodal
from chengshu.kit.geodesy.offsets import BadPosition, Datum
from chengshu.kit.geodesy.projections import OutsideProjection, UnknownProjection

PUBLISHED = (116.404, 39.915)
DISTRICT_A, DISTRICT_B = (113.6254, 34.7466), (113.8523, 34.0357)
WEB_MERCATOR = Transformer.from_crs(4326, 3857, always_xy=True)
inside = st.tuples(st.floats(73, 137), st.floats(1, 55))
anywhere = st.tuples(st.floats(-180, 180), st.floats(-89.9, 89.9))


def close(point, degrees=1e-9):
    return pytest.approx(point, abs=degrees, rel=0)


@pytest.mark.parametrize(
    ("convert", "point", "expected"),
    [
        (offsets.wgs84_to_gcj02, PUBLISHED, (116.41024449916938, 39.91640428150164)),
        (offsets.gcj02_to_wgs84_once, PUBLISHED, (116.39775550083061, 39.91359571849836)),
        (offsets.gcj02_to_bd09, PUBLISHED, (116.41036949371029, 39.92133699351021)),
        (offsets.bd09_to_gcj02_once, PUBLISHED, (116.39762729119315, 39.90865673957631)),
        (offsets.wgs84_to_bd09, PUBLISHED, (116.41662724378733, 39.922699552216216)),
        (
            offsets.wgs84_to_gcj02,
            (116.391275, 39.906217),
            (116.39751600497861, 39.907618208170675),
        ),
        (offsets.wgs84_to_gcj02, DISTRICT_A, (113.6314466644585, 34.74541745147574)),
        (
            offsets.wgs84_to_gcj02,
            (113.6605, 34.7530),
            (113.66659532945397, 34.75187838738756),
        ),
        (
            offsets.wgs84_to_bd09,
            (113.6605, 34.7530),
            (113.67306569899847, 34.75793544841787),
        ),
        (offsets.wgs84_to_gcj02, DISTRICT_B, (113.85817235198502, 34.03414200602766)),
        (offsets.wgs84_to_bd09, DISTRICT_B, (113.86461705549937, 34.040279882881116)),
    ],
)
def test_point_is_offset_as_published(convert, point, expected):
    assert convert(*point) == close(expected, 1e-13)


def test_one_step_inverses_together_give_the_published_point():
    point = offsets.gcj02_to_wgs84_once(*offsets.bd09_to_gcj02_once(*PUBLISHED))

    assert point == close((116.3913836995125, 39.907253214522164), 1e-13)


def test_latitude_of_the_widespread_faulty_copy_is_not_given():
    _, lat = offsets.wgs84_to_gcj02(*PUBLISHED)

    assert abs(lat - 39.91601738120746) > 1e-4


@pytest.mark.parametrize("point", [(0.0, 0.0), (-74.006, 40.7128)])
@pytest.mark.parametrize("target", Datum)
@pytest.mark.parametrize("source", Datum)
def test_point_outside_china_is_unchanged(point, source, target):
    assert offsets.convert(*point, source, target) == point


@given(inside)
def test_inverse_gives_the_point_back_to_a_billionth_of_a_degree(point):
    assert offsets.gcj02_to_wgs84(*offsets.wgs84_to_gcj02(*point)) == close(point)
    assert offsets.bd09_to_gcj02(*offsets.gcj02_to_bd09(*point)) == close(point)
    assert offsets.bd09_to_wgs84(*offsets.wgs84_to_bd09(*point)) == close(point)


@given(inside, st.sampled_from(Datum), st.sampled_from(Datum))
def test_conversion_there_and_back_gives_the_point(point, source, target):
    there = offsets.convert(*point, source, target)

    assert offsets.convert(*there, target, source) == close(point)


def test_cgcs2000_and_wgs84_are_taken_as_equal():
    assert offsets.convert(*PUBLISHED, Datum.WGS84, Datum.CGCS2000) == PUBLISHED
    assert offsets.convert(*PUBLISHED, Datum.CGCS2000, Datum.GCJ02) == (
        offsets.wgs84_to_gcj02(*PUBLISHED)
    )


def test_many_points_are_converted_in_order():
    points = [PUBLISHED, DISTRICT_A]

    converted = list(offsets.convert_all(points, Datum.WGS84, Datum.BD09))

    assert converted == [offsets.wgs84_to_bd09(*point) for point in points]


@pytest.mark.parametrize("point", [(nan, 30), (113, inf), (181, 30), (34.7, 113.6)])
def test_what_is_no_position_is_refused(point):
    with pytest.raises(BadPosition):
        offsets.convert(*point, Datum.GCJ02, Datum.WGS84)


def test_offset_is_some_hundred_metres():
    metres = distances.haversine(*DISTRICT_A, *offsets.wgs84_to_gcj02(*DISTRICT_A))

    assert metres == pytest.approx(568.4, abs=1)


def test_distance_and_azimuth_are_those_of_the_vector():
    way = distances.geodesic(*DISTRICT_A, *DISTRICT_B)

    assert way.metres == pytest.approx(81573.400, abs=0.001)
    assert way.azimuth == pytest.approx(165.1155, abs=0.0001)
    assert distances.haversine(*DISTRICT_A, *DISTRICT_B) == pytest.approx(81744.328, abs=0.001)


def test_point_has_no_distance_to_itself():
    assert distances.geodesic(*DISTRICT_A, *DISTRICT_A) == (0.0, 0.0)
    assert distances.haversine(*DISTRICT_A, *DISTRICT_A) == 0.0


def test_length_of_a_line_is_the_sum_of_its_parts():
    there_and_back = [DISTRICT_A, DISTRICT_B, DISTRICT_A]

    assert distances.length(there_and_back) == pytest.approx(2 * 81744.328, abs=0.002)
    assert distances.length([DISTRICT_A]) == 0


def test_points_nearly_opposite_are_refused():
    with pytest.raises(NearlyAntipodal):
        distances.geodesic(0, 0, 179.9, 0.1)


@given(anywhere, st.floats(-120, 120), st.floats(-89.9, 89.9))
def test_geodesic_agrees_with_proj(start, east, lat):
    lon = start[0] + east
    azimuth, _, metres = Geod(ellps="GRS80").inv(*start, lon, lat)

    way = distances.geodesic(*start, lon, lat)

    assert way.metres == pytest.approx(metres, abs=0.001)
    if metres > 1:
        assert (way.azimuth - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("point", "easting", "northing"),
    [
        (DISTRICT_A, 465698.278, 3846545.057),
        (DISTRICT_B, 486360.472, 3767631.223),
        ((114.0, 34.0), 500000.000, 3763661.442),
    ],
)
def test_projected_point_is_that_of_the_vector_with_and_without_zone(point, easting, northing):
    assert projections.of_epsg(4547).forward(*point) == close((easting, northing), 0.0006)
    assert projections.of_epsg(4526).forward(*point) == (
        close((easting + 38_000_000, northing), 0.0006)
    )


@pytest.mark.parametrize("epsg", range(4491, 4555))
def test_projection_agrees_with_proj(epsg):
    projection = projections.of_epsg(epsg)
    proj = Transformer.from_crs(4490, epsg, always_xy=True)
    points = [(projection.central_meridian + east, lat) for east in (-3, 1.7, 6) for lat in (4, 53)]

    for point in points:
        projected = projection.forward(*point)

        assert projected == close(proj.transform(*point), 0.0001)
        assert projection.inverse(*projected) == close(point, 1e-11)


@given(st.floats(-20, 20), st.floats(-89, 89))
def test_inverse_projection_gives_the_point_back(east, lat):
    projection = projections.of_epsg(4547)

    point = projection.inverse(*projection.forward(114 + east, lat))

    assert point == close((114 + east, lat), 1e-11)


@pytest.mark.parametrize("point", [(140, 34), (90, 34), (-66, 34), (114, 90)])
def test_point_too_far_for_the_projection_is_refused(point):
    with pytest.raises(OutsideProjection):
        projections.of_epsg(4547).forward(*point)


@pytest.mark.parametrize("metres", [(38_465_698, 3_846_545), (465_698, 10_100_000)])
def test_metres_of_another_zone_are_refused(metres):
    with pytest.raises(OutsideProjection):
        projections.of_epsg(4547).inverse(*metres)


@pytest.mark.parametrize("epsg", [4490, 4555, 3857])
def test_code_of_another_projection_is_refused(epsg):
    with pytest.raises(UnknownProjection):
        projections.of_epsg(epsg)


@pytest.mark.parametrize(("lon", "epsg"), [(113.8, 4547), (75, 4534), (135, 4554), (115.6, 4548)])
def test_nearest_meridian_chooses_the_projection(lon, epsg):
    assert projections.epsg_at(lon) == epsg


def test_there_is_no_chinese_projection_far_from_china():
    with pytest.raises(OutsideProjection):
        projections.epsg_at(2.35)


def test_web_mercator_is_that_of_the_vector_and_back():
    projected = projections.to_web_mercator(*DISTRICT_B)

    assert projected == close((12673980.062, 4033596.672), 0.001)
    assert projections.from_web_mercator(*projected) == close(DISTRICT_B, 1e-12)


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_web_mercator_agrees_with_proj(lon, lat):
    x, y = WEB_MERCATOR.transform(lon, lat)

    assert projections.to_web_mercator(lon, lat) == close((x, y), 1e-6)


def test_pole_is_not_on_the_web_map():
    with pytest.raises(OutsideProjection):
        projections.to_web_mercator(0, 89)
