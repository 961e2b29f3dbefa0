from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import Counts, ObservationStore, marks

from .factories import Stored, good, observations, stored_in

Batch = list[tuple[int, int, float]]

batches = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from([0.0, 1.0, 2.0])), max_size=8
)
steps = st.lists(
    st.one_of(
        st.lists(batches, min_size=1, max_size=3),
        st.sampled_from(["compact", "restart"]),
    ),
    min_size=1,
    max_size=7,
)
fresh_streams = count(0, 10)


def expected(model: dict[tuple[int, int], float], batch: Batch) -> Counts:
    last = {(stream, at): value for stream, at, value in batch}
    stored = sum(model.get(key) != value for key, value in last.items())
    model.update(last)
    return Counts(len(batch), stored, len(batch) - stored, 0)


def of_these_streams(found: Stored, first: int) -> Stored:
    return {key: value for key, value in found.items() if first <= key[0] < first + 10}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps, st.sampled_from([1, 2, marks.DEPTH]))
def test_any_sequence_of_hand_ins_ends_like_a_dict(
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sequence: list[list[Batch] | str],
    remembered: int,
) -> None:
    monkeypatch.setattr(marks, "DEPTH", remembered)
    first = next(fresh_streams)
    model: dict[tuple[int, int], float] = {}
    store = ObservationStore(lake, marks_file=tmp_path / "marks")
    try:
        for step in sequence:
            if step == "compact":
                upkeep.compact(lake, OBSERVATIONS)
            elif step == "restart":
                store.close()
                store = ObservationStore(lake, marks_file=tmp_path / "marks")
            else:
                moved = [[(first + s, at, value) for s, at, value in batch] for batch in step]
                answers = [store.hand_in(observations(*batch)) for batch in moved]
                counts = [answer.result() for answer in answers]
                assert counts == [expected(model, batch) for batch in moved]
    finally:
        store.close()

    assert of_these_streams(stored_in(lake), first) == good(model)
