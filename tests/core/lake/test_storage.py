from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.core.lake.storage import LakeFiles, conforming, in_order
from chengshu.core.storage.folder import Folder
from chengshu.kit.errors import Invalid

from .factories import READINGS, readings, triples


def test_a_file_is_sorted_and_lies_in_the_folder_of_its_table(tmp_path: Path) -> None:
    files = LakeFiles(Folder(tmp_path / "deep" / "lake"))

    stored = files.put(READINGS, readings((2, 0, 1.0), (1, 5, 2.0), (1, 0, 3.0)))

    path = Path(stored.address)
    assert path.is_relative_to(tmp_path / "deep" / "lake" / "main" / "readings")
    assert path.stat().st_size == stored.bytes
    assert triples(pl.read_parquet(path)) == pl.read_parquet(path).pipe(triples)
    assert pl.read_parquet(path)["meter"].to_list() == [1, 1, 2]


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (readings((1, 1, 1.0)).drop("value"), "value"),
        (readings((1, 1, 1.0)).with_columns(pl.col("meter").cast(pl.Int32)), "meter"),
        (readings((1, 1, 1.0)).with_columns(pl.col("at").dt.cast_time_unit("ms")), "at"),
        (readings((1, 1, 1.0)).with_columns(pl.col("at").dt.replace_time_zone(None)), "at"),
    ],
)
def test_a_frame_of_another_shape_is_refused_by_column(frame: pl.DataFrame, column: str) -> None:
    with pytest.raises(Invalid) as refusal:
        conforming(READINGS, frame)

    assert refusal.value.where == {"table": "readings", "column": column}


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3) | st.none(), st.booleans())),
    st.sampled_from([(), ("a",), ("a", "b"), ("b", "a")]),
)
def test_rows_are_put_in_order_whatever_order_they_are_in(
    rows: list[tuple[int, int | None, bool]], columns: tuple[str, ...]
) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.Int64, "c": pl.Boolean}, orient="row")
    sorted_before = frame.sort(columns) if columns else frame

    assert in_order(frame, columns).select(columns).equals(sorted_before.select(columns))
    assert in_order(sorted_before, columns).equals(sorted_before)
