import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import Counts, ObservationStore
from chengshu.hub.sensing.store.waiting import Closed, Overloaded, Pace
from chengshu.kit.errors import Invalid, TooLarge

from .factories import good, observations, stored_in


def test_rows_are_stored_and_counted(store: ObservationStore, lake: Lake) -> None:
    counts = store.append(observations((1, 0, 1.5), (2, 0, 2.5)))

    assert counts == Counts(received=2, stored=2, duplicate=0, rejected=0)
    assert stored_in(lake) == good({(1, 0): 1.5, (2, 0): 2.5})


def test_the_same_rows_again_are_duplicates(store: ObservationStore, lake: Lake) -> None:
    store.append(observations((1, 0, 1.5), (2, 0, 2.5)))
    before = lake.current_snapshot()

    counts = store.append(observations((1, 0, 1.5), (2, 0, 2.5)))

    assert counts == Counts(received=2, stored=0, duplicate=2, rejected=0)
    assert lake.current_snapshot() == before


def test_another_value_takes_the_place_of_the_first(store: ObservationStore, lake: Lake) -> None:
    store.append(observations((1, 0, 1.5), (1, 1, 1.5)))

    counts = store.append(observations((1, 0, 9.5), (1, 1, 1.5)))

    assert counts == Counts(received=2, stored=1, duplicate=1, rejected=0)
    assert stored_in(lake) == good({(1, 0): 9.5, (1, 1): 1.5})


def test_another_quality_takes_the_place_of_the_first(store: ObservationStore, lake: Lake) -> None:
    store.append(observations((1, 0, 1.5)))

    counts = store.append(observations((1, 0, 1.5), quality=2))

    assert counts.stored == 1
    assert stored_in(lake) == {(1, 0): (1.5, 2)}


def test_the_last_of_equal_keys_in_one_hand_in_wins(store: ObservationStore, lake: Lake) -> None:
    counts = store.append(observations((1, 0, 3.0), (1, 0, 1.0), (1, 0, 2.0)))

    assert counts == Counts(received=3, stored=1, duplicate=2, rejected=0)
    assert stored_in(lake) == good({(1, 0): 2.0})


def test_a_row_older_than_the_newest_of_its_stream_is_stored(
    store: ObservationStore, lake: Lake
) -> None:
    store.append(observations((1, 100, 1.0)))

    counts = store.append(observations((1, 50, 0.5)))

    assert counts.stored == 1
    assert stored_in(lake) == good({(1, 50): 0.5, (1, 100): 1.0})


def test_unsound_rows_are_rejected_and_the_others_stored(
    store: ObservationStore, lake: Lake
) -> None:
    frame = observations((1, 0, 1.0), (1, 1, float("nan")), (1, 2, float("inf")), (1, 3, 3.0))
    frame = frame.with_columns(
        at=pl.when(pl.col("value") == 3.0).then(None).otherwise(pl.col("at"))
    )

    counts = store.append(frame)

    assert counts == Counts(received=4, stored=1, duplicate=0, rejected=3)
    assert stored_in(lake) == good({(1, 0): 1.0})


def test_nothing_handed_in_is_answered_with_nothing(store: ObservationStore) -> None:
    assert store.append(observations()) == Counts(0, 0, 0, 0)


def test_a_frame_of_another_shape_is_refused(store: ObservationStore) -> None:
    with pytest.raises(Invalid):
        store.append(observations((1, 0, 1.0)).drop("quality"))


def test_extreme_times_and_numbers_of_streams_are_kept(store: ObservationStore, lake: Lake) -> None:
    rows = ((2**63 - 1, -60_000_000_000, -1e308), (-(2**63), 90_000_000_000, 5e-324))
    store.append(observations(*rows))

    counts = store.append(observations(*rows))

    assert counts.duplicate == 2
    assert stored_in(lake) == good({(stream, at): value for stream, at, value in rows})


def test_a_repeated_key_is_answered_as_the_first_time_and_changes_nothing(
    store: ObservationStore, lake: Lake
) -> None:
    first = store.append(observations((1, 0, 1.0)), key="a")
    store.append(observations((1, 0, 2.0)))

    again = store.append(observations((1, 0, 1.0)), key="a")

    assert again == first == Counts(1, 1, 0, 0)
    assert stored_in(lake) == good({(1, 0): 2.0})


def test_keys_outlive_the_process(lake: Lake) -> None:
    store = ObservationStore(lake)
    first = store.append(observations((1, 0, 1.0), (1, 0, 1.0)), key="a")
    duplicate = store.append(observations((1, 0, 1.0)), key="b")
    store.append(observations((1, 0, 2.0)))
    store.close()

    store = ObservationStore(lake)

    assert store.append(observations((1, 0, 1.0), (1, 0, 1.0)), key="a") == first
    assert store.append(observations((1, 0, 1.0)), key="b") == duplicate
    assert stored_in(lake) == good({(1, 0): 2.0})
    store.close()


def test_a_key_is_forgotten_after_its_time(lake: Lake) -> None:
    store = ObservationStore(lake, keys_kept=timedelta(microseconds=1))
    store.append(observations((1, 0, 1.0)), key="a")

    again = store.append(observations((1, 0, 1.0)), key="a")

    assert again == Counts(1, 0, 1, 0)
    store.close()


def test_hand_ins_of_one_group_count_as_if_one_by_one(lake: Lake) -> None:
    store = ObservationStore(lake)
    gate = threading.Event()
    lake.writing.acquire()
    threading.Thread(target=lambda: (gate.wait(10), lake.writing.release())).start()
    store.hand_in(observations((9, 0, 0.0)))
    before = lake.current_snapshot()
    answers = [
        store.hand_in(observations((1, 0, 1.0), (2, 0, 2.0)), key="a"),
        store.hand_in(observations((1, 0, 1.0), (2, 0, 3.0))),
        store.hand_in(observations((1, 0, 5.0), (2, 0, 6.0)), key="a"),
        store.hand_in(observations((1, 0, 4.0))),
        store.hand_in(observations((1, 0, 1.0))),
    ]
    gate.set()

    counts = [answer.result() for answer in answers]

    assert counts == [
        Counts(2, 2, 0, 0),
        Counts(2, 1, 1, 0),
        Counts(2, 2, 0, 0),
        Counts(1, 1, 0, 0),
        Counts(1, 1, 0, 0),
    ]
    assert stored_in(lake) == good({(9, 0): 0.0, (1, 0): 1.0, (2, 0): 3.0})
    assert lake.current_snapshot() - before == 2
    store.close()


def test_the_first_after_a_pause_does_not_wait_for_company(lake: Lake) -> None:
    store = ObservationStore(lake, pace=Pace(window_seconds=3600))

    answer = store.hand_in(observations((1, 0, 1.0)))

    assert answer.result(timeout=60).stored == 1
    store.close()


def test_closing_stores_what_waits(lake: Lake) -> None:
    store = ObservationStore(lake, pace=Pace(window_seconds=3600))
    store.append(observations((1, 0, 1.0)))
    waiting = store.hand_in(observations((1, 1, 2.0)))

    store.close()

    assert waiting.result(timeout=0).stored == 1
    with pytest.raises(Closed):
        store.hand_in(observations((1, 2, 3.0)))


def test_more_than_memory_is_set_aside_for_is_refused(lake: Lake) -> None:
    store = ObservationStore(lake, pace=Pace(window_seconds=3600, waiting_rows=10))
    store.append(observations((1, 0, 1.0)))
    waiting = store.hand_in(observations(*((1, at, 1.0) for at in range(1, 9))))

    with pytest.raises(Overloaded):
        store.hand_in(observations((2, 0, 1.0)))
    with pytest.raises(TooLarge):
        store.hand_in(observations(*((3, at, 1.0) for at in range(10))))

    store.close()
    assert waiting.result(timeout=0).stored == 8
    assert store.unanswered_rows == 0


def test_a_caller_who_went_away_first_is_not_stored(lake: Lake) -> None:
    store = ObservationStore(lake, pace=Pace(window_seconds=3600))
    store.append(observations((1, 0, 1.0)))
    answer = store.hand_in(observations((1, 1, 2.0)))

    assert answer.cancel()

    store.close()
    assert stored_in(lake) == good({(1, 0): 1.0})


def test_an_event_loop_can_wait_for_many(store: ObservationStore, lake: Lake) -> None:
    async def send_all() -> list[Counts]:
        return await asyncio.gather(
            *(store.append_async(observations((stream, 0, 1.0))) for stream in range(50))
        )

    counts = asyncio.run(send_all())

    assert counts == [Counts(1, 1, 0, 0)] * 50
    assert len(stored_in(lake)) == 50


def test_many_threads_send_the_same_rows_once(store: ObservationStore, lake: Lake) -> None:
    frame = observations(*((stream, at, 1.0) for stream in range(5) for at in range(20)))

    with ThreadPoolExecutor(8) as senders:
        counts = list(senders.map(store.append, [frame] * 16))

    assert sum(c.stored for c in counts) == 100
    assert sum(c.duplicate for c in counts) == 1500
    assert len(stored_in(lake)) == 100


def test_two_stores_on_one_lake_keep_keys_single(lake: Lake) -> None:
    stores = [ObservationStore(lake), ObservationStore(Lake(lake.place, threads=1, memory="1GB"))]

    def send(number: int) -> Counts:
        frame = observations(*((1, at, float(number)) for at in range(number, number + 10)))
        return stores[number % 2].append(frame, key=str(number))

    with ThreadPoolExecutor(4) as senders:
        counts = list(senders.map(send, range(20)))

    again = [stores[1 - number % 2] for number in range(20)]
    for store in stores:
        store.append(observations((2, 0, 1.0)))
    assert all(c == Counts(10, 10, 0, 0) for c in counts)
    assert len(stored_in(lake)) == 30
    assert [s.append(observations((1, 0, 0.0)), key=str(n)) for n, s in enumerate(again)] == counts
    for store in stores:
        store.close()


def test_what_others_add_is_seen_before_the_next_commit(
    store: ObservationStore, lake: Lake
) -> None:
    store.append(observations((1, 0, 1.0)))
    append(lake, OBSERVATIONS, observations((1, 5, 5.0), (7, 7, 7.0)))

    counts = store.append(observations((1, 5, 5.0), (7, 7, 8.0)))

    assert counts == Counts(2, 1, 1, 0)
    assert stored_in(lake) == good({(1, 0): 1.0, (1, 5): 5.0, (7, 7): 8.0})


def test_marks_kept_in_a_file_are_followed_up(lake: Lake, tmp_path: Path) -> None:
    kept = tmp_path / "marks"
    store = ObservationStore(lake, marks_file=kept)
    store.append(observations((1, 0, 1.0)))
    store.close()
    append(lake, OBSERVATIONS, observations((1, 5, 5.0)))

    store = ObservationStore(lake, marks_file=kept)

    assert store.append(observations((1, 0, 1.0), (1, 5, 5.0))).duplicate == 2
    store.close()


@pytest.mark.parametrize("harm", ["other lake", "cut off", "expired"])
def test_marks_that_do_not_fit_the_lake_are_read_anew(
    lake: Lake, tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "YOUNGEST", timedelta(0))
    kept = tmp_path / "marks"
    store = ObservationStore(lake, marks_file=kept)
    store.append(observations((1, 0, 1.0)))
    store.close()
    for at in range(1, 5):
        append(lake, OBSERVATIONS, observations((1, at, 5.0)))
    if harm == "cut off":
        kept.write_bytes(kept.read_bytes()[:100])
    if harm == "expired":
        upkeep.expire(lake, keep=timedelta(0))
    if harm == "other lake":
        marks = pl.read_parquet(kept)
        marks.write_parquet(
            kept, metadata={"snapshot": "3", "taken_at": "2020-01-01T00:00:00+00:00"}
        )

    store = ObservationStore(lake, marks_file=kept)

    assert store.append(observations(*((1, at, 5.0) for at in range(1, 5)))).duplicate == 4
    store.close()


def test_replaced_rows_survive_compaction(store: ObservationStore, lake: Lake) -> None:
    for value in range(12):
        store.append(observations((1, 0, float(value)), (1, value + 1, 0.0)))
        if value % 4 == 3:
            upkeep.compact(lake, OBSERVATIONS)

    assert stored_in(lake) == good({(1, 0): 11.0} | {(1, at): 0.0 for at in range(1, 13)})
