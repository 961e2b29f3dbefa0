from pathlib import Path

import polars as pl
import pytest

from chengshu.core.lake.storage import LakeFiles, conforming
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
