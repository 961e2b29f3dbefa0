import pytest

from chengshu.core.lake.tables import LakeTable, TableDiffers

from .factories import READINGS


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"name": "Robert'); DROP"}, "no name"),
        ({"columns": {"value": "MONEY"}, "sorted_by": (), "key": ()}, "Known: BIGINT"),
        ({"sorted_by": ("colour",)}, "no column 'colour'"),
        ({"key": ("colour",)}, "no column 'colour'"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(
    changed: dict[str, object], complaint: str
) -> None:
    declared = {"name": "readings", "columns": READINGS.columns} | changed

    with pytest.raises(ValueError, match=complaint):
        LakeTable(**declared)


def test_other_columns_in_the_catalogue_are_reported() -> None:
    found = {"meter": "BIGINT", "at": "TIMESTAMP WITH TIME ZONE", "value": "FLOAT"}

    with pytest.raises(TableDiffers) as refusal:
        READINGS.check(found)

    assert refusal.value.where == {"table": "readings"}
