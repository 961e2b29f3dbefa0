import json

import pytest
import shapely

from chengshu.core.places import files, locate
from chengshu.core.places.models import Level, Place
from chengshu.kit.geodesy.offsets import Datum, convert
from tests.core.access.factories import make_place

pytestmark = pytest.mark.django_db
SQUARE = "POLYGON ((113 34, 114 34, 114 35, 113 35, 113 34))"
CSV = f"""code,name,level,parent,outline
c1,中心社区,community,s1,
s1,东街,street,41,"{SQUARE}"
41,示例市,city,,
"""


def feature(code: str, level: str, parent: str, ring: list[list[float]]) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": code, "level": level, "parent": parent},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_csv_in_any_order_becomes_a_tree():
    count = files.import_places(files.read_csv(CSV.encode("utf-8-sig")), Datum.CGCS2000)

    assert count == 3
    assert Place.objects.get(code="c1").path == "/41/s1/c1/"
    assert locate.locator().at(113.5, 34.5).code == "s1"


def test_second_import_changes_and_moves_what_is_known():
    files.import_places(files.read_csv(CSV.encode()), Datum.CGCS2000)
    moved = CSV.replace("s1,东街,street,41", "s1,西街,street,42") + "42,另一市,city,,\n"

    files.import_places(files.read_csv(moved.encode()), Datum.CGCS2000)

    assert Place.objects.get(code="s1").name == "西街"
    assert Place.objects.get(code="c1").path == "/42/s1/c1/"


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09, Datum.WGS84])
def test_outlines_of_web_maps_are_converted_at_the_door(datum):
    true = [(113.5, 34.5), (113.6, 34.5), (113.6, 34.6), (113.5, 34.5)]
    ring = [list(convert(lon, lat, Datum.CGCS2000, datum)) for lon, lat in true]
    collection = {"type": "FeatureCollection", "features": [feature("41", "city", "", ring)]}

    files.import_places(files.read_geojson(json.dumps(collection).encode()), datum)

    outline = shapely.from_wkb(bytes(Place.objects.get().outline))
    assert outline.hausdorff_distance(shapely.Polygon(true)) < 1e-8


def test_crossing_ring_is_repaired():
    bow_tie = "POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"
    text = f'code,name,level,parent,outline\n41,x,city,,"{bow_tie}"\n'

    files.import_places(files.read_csv(text.encode()), Datum.CGCS2000)

    outline = shapely.from_wkb(bytes(Place.objects.get().outline))
    assert outline.is_valid
    assert outline.area == pytest.approx(2)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("a/b,x,street,41,", "code"),
        (",x,street,41,", "code"),
        ("41,x,city,,", "code"),
        ("s1,,street,41,", "name"),
        ("s1,x,borough,41,", "level"),
        ("s1,x,street,nowhere,", "parent"),
        ("s1,x,city,41,", "parent"),
        ("s1,x,street,41,POINT (1 1)", "outline"),
        ("s1,x,street,41,MADE UP", "outline"),
        ('s1,x,street,41,"POLYGON ((0 0, 999 0, 0 1, 0 0))"', "outline"),
        ("s1,x,street,41,POLYGON EMPTY", "outline"),
    ],
)
def test_fault_is_named_by_row_and_column_and_nothing_is_written(line, column):
    text = f"code,name,level,parent,outline\n41,示例市,city,,\n{line}\n"

    with pytest.raises(files.BadPlaces) as refusal:
        files.import_places(files.read_csv(text.encode()), Datum.CGCS2000)

    assert [(f["row"], f["column"]) for f in refusal.value.where["faults"]] == [(2, column)]
    assert not Place.objects.exists()


def test_all_faults_are_told_at_once():
    text = "code,name,level,parent\n,,x,y\n"

    with pytest.raises(files.BadPlaces) as refusal:
        files.import_places(files.read_csv(text.encode()), Datum.CGCS2000)

    assert refusal.value.where["count"] == 3


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"", b"name\nx\n", b'code,name,level,parent\n"41,x'], ids=repr
)
def test_file_that_is_no_table_of_places_is_refused(content):
    with pytest.raises(files.BadPlaces):
        files.read_csv(content)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"features": [1]}', b'{"features": 1}'])
def test_file_that_is_no_geojson_is_refused(content):
    with pytest.raises(files.BadPlaces):
        files.read_geojson(content)


def test_parent_may_stand_already_in_the_tree():
    make_place("41", level=Level.CITY)
    text = "code,name,level,parent\ns1,东街,street,41\n"

    files.import_places(files.read_csv(text.encode()), Datum.CGCS2000)

    assert Place.objects.get(code="s1").path == "/41/s1/"
