import random
import time
from pathlib import Path

import pytest

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.hj212 import Data, Message, Reader, decode, encode
from tests.protocols.hj212.vectors import valid

FRAMES = [
    encode(Message(qn=f"201608010858{n:05d}", st="32", cn="2011", mn="1", flag=5, data=data))
    for n, data in enumerate([Data(), Data("a-Rtd=1"), Data("DataTime=20160801085857;b-Rtd=2.0")])
]


def read(reader: Reader, *chunks: bytes) -> list[bytes | Spoilt]:
    return [item for chunk in chunks for item in reader.feed(chunk)]


def frames_of(found: list[bytes | Spoilt]) -> list[bytes]:
    return [item for item in found if isinstance(item, bytes)]


def test_frames_come_whole_however_the_stream_is_cut(shared: Path) -> None:
    frames = [vector["frame"] for vector in valid(shared)]
    stream = b"".join(frames)
    rng = random.Random(212)

    for _ in range(20):
        cuts = sorted(rng.randrange(len(stream)) for _ in range(rng.randrange(200)))
        chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

        assert read(Reader(), *chunks) == frames


def test_noise_between_frames_is_spoilt_and_costs_no_frame() -> None:
    found = read(Reader(), b"noise" + FRAMES[0] + b"#1#" + FRAMES[1] + b"\r\n\r\n" + FRAMES[2])

    assert found == [
        Spoilt("garbage", b"noise"),
        FRAMES[0],
        Spoilt("garbage", b"#1#"),
        FRAMES[1],
        FRAMES[2],
    ]


def test_a_frame_cut_short_does_not_take_the_next_with_it() -> None:
    found = read(Reader(), FRAMES[2][:30], FRAMES[0], FRAMES[1])

    assert found == [Spoilt("length", FRAMES[2][:30]), FRAMES[0], FRAMES[1]]


def test_a_wrong_length_is_spoilt_at_its_line_end_without_waiting() -> None:
    long = b"##9999" + FRAMES[0][6:]

    assert read(Reader(), long)[0] == Spoilt("length", long)
    assert read(Reader(), long, FRAMES[1])[-1] == FRAMES[1]


def test_a_missing_line_end_is_accepted_before_the_next_frame() -> None:
    found = read(Reader(), FRAMES[0][:-2] + FRAMES[1])

    assert found == [FRAMES[0][:-2], FRAMES[1]]
    assert decode(FRAMES[0][:-2]) == decode(FRAMES[0])


def test_what_waits_when_the_line_falls_silent_is_given_up() -> None:
    reader = Reader()
    reader.feed(FRAMES[2][:12])

    silent = reader.idle()

    assert silent == [Spoilt("cut off", FRAMES[2][:12])]
    assert (reader.idle(), read(reader, FRAMES[0])) == ([], [FRAMES[0]])


@pytest.mark.parametrize("noise", [b"##9999", b"#", b"##0000", b"##99", b"##0001x\r\n", b"&&{0x"])
def test_hostile_noise_takes_linear_time_and_bounded_memory(noise: bytes) -> None:
    reader = Reader()
    started = time.process_time()

    for _ in range(50):
        reader.feed(noise * 1000)
        assert reader.held <= Reader.longest

    assert time.process_time() - started < 5


def test_the_stream_recovers_after_any_damage() -> None:
    rng = random.Random(2017)
    for _ in range(300):
        damaged = bytearray(FRAMES[2] + FRAMES[1])
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        reader = Reader()

        found = read(reader, bytes(damaged), b"\r\n", *[FRAMES[0]] * 120)

        assert frames_of(found)[-1] == FRAMES[0]
        assert len(frames_of(found)) >= 20


def test_random_and_mutated_frames_raise_nothing_but_the_refusal(shared: Path) -> None:
    rng = random.Random(808212)
    frames = [vector["frame"] for vector in valid(shared)]
    reader = Reader()
    for number in range(50_000):
        frame = bytearray(rng.choice(frames)) if number % 2 else bytearray(rng.randbytes(40))
        for _ in range(rng.randrange(4)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        for item in reader.feed(bytes(frame)):
            try:
                decode(item.octets if isinstance(item, Spoilt) else item)
            except BadFrame:
                continue
        assert reader.held <= Reader.longest
