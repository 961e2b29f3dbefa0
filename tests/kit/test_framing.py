import re

import pytest

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.kit.framing import PATIENCE, Framed, FrameReader, Framing, first_frame


def measure(octets: bytearray, at: int) -> int | None:
    if len(octets) - at < 2:
        return None
    if octets[at + 1] > 9 + ord("0"):
        raise BadFrame("head", "no digit after the mark")
    return 2 + octets[at + 1] - ord("0")


def check(frame: bytes) -> None:
    if measure(bytearray(frame), 0) != len(frame) or not frame.endswith(b"."):
        raise BadFrame("tail", "not as long as declared, or no full stop")


FRAMING = Framing(re.compile(rb"<"), measure, check, 11)


def test_frames_and_what_lies_between_come_out_in_order() -> None:
    found = FrameReader(FRAMING).feed(b"ab<3xy.<x<2ab<1.c")

    assert found == [
        Spoilt("noise", b"ab"),
        b"<3xy.",
        Spoilt("head", b"<x<2ab"),
        b"<1.",
        Spoilt("noise", b"c"),
    ]


def test_a_frame_waits_for_its_rest() -> None:
    reader = FrameReader(FRAMING)

    assert [reader.feed(octets) for octets in (b"<", b"3x", b"y", b".")] == [[], [], [], [b"<3xy."]]
    assert reader.held == 0


def test_after_silence_a_half_frame_gives_way_to_what_it_hides() -> None:
    reader = FrameReader(FRAMING)

    assert reader.feed(b"<9ab<1.") == []
    assert reader.idle() == [Spoilt("cut off", b"<9ab"), b"<1."]
    assert reader.idle() == []


@pytest.mark.parametrize(("bad", "is_saved"), [(PATIENCE - 1, True), (PATIENCE, False)])
def test_after_many_bad_frames_a_declared_one_is_dropped_whole(bad: int, is_saved: bool) -> None:
    found = FrameReader(FRAMING).feed(b"<1x" * bad + b"<6<1.abx")

    assert (b"<1." in found) == is_saved


def test_a_good_frame_restores_the_patience() -> None:
    reader = FrameReader(FRAMING)
    reader.feed(b"<1x" * PATIENCE + b"<1.")

    assert b"<1." in reader.feed(b"<6<1.abx")


@pytest.mark.parametrize(
    ("octets", "framed"),
    [
        (b"ab<1.c", Framed(b"ab", b"<1.", b"c")),
        (b"<9<1.", Framed(b"<9", b"<1.", b"")),
    ],
)
def test_the_first_good_frame_is_found(octets: bytes, framed: Framed) -> None:
    assert first_frame(FRAMING, octets) == framed


@pytest.mark.parametrize(("octets", "reason"), [(b"", "start mark"), (b"<1x", "tail")])
def test_the_first_fault_is_told_where_there_is_no_frame(octets: bytes, reason: str) -> None:
    with pytest.raises(BadFrame) as refused:
        first_frame(FRAMING, octets)

    assert refused.value.reason == reason
