import pytest

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import CODEC, Data, Message, Reader, decode, encode

KEY = b"0" * 16
MESSAGE = Message(
    qn="20260706103512345",
    st="21",
    cn="2061",
    pw="123456",
    mn="A110000_0001",
    flag=9,
    data=Data("DataTime=20260706100000;w01010-Avg=28.4,w01010-Flag=N"),
)


def test_an_encrypted_message_is_read_with_its_key() -> None:
    frame = encode(MESSAGE, key=KEY)

    assert b"CP=&&{0x" in frame
    assert decode(frame, key=KEY) == MESSAGE


def test_the_rest_behind_the_last_whole_block_stays_plain() -> None:
    frame = encode(MESSAGE, key=KEY)

    assert frame.count(b"0x") == 48
    assert b"}lag=N&&" in frame


def test_length_and_check_are_those_of_the_plain_segment() -> None:
    plain, encrypted = encode(MESSAGE), encode(MESSAGE, key=KEY)

    assert (encrypted[:6], encrypted[-6:]) == (plain[:6], plain[-6:])


def test_an_encrypted_message_without_a_key_is_refused_as_such() -> None:
    decoded = CODEC.decode(encode(MESSAGE, key=KEY))

    assert (decoded.valid, decoded.fields["error"]) == (False, "encrypted")
    assert (decoded.fields["MN"], decoded.fields["CN"]) == ("A110000_0001", "2061")


def test_the_wrong_key_fails_the_check() -> None:
    with pytest.raises(BadFrame) as refusal:
        decode(encode(MESSAGE, key=KEY), key=b"1" * 16)

    assert refusal.value.reason == "crc"


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(BadFrame) as refusal:
        encode(MESSAGE, key=b"short")

    assert refusal.value.reason == "key"


def test_data_shorter_than_a_block_stay_plain() -> None:
    message = Message(st="21", cn="2011", mn="1", flag=9)

    assert encode(message, key=KEY) == encode(message)


def test_a_stream_of_encrypted_frames_is_cut_at_line_ends_though_the_length_is_plain() -> None:
    frames = [encode(MESSAGE, key=KEY), encode(MESSAGE), encode(MESSAGE, key=KEY)]
    reader = Reader()

    found = [item for octet in b"".join(frames) for item in reader.feed(bytes([octet]))]

    assert found == frames
