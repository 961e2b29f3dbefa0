import random
import time
from pathlib import Path

import pytest

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.jt808 import Header, Reader, decode
from chengshu.protocols.jt808.frame import build
from tests.protocols.jt808.vectors import valid

FRAMES = [build(Header(0x0002, "012345678901", n), bytes([n, 0x7D, 0x7E])) for n in range(3)]


def read(reader: Reader, *chunks: bytes) -> list[bytes | Spoilt]:
    return [item for chunk in chunks for item in reader.feed(chunk)]


def test_frames_come_whole_however_the_stream_is_cut(shared: Path) -> None:
    frames = [vector["frame"] for vector in valid(shared)]
    stream = b"".join(frames)
    rng = random.Random(808)

    for _ in range(20):
        cuts = sorted(rng.randrange(len(stream)) for _ in range(rng.randrange(200)))
        chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

        assert read(Reader(), *chunks) == frames


def test_one_flag_may_close_a_frame_and_open_the_next() -> None:
    assert read(Reader(), FRAMES[0] + FRAMES[1][1:] + b"\x7e\x7e" + FRAMES[2]) == FRAMES


def test_noise_between_frames_is_spoilt_and_costs_no_frame() -> None:
    found = read(Reader(), b"noise", FRAMES[0] + b"x" + FRAMES[1], b"yy", FRAMES[2])

    assert found == [
        Spoilt("delimiter", b"noise"),
        FRAMES[0],
        Spoilt("length", b"\x7ex\x7e"),
        FRAMES[1],
        Spoilt("length", b"\x7eyy\x7e"),
        FRAMES[2],
    ]


def test_a_frame_cut_short_does_not_take_the_next_with_it() -> None:
    found = read(Reader(), FRAMES[0][:17], FRAMES[1], FRAMES[2])

    assert [type(item) for item in found] == [Spoilt, bytes, bytes]
    assert found[1:] == FRAMES[1:]


def test_a_damaged_frame_is_spoilt_with_its_reason() -> None:
    damaged = FRAMES[0][:8] + b"\xaa" + FRAMES[0][9:]

    assert read(Reader(), damaged, FRAMES[1]) == [Spoilt("bcc", damaged), FRAMES[1]]


def test_what_waits_when_the_line_falls_silent_is_given_up() -> None:
    reader = Reader()
    reader.feed(FRAMES[2][:12])

    silent = reader.idle()

    assert silent == [Spoilt("cut off", FRAMES[2][1:12])]
    assert (reader.idle(), read(reader, FRAMES[0])) == ([], [FRAMES[0]])


@pytest.mark.parametrize("noise", [b"\x7e", b"\x7ex", b"\x7d", b"x", b"\x7e\x7d\x7e", b"\x7d\x01"])
def test_hostile_noise_takes_linear_time_and_bounded_memory(noise: bytes) -> None:
    reader = Reader()
    started = time.process_time()

    for _ in range(50):
        reader.feed(noise * 1000)
        assert reader.held <= Reader.longest

    assert time.process_time() - started < 5
    assert read(reader, b"\x7e" + FRAMES[0])[-1] == FRAMES[0]


def test_the_stream_recovers_after_any_damage() -> None:
    rng = random.Random(2011)
    for _ in range(300):
        damaged = bytearray(FRAMES[0] + FRAMES[1])
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        cut = rng.randrange(len(damaged))

        found = read(Reader(), bytes(damaged[:cut]), bytes(damaged[cut:]), FRAMES[2], FRAMES[2])

        assert found[-1] == FRAMES[2]


def test_random_and_mutated_frames_raise_nothing_but_the_refusal(shared: Path) -> None:
    rng = random.Random(2019)
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


def test_random_bodies_behind_a_right_check_raise_nothing(shared: Path) -> None:
    rng = random.Random(2013)
    headers = [decode(vector["frame"]).header for vector in valid(shared)]
    for _ in range(10_000):
        frame = build(rng.choice(headers), rng.randbytes(rng.randrange(80)))

        decode(frame)
