from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from math import inf, isfinite, nan

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.analytics import air_records, stream_health
from chengshu.analytics.stream_health import (
    Frozen,
    Jumping,
    Late,
    OutOfRange,
    Silent,
    StreamState,
    advance,
    history,
)
from chengshu.kit.errors import Invalid

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIME = pl.Datetime("us", "UTC")
SCHEMA = {"datastream": pl.String, "at": TIME, "value": pl.Float64, "received_at": TIME}
FROZEN = Frozen(repeats=3, span=2 * HOUR)
RULES = (
    FROZEN,
    Silent(expected=HOUR, factor=2),
    Late(after=timedelta(minutes=30)),
    OutOfRange(low=0, high=3),
    Jumping(step=1.5, within=HOUR),
)


def reports(*rows, stream="river-1"):
    """Reports as (hours after the start, value), received at once unless a third says when."""
    return pl.DataFrame(
        [
            (stream, START + row[0] * HOUR, row[1], START + row[-1 if len(row) > 2 else 0] * HOUR)
            for row in rows
        ],
        schema=SCHEMA,
        orient="row",
    )


def shown(findings):
    """Findings as (kind, hours after the start, hours since)."""
    return [
        (row["kind"], (row["at"] - START) / HOUR, (row["since"] - START) / HOUR)
        for row in findings.iter_rows(named=True)
    ]


def test_a_value_that_stays_long_and_often_enough_is_frozen_once():
    frame = reports((0, 1), (1, 2), (2, 2), (3, 2), (4, 2), (5, 2))

    _, findings = advance(None, frame, [FROZEN])

    assert shown(findings) == [("frozen", 3, 1)]


def test_many_equal_reports_in_a_short_time_are_not_frozen():
    frame = reports(*((minute / 60, 2) for minute in range(60)))

    _, findings = advance(None, frame, [FROZEN])

    assert findings.is_empty()


def test_two_equal_reports_far_apart_are_not_frozen():
    frame = reports((0, 2), (20, 2))

    _, findings = advance(None, frame, [FROZEN])

    assert findings.is_empty()


def test_a_second_freeze_is_found_again():
    frame = reports((0, 2), (1, 2), (2, 2), (3, 1), (4, 1), (5, 1))

    _, findings = advance(None, frame, [FROZEN])

    assert shown(findings) == [("frozen", 2, 0), ("frozen", 5, 3)]


def test_a_declared_steady_range_may_stay_the_same():
    frame = pl.concat(
        reports(*((hour, value) for hour in range(6)), stream=name)
        for name, value in [("dry", 0), ("detection limit", 0.5), ("stuck", 0.6)]
    )

    _, findings = advance(None, frame, [replace(FROZEN, steady=((0, 0), (0.4, 0.5)))])

    assert findings["datastream"].to_list() == ["stuck"]


def test_a_freeze_that_lasts_is_known_from_the_state_alone():
    frame = pl.concat(
        [
            reports((0, 2), (1, 2), (2, 2), (3, 2), stream="stuck"),
            reports((0, 2), (1, 2), (2, 2), (3, 1), stream="freed"),
        ]
    )
    states, _ = advance(None, frame, [FROZEN])

    lasting = stream_health.freezes(states, FROZEN)

    assert lasting["datastream"].to_list() == ["stuck"]
    assert shown(lasting) == [("frozen", 3, 0)]


def test_a_silence_is_found_by_the_report_that_ends_it():
    frame = reports((0, 1), (2, 2), (4.5, 1))

    _, findings = advance(None, frame, [Silent(expected=HOUR, factor=2)])

    assert shown(findings) == [("silent", 4.5, 2)]


def test_a_silence_that_lasts_is_found_by_asking():
    states, _ = advance(None, reports((0, 1), (2, 2)), [])
    rule = Silent(expected=HOUR, factor=2)

    in_time = stream_health.silences(states, rule, now=START + 4 * HOUR)
    too_late = stream_health.silences(states, rule, now=START + 4.5 * HOUR)

    assert in_time.is_empty()
    assert shown(too_late) == [("silent", 4.5, 2)]


@pytest.mark.parametrize("value", [None, nan, inf])
def test_a_report_without_a_finite_value_is_no_sign_of_life(value):
    frame = reports((0, value), (1, value))

    states, findings = history(frame, [Silent()], until=START + HOUR)

    assert stream_health.as_states(states) == [StreamState("river-1")]
    assert findings.select("kind", "since").rows() == [("silent", None)]


def test_a_report_that_came_late_is_late():
    frame = reports((0, 1, 0.25), (1, 1, 1.5))

    _, findings = advance(None, frame, [Late(after=timedelta(minutes=15))])

    assert shown(findings) == [("late", 1, 1)]


def test_values_beyond_the_range_are_found_also_when_infinite():
    frame = reports((0, -0.1), (1, 0), (2, 3), (3, 3.1), (4, inf), (5, nan))

    _, findings = advance(None, frame, [OutOfRange(low=0, high=3)])

    assert [at for _, at, _ in shown(findings)] == [0, 3, 4]


def test_a_jump_counts_only_against_a_recent_report():
    frame = reports((0, 0), (1, 5), (3, 0), (4, 1))

    _, findings = advance(None, frame, [Jumping(step=4, within=HOUR)])

    assert shown(findings) == [("jumping", 1, 0)]


def test_old_and_repeated_reports_stay_out_of_the_sequence():
    states, _ = advance(None, reports((0, 1), (2, 1)), [])

    after, findings = advance(states, reports((1, 9), (2, 9), (3, 1), (3, 9)), RULES[:2])

    assert stream_health.as_states(after) == [
        StreamState("river-1", START + 3 * HOUR, 1.0, START, 3)
    ]
    assert shown(findings) == [("frozen", 3, 0)]


def test_streams_that_do_not_report_keep_their_state():
    states, _ = advance(None, reports((0, 1), stream="a"), [])

    after, _ = advance(states, reports((1, 2), stream="b"), [])

    assert after["datastream"].to_list() == ["a", "b"]
    assert after.row(0) == states.row(0)


def test_states_survive_the_way_through_records():
    states, _ = advance(None, reports((0, 1), (1, 1)), [])

    records = stream_health.as_states(states)

    assert stream_health.as_frame(records, datastream=pl.String()).equals(states)


def test_streams_may_be_numbered():
    frame = reports((0, 1), (1, 1), (2, 1)).with_columns(datastream=pl.lit(7, pl.Int64))

    states, findings = advance(None, frame, [FROZEN])

    assert stream_health.as_states(states)[0].datastream == 7
    assert findings["datastream"].to_list() == [7]


VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, 4.0]), st.none(), st.sampled_from([nan, inf, -0.0])
)
STREAMS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([0, 10, 30, 60, 60, 60, 180]),
        VALUES,
        st.sampled_from([0, 45]),
    ),
    max_size=30,
)


def as_series(steps):
    """Reports in order of time from (stream, minutes after the last, value, minutes late)."""
    at, rows = START, []
    for stream, minutes, value, late in steps:
        at += timedelta(minutes=minutes)
        rows.append((stream, at, value, at + timedelta(minutes=late)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@settings(deadline=None, max_examples=30)
@given(STREAMS, st.lists(st.integers(0, 30), max_size=4))
def test_any_split_of_a_history_finds_what_the_whole_finds(steps, cuts):
    frame = as_series(steps)
    bounds = [0, *sorted(min(cut, frame.height) for cut in cuts), frame.height]

    states, parts = None, []
    for begin, end in pairwise(bounds):
        states, findings = advance(states, frame[begin:end], RULES)
        parts.append(findings)

    whole_states, whole = advance(None, frame, RULES)
    order = ["at", "datastream", "kind", "since"]
    assert pl.concat(parts).sort(order).equals(whole.sort(order))
    assert states is not None
    assert states.equals(whole_states)


def plain_findings(frame):
    """The same rules, report by report."""
    found, sequences = [], {}
    for stream, at, value, received_at in frame.iter_rows():
        if received_at - at > timedelta(minutes=30):
            found.append((stream, "late", at, at))
        if value is not None and value == value:
            if not 0 <= value <= 3:
                found.append((stream, "out_of_range", at, at))
            sequence = sequences.setdefault(stream, [])
            if isfinite(value) and (not sequence or at > sequence[-1][0]):
                sequence.append((at, value))
    for stream, sequence in sequences.items():
        found += [(stream, *finding) for finding in plain_gaps_and_jumps(sequence)]
        found += [(stream, *finding) for finding in plain_freezes(sequence)]
    return sorted(found)


def plain_gaps_and_jumps(sequence):
    for (before_at, before), (at, value) in pairwise(sequence):
        if at - before_at > 2 * HOUR:
            yield "silent", at, before_at
        if at - before_at <= HOUR and abs(value - before) > 1.5:
            yield "jumping", at, before_at


def plain_freezes(sequence):
    for _, run in groupby(sequence, key=lambda report: report[1]):
        times = [at for at, _ in run]
        for at in times[2:]:
            if at - times[0] >= 2 * HOUR:
                yield "frozen", at, times[0]
                break


@settings(deadline=None, max_examples=30)
@given(STREAMS)
def test_the_rules_find_what_a_plain_loop_finds(steps):
    frame = as_series(steps)

    _, findings = advance(None, frame, RULES)

    rows = findings.select("datastream", "kind", "at", "since").rows()
    assert sorted(rows) == plain_findings(frame)


@pytest.mark.parametrize(
    ("frame", "rules", "message"),
    [
        (reports((0, 1)).drop("value"), [], "column 'value'"),
        (reports((0, 1)).drop("received_at"), [Late()], "column 'received_at'"),
        (reports((0, 1)).with_columns(at=pl.col("at").dt.replace_time_zone(None)), [], "in UTC"),
        (reports((0, 1)).with_columns(at=None), [], "in UTC"),
        (reports((0, 1)).with_columns(datastream=pl.lit(None, pl.String)), [], "a datastream"),
    ],
)
def test_reports_that_cannot_be_judged_are_refused(frame, rules, message):
    with pytest.raises(Invalid, match=message):
        advance(None, frame, rules)


@pytest.mark.parametrize(
    ("rule", "thresholds"),
    [
        (Frozen, {"repeats": 1}),
        (Frozen, {"steady": ((2, 1),)}),
        (Silent, {"expected": timedelta(0)}),
        (Silent, {"factor": 0.5}),
        (OutOfRange, {"low": 2, "high": 1}),
        (Jumping, {"step": 0}),
    ],
)
def test_thresholds_without_sense_are_refused(rule, thresholds):
    with pytest.raises(Invalid):
        rule(**thresholds)


def test_two_states_of_one_stream_are_refused():
    states, _ = advance(None, reports((0, 1)), [])

    with pytest.raises(Invalid, match="more than one state"):
        advance(pl.concat([states, states]), reports((1, 1)), [])


def test_dead_and_frozen_stations_are_found_in_published_records(shared):
    folder = shared / "data" / "airquality" / "henan_stations_2020"
    records = air_records.merged(air_records.read(path) for path in folder.glob("*.csv"))
    station = pl.concat_str("city", "station", separator="/")
    streams = records.select(station.alias("datastream"), "at", value="pm2.5")
    values = records.group_by(station.alias("station")).agg(
        pl.col("pm2.5").n_unique(), known=pl.col("pm2.5").is_not_null().any()
    )

    _, findings = history(streams, [Frozen(), Silent()], until=records["at"].max())

    frozen = set(findings.filter(kind="frozen")["datastream"])
    dead = set(findings.filter(pl.col("since").is_null())["datastream"])
    never_known = values.filter(~pl.col("known"))["station"]
    never_changed = values.filter((pl.col("pm2.5") == 1) & pl.col("known"))["station"]
    assert dead == set(never_known)
    assert frozen >= set(never_changed)
    assert len(dead) > 0
    assert len(frozen) > 0
