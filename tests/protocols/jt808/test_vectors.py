from pathlib import Path

from chengshu.protocols.jt808 import CODEC, Assembly, Incomplete, decode, encode
from chengshu.protocols.jt808.bodies import Raw
from tests.protocols.jt808.vectors import valid, vectors

SAME_FAULT = {"wrong check byte": "bcc"}


def test_every_vector_decodes_to_the_fields_it_states(shared: Path) -> None:
    for vector in vectors(shared):
        decoded = CODEC.decode(vector["frame"])

        expected = dict(vector["expect"])
        if not vector["valid"]:
            expected["error"] = SAME_FAULT.get(expected["error"], expected["error"])
        read = {name: decoded.fields.get(name) for name in expected}
        assert (vector["id"], decoded.valid, read) == (vector["id"], vector["valid"], expected)


def test_every_vector_is_encoded_again_byte_for_byte(shared: Path) -> None:
    for vector in valid(shared):
        assert encode(decode(vector["frame"])) == vector["frame"], vector["id"]


def test_what_the_standard_describes_is_typed_and_not_left_as_bytes(shared: Path) -> None:
    left = {
        f"0x{message.header.message_id:04X}"
        for message in (decode(vector["frame"]) for vector in valid(shared))
        if isinstance(message.body, Raw)
    }

    assert left == {"0x0108", "0x0301", "0x0304", "0x1205", "0x8108", "0x8600"}


def test_the_split_sequence_of_the_vectors_is_put_together(shared: Path) -> None:
    assembly = Assembly()
    parts = [decode(v["frame"]) for v in valid(shared) if v.get("sequence") == "jt808-split-1205"]

    (whole,) = [made for part in parts for made in assembly.add(part, now=0)]

    assert not isinstance(whole, Incomplete)
    assert isinstance(whole.body, Raw)
    assert (len(whole.body.octets), whole.header.package) == (930 + 56, None)
    assert whole.header.serial == 235
