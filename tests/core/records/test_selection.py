import pytest
from django.http import QueryDict
from django.utils import timezone

from chengshu.core.records.conditions import WrongFilter
from chengshu.core.records.layer import features
from chengshu.core.records.selection import Selection

from .factories import make_circuit


def chosen(ledger, actor, query):
    rows = Selection.read(ledger, QueryDict(query)).rows(actor)
    return sorted(rows.values_list("code", flat=True))


def test_search_needs_every_word_in_any_searched_field(city, lamps):
    city.lamp("A1", name="Market east")
    city.lamp("A2", name="Market west")

    assert chosen(lamps, city.officer, "q=market+a2") == ["A2"]


def test_place_filter_takes_the_whole_subtree(city, lamps):
    city.lamp("A1", place=city.street)
    city.lamp("A2", place=city.north)

    assert chosen(lamps, city.officer, "place=north") == ["A1", "A2"]
    assert chosen(lamps, city.officer, "place=street") == ["A1"]


def test_values_of_one_filter_add_up_and_filters_narrow(city, lamps):
    city.lamp("A1", kind="led", state="failed")
    city.lamp("A2", kind="sodium", state="failed")
    city.lamp("A3", kind="led", state="working")

    assert chosen(lamps, city.officer, "kind=led&kind=sodium&state=failed") == ["A1", "A2"]


def test_ranges_flags_and_links_filter(city, lamps):
    city.lamp("A1", watts=40, is_smart=True)
    city.lamp("A2", watts=90, circuit=make_circuit(code="C7"))

    assert chosen(lamps, city.officer, "watts_from=50&watts_to=90") == ["A2"]
    assert chosen(lamps, city.officer, "is_smart=True") == ["A1"]
    assert chosen(lamps, city.officer, "circuit=C7") == ["A2"]


def test_retired_rows_are_left_out_unless_asked_for(city, lamps):
    city.lamp("A1")
    city.lamp("A2", valid_to=timezone.localdate())

    assert chosen(lamps, city.officer, "") == ["A1"]
    assert chosen(lamps, city.officer, "retired=all") == ["A1", "A2"]
    assert chosen(lamps, city.officer, "retired=only") == ["A2"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("kind=candle", "kind"),
        ("place=nowhere", "place"),
        ("watts_from=nan", "watts_from"),
        ("watts_to=bright", "watts_to"),
        ("is_smart=maybe", "is_smart"),
        ("circuit=%00", "circuit"),
        ("sort=owner__path", "sort"),
        ("retired=some", "retired"),
    ],
)
def test_filter_that_cannot_be_read_is_named(city, lamps, query, name):
    with pytest.raises(WrongFilter) as refusal:
        Selection.read(lamps, QueryDict(query)).rows(city.officer)

    assert refusal.value.where == {"filter": name}


def test_layer_holds_what_stands_in_the_box_and_is_in_force(city, lamps):
    city.lamp("A1", lon=114.1, lat=34.1)
    city.lamp("A2", lon=115.1, lat=34.1)
    city.lamp("A3", lon=114.1, lat=34.1, valid_to=timezone.localdate())
    city.lamp("A4", lon=None, lat=None)

    shown = features(lamps, city.officer, (114, 34, 115, 35))

    assert [feature["properties"]["code"] for feature in shown["features"]] == ["A1"]
    assert shown["features"][0]["geometry"]["coordinates"] == [114.1, 34.1]
    assert shown["truncated"] is False


def test_layer_says_when_it_was_cut(city, lamps, monkeypatch):
    monkeypatch.setattr("chengshu.core.records.layer.MOST", 2)
    for number in range(3):
        city.lamp(f"A{number}")

    shown = features(lamps, city.officer)

    assert len(shown["features"]) == 2
    assert shown["truncated"] is True
