from pathlib import Path

import pytest

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import CODEC, Assembly, answer_to, crc, decode, encode
from tests.protocols.hj212.vectors import valid, vectors

NOT_AS_THE_STANDARD_WRITES_IT = {
    "hj212-p-009": "the check in lower case",
    "hj212-p-019": "a stray comma in the header",
    "hj212-p-027": "the check in lower case",
}


def test_every_vector_decodes_to_the_fields_it_states(shared: Path) -> None:
    for vector in vectors(shared):
        decoded = CODEC.decode(vector["frame"])

        read = {name: decoded.fields.get(name) for name in vector["expect"]}
        assert (vector["id"], decoded.valid, read) == (
            vector["id"],
            vector["valid"],
            vector["expect"],
        )


def test_every_canonical_vector_is_encoded_again_byte_for_byte(shared: Path) -> None:
    different = {v["id"] for v in valid(shared) if encode(decode(v["frame"])) != v["frame"]}

    assert different == set(NOT_AS_THE_STANDARD_WRITES_IT)


def test_what_is_not_canonical_says_the_same_when_encoded_again(shared: Path) -> None:
    for vector in valid(shared):
        message = decode(vector["frame"])

        assert decode(encode(message)) == message


def test_acknowledgements_are_those_of_the_vectors(shared: Path) -> None:
    for vector in valid(shared):
        if "expect_ack_ascii" in vector:
            answer = answer_to(decode(vector["frame"]))

            assert answer is not None
            assert encode(answer) == vector["expect_ack_ascii"].encode()


def test_the_split_sequence_of_the_vectors_is_put_together(shared: Path) -> None:
    assembly = Assembly()
    parts = [decode(v["frame"]) for v in valid(shared) if v.get("sequence") == "hj212-split-1"]

    (whole,) = [made for part in parts for made in assembly.add(part, now=0)]

    assert whole.is_complete
    assert whole.message.data is not None
    assert list(whole.message.data.factors) == ["w00000", "w01001", "w01018"]
    assert whole.message.data.text.count("DataTime") == 1


@pytest.mark.parametrize(
    ("octets", "check"), [(b"", 0xFFFF), (b"\x00", 0x4040), (b"123456789", 0x2F80)]
)
def test_the_check_has_its_published_values(octets: bytes, check: int) -> None:
    assert crc(octets) == check


def test_a_check_without_its_leading_zero_is_refused() -> None:
    frame = (
        b"##0075QN=20260706103512345;ST=91;CN=9014;PW=123456;MN=A110000_0001;Flag=8;CP=&&&&140\r\n"
    )

    with pytest.raises(BadFrame):
        decode(frame)
