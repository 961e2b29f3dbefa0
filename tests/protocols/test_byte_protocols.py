"""What holds for every byte protocol: its vectors, refusals, and broken streams."""

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame, Spoilt

from .byte_protocols import PROTOCOLS, ByteProtocol, spoilt

FRAMES_PER_PROTOCOL = 25_000
CHUNK = 4096

every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.name)


def differing(expected: dict[str, object], fields: object) -> dict[str, object]:
    assert isinstance(fields, dict)
    return {k: fields.get(k, "absent") for k, v in expected.items() if fields.get(k) != v}


def frames_in(found: list[bytes | Spoilt]) -> list[bytes]:
    return [each for each in found if isinstance(each, bytes)]


def octets_of(found: list[bytes | Spoilt]) -> bytes:
    return b"".join(each if isinstance(each, bytes) else each.octets for each in found)


@every_protocol
def test_every_vector_says_what_it_should(protocol: ByteProtocol, shared: Path) -> None:
    for case in protocol.cases(shared):
        decoded = protocol.module.CODEC.decode(bytes.fromhex(case["frame_hex"]))

        assert (case["id"], decoded.valid) == (case["id"], case["valid"])
        assert (case["id"], differing(case["expect"], decoded.fields)) == (case["id"], {})


@every_protocol
def test_every_good_frame_is_encoded_byte_for_byte(protocol: ByteProtocol, shared: Path) -> None:
    for frame in protocol.frames(shared):
        assert protocol.module.encode(protocol.module.decode(frame)) == frame


@every_protocol
def test_spoilt_frames_are_refused_and_nothing_else_is_raised(
    protocol: ByteProtocol, shared: Path
) -> None:
    chance = random.Random(20260101)
    frames = protocol.frames(shared)

    for _ in range(FRAMES_PER_PROTOCOL):
        octets = spoilt(protocol, chance.choice(frames), chance)
        decoded = protocol.module.CODEC.decode(octets)
        try:
            message = protocol.module.decode(octets)
        except BadFrame:
            continue
        assert decoded.valid
        assert protocol.module.decode(protocol.module.encode(message)) == message


@every_protocol
@given(octets=st.binary(max_size=64))
def test_any_bytes_are_refused_or_understood(protocol: ByteProtocol, octets: bytes) -> None:
    decoded = protocol.module.CODEC.decode(octets)

    assert decoded.valid or decoded.fields["error"]


@every_protocol
@pytest.mark.parametrize("most", [1, 7, 300])
def test_frames_cut_anywhere_come_out_whole(
    protocol: ByteProtocol, shared: Path, most: int
) -> None:
    chance = random.Random(most)
    sent = protocol.frames(shared)
    stream, reader = b"".join(sent), protocol.module.Reader()

    found, at = [], 0
    while at < len(stream):
        size = chance.randint(1, most)
        found += reader.feed(stream[at : at + size])
        at += size

    assert frames_in(found) == sent
    assert octets_of(found) == stream


@every_protocol
def test_good_frames_survive_noise_and_halves_between_them(
    protocol: ByteProtocol, shared: Path
) -> None:
    chance = random.Random(7)
    reader = protocol.module.Reader()
    sent = [frame for frame in protocol.frames(shared) for _ in range(20)]

    found, stream = [], b""
    for frame in sent:
        noise = chance.randbytes(chance.randrange(30)) + frame[: chance.randrange(len(frame))]
        found += reader.feed(noise)
        found += reader.idle()
        found += reader.feed(frame)
        stream += noise + frame
    found += reader.idle()

    assert len(frames_in(found)) >= len(sent)
    assert set(sent) <= set(frames_in(found))
    assert octets_of(found) == stream


@every_protocol
def test_a_stream_of_spoilt_frames_loses_no_byte_and_stays_small(
    protocol: ByteProtocol, shared: Path
) -> None:
    chance = random.Random(11)
    frames = protocol.frames(shared)
    reader = protocol.module.Reader()

    for _ in range(3_000):
        chunk = spoilt(protocol, chance.choice(frames), chance)
        before = reader.held
        found = reader.feed(chunk)

        assert before + len(chunk) == len(octets_of(found)) + reader.held
        assert all(protocol.is_whole(frame) for frame in frames_in(found))
        assert reader.held <= protocol.longest


@every_protocol
def test_memory_stays_bounded_whatever_is_fed(protocol: ByteProtocol, shared: Path) -> None:
    reader = protocol.module.Reader()
    head = max(protocol.frames(shared), key=len)[:27]
    for piece in (b"\x00", b"\xfe", b"@", b"\x7e", b"\x01", b"\x68", head):
        reader.feed(piece * 100)
    tracemalloc.start()

    for piece in (b"\x00", b"\xfe", b"@", b"\x7e", b"\x01", b"\x68", head):
        for _ in range(4):
            reader.feed(piece * (CHUNK // len(piece)))

    grown, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.held <= protocol.longest
    assert grown < 20_000


@every_protocol
def test_time_is_linear_in_hostile_bytes(protocol: ByteProtocol, shared: Path) -> None:
    frame = bytearray(max(protocol.frames(shared), key=len))
    frame[-4] ^= 0xFF
    hostile = [bytes(frame), bytes(frame[:14]), b"\x68" * 16, b"@" * 16, b"\x01" + b"0" * 23]

    for piece in hostile:
        reader = protocol.module.Reader()
        stream = piece * (256 * 1024 // len(piece))
        began = time.process_time()
        for at in range(0, len(stream), CHUNK):
            reader.feed(stream[at : at + CHUNK])

        assert time.process_time() - began < 4
