"""Rows read as columns are what they are one by one."""

import polars as pl
import pytest

from chengshu.core.places.models import Place
from chengshu.core.records import frames

pytestmark = pytest.mark.django_db
COLUMNS = {"code": pl.String, "name": pl.String, "parent_id": pl.Int64}


def test_words_with_commas_quotes_and_lines_come_as_they_are() -> None:
    city = Place.objects.create(code="99", name='a, "b"\n城', level="city", path="/99/")
    Place.objects.create(code="9901", name="", level="district", parent=city, path="/99/9901/")

    found = frames.read(Place.objects.filter(code__startswith="99"), COLUMNS)

    assert found.sort("code").rows() == [("99", 'a, "b"\n城', None), ("9901", "", city.pk)]


def test_no_rows_have_the_columns_too() -> None:
    found = frames.read(Place.objects.filter(code="nowhere"), COLUMNS)

    assert dict(found.schema) == COLUMNS
    assert not len(found)


def test_a_row_without_anything_is_a_row_too() -> None:
    city = Place.objects.create(code="99", name="n", level="city", path="/99/")
    Place.objects.create(code="9901", name="", level="district", parent=city, path="/99/9901/")

    found = frames.read(Place.objects.filter(code__startswith="99"), {"parent_id": pl.Int64})

    assert sorted(found["parent_id"].to_list(), key=str) == [city.pk, None]
