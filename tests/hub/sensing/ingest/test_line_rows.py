from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensing.ingest import line_rows
from chengshu.hub.sensing.ingest.index import StreamIndex
from tests.hub.sensing.factories import stream, terminal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW_MICROS = 1_795_262_400_000_000


def read(body: str, precision: str = "ns") -> line_rows.LineRows:
    return line_rows.read(body.encode(), precision, NOW)


def values(body: str, precision: str = "ns") -> list[tuple]:
    return read(body, precision).rows.select("line", "field", "value", "at").rows()


def test_a_line_is_one_value_per_field():
    sent = "air,host=a,terminal=T1 co=1.5,so2=7i 1000000\n"

    assert values(sent) == [(1, "co", 1.5, 1000), (1, "so2", 7.0, 1000)]


@pytest.mark.parametrize(
    ("precision", "micros"),
    [("ns", 7), ("us", 7_000), ("ms", 7_000_000), ("s", 7_000_000_000), ("h", 25_200_000_000_000)],
)
@pytest.mark.parametrize("form", ["a,terminal=T1 co=1 7000\n", 'a,terminal=T1 co=1,s="x" 7000\n'])
def test_times_are_read_in_the_precision_that_was_named(precision: str, micros: int, form: str):
    assert read(form, precision).rows["at"].to_list() == [micros]


def test_a_precision_nobody_knows_is_refused():
    with pytest.raises(line_rows.BadPrecision):
        read("a,terminal=T1 co=1 7", "fortnight")


def test_a_line_without_a_time_is_of_now():
    assert values("a,terminal=T1 co=1\n") == [(1, "co", 1.0, NOW_MICROS)]


def test_comments_blank_lines_and_other_line_ends_are_passed_over():
    sent = "# first\r\n\r\na,terminal=T1 co=1 1000\r\n\n  \nb,terminal=T1 co=2 2000"

    assert values(sent) == [(3, "co", 1.0, 1), (6, "co", 2.0, 2)]


def test_escapes_and_quotes_are_understood():
    sent = r'my\ air,terminal=T\,1,x=a\=b c\ o=1,note="a, b=2 \"c\"",so2=2 1000'

    parcel = read(sent)

    assert parcel.rows.select("field", "value").rows() == [("c o", 1.0), ("so2", 2.0)]
    assert [(line, code) for line, code, _sent in parcel.rejected] == [(1, "not-a-number")]
    assert parcel.sent(np.array([0]))[0][1]["terminal"] == "T,1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,terminal=T1", "bad-row"),
        ("a,terminal=T1 co", "bad-row"),
        ("a,terminal=T1 co=", "bad-row"),
        ("a,terminal=T1 co=1,", "bad-row"),
        ("a,terminal=T1 =1 1000", "bad-row"),
        ("a,terminal=T1 co=1 10 20", "bad-row"),
        ("a,terminal=T1 co=1 noon", "bad-row"),
        ('a,terminal=T1 co="open 1000', "bad-row"),
        ("a,terminal=T1 co=1 " + "9" * 30, "bad-row"),
        ("a" * 70_000 + ",terminal=T1 co=1 1000", "bad-row"),
        ("a,terminal=T1 co=true 1000", "not-a-number"),
        ("a,terminal=T1 co=1.2.3 1000", "not-a-number"),
        ("a,terminal=T1 co=0x10 1000", "not-a-number"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_alone(line: str, reason: str):
    parcel = read(f"{line}\na,terminal=T1 co=3 1000\n")

    assert (1, reason) in [(number, code) for number, code, _sent in parcel.rejected]
    assert parcel.rows["value"].to_list() == [3.0]


def test_bytes_that_are_no_text_reject_their_line():
    parcel = line_rows.read(b"a,terminal=\xff\xfe co=1 1000\na,terminal=T1 co=2 1000\n", "ns", NOW)

    assert [(line, code) for line, code, _sent in parcel.rejected] == [(1, "bad-row")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["T1", "T2", "终端"]),
            st.lists(
                st.tuples(st.sampled_from(["co", "so2", "噪声"]), st.floats(allow_nan=False)),
                min_size=1,
                max_size=3,
            ),
            st.integers(-(10**18), 10**18),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_reading_by_column_and_line_by_line_agree(points: list):
    lines = [
        f"m,terminal={name} {','.join(f'{field}={value!r}' for field, value in fields)} {at}"
        for name, fields, at in points
    ]

    by_column = read("\n".join(lines))
    by_line = read("\n".join([*lines, "# a comment"]))

    assert by_column.rows.rows() == by_line.rows.rows()
    assert by_column.rejected == by_line.rejected == []


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_it_fail(body: bytes):
    line_rows.read(body, "ns", NOW)


@pytest.mark.django_db
def test_series_are_found_by_their_terminal_however_they_are_spelled_and_again():
    made = terminal("T1", ("co",))
    streams = StreamIndex().streams()
    parcel = read(
        "a,terminal=T1 co=1 1\nb,z=1,terminal=T1,y=2 co=2 2\nb,terminal=T9 co=1 3\nc co=1 4"
    )

    first = parcel.addressed(streams).position
    again = parcel.addressed(streams).position

    assert streams.datastream[first[:2]].tolist() == [stream(made, "co")] * 2
    assert (first[2:] < 0).all()
    assert again.tolist() == first.tolist()


PIECES = st.sampled_from(
    [
        "a,terminal=T1 co=1 7",
        "a,terminal=T1 co=1,so2=2i 8",
        'a,terminal=T2 co="x" 7',
        "a,terminal=T2 co=1",
        "# a comment",
        "nonsense",
        "",
    ]
)


@given(st.lists(st.lists(PIECES, min_size=1, max_size=4), min_size=1, max_size=4), st.booleans())
def test_several_bodies_say_what_each_would_alone(bodies: list[list[str]], is_ended: bool):
    sent = ["\n".join(lines) + "\n" * is_ended for lines in bodies]

    several = line_rows.read_several([body.encode() for body in sent], "ns", NOW)

    turns = np.searchsorted(several.lasts, several.rows["line"].to_numpy())
    firsts = np.append(0, several.lasts[:-1])
    for turn, body in enumerate(sent):
        alone = read(body)
        mine = several.rows.filter(turns == turn)
        assert (mine["line"] - firsts[turn]).to_list() == alone.rows["line"].to_list()
        assert mine.drop("line").rows() == alone.rows.drop("line").rows()
        assert several.of_each()[turn] == alone.rejected
