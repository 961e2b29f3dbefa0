import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.protocols.mqtt.decoding import Splitter, decode
from chengshu.protocols.mqtt.encoding import acknowledgement, encode
from chengshu.protocols.mqtt.fields import BINARY, FOUR, KNOWN, ONE, PAIR, TEXT, TWO
from chengshu.protocols.mqtt.packets import (
    V3,
    V5,
    Answer,
    BadPacket,
    Connack,
    Connect,
    Disconnect,
    Kind,
    Packet,
    Ping,
    Publish,
    Reason,
    Subscribe,
    Unsubscribe,
    Verdicts,
    Will,
)

LARGEST = 1024 * 1024
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
octets = st.binary(max_size=300)
ids = st.integers(1, 0xFFFF)
small = st.integers(0, 0xFF)
VALUES = {
    ONE: small,
    TWO: st.integers(0, 0xFFFF),
    FOUR: st.integers(0, 2**32 - 1),
    TEXT: texts,
    BINARY: octets,
    PAIR: st.tuples(texts, texts),
}


def properties() -> st.SearchStrategy:
    single = {
        known.name: VALUES.get(known.form, st.integers(0, 268_435_455))
        for known in KNOWN
        if not known.may_repeat
    }
    several = {
        "user": st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple),
        "subscription": st.lists(st.integers(1, 268_435_455), min_size=1, max_size=3).map(tuple),
    }
    return st.fixed_dictionaries({}, optional=single | several)


@st.composite
def packets(draw: st.DrawFn) -> tuple[Packet, int]:
    version = draw(st.sampled_from([V3, V5]))
    more = properties() if version == V5 else st.just({})
    code = small if version == V5 else st.just(0)
    qos = draw(st.integers(0, 2))
    wills = st.builds(Will, texts, octets, st.integers(0, 2), st.booleans(), properties=more)
    user = draw(st.none() | texts)
    filters = st.lists(st.tuples(texts, st.integers(0, 2)), min_size=1, max_size=3).map(tuple)
    answers = st.sampled_from([Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP])
    packet = draw(
        st.one_of(
            st.builds(
                Connect,
                texts,
                st.just(version),
                st.booleans(),
                st.integers(0, 0xFFFF),
                st.just(user),
                octets if user is not None else st.none(),
                st.none() | wills,
                more,
            ),
            st.builds(Connack, small, st.booleans(), more),
            st.builds(
                Publish,
                texts,
                octets,
                st.just(qos),
                ids if qos else st.just(0),
                st.booleans(),
                st.booleans(),
                more,
            ),
            st.builds(Answer, answers, ids, code, more),
            st.builds(Subscribe, ids, filters, more),
            st.builds(Unsubscribe, ids, st.lists(texts, min_size=1).map(tuple), more),
            st.builds(
                Verdicts,
                st.sampled_from([Kind.SUBACK, Kind.UNSUBACK]),
                ids,
                st.lists(small).map(tuple),
                more,
            ),
            st.builds(Ping, st.sampled_from([Kind.PINGREQ, Kind.PINGRESP])),
            st.builds(Disconnect, code, more),
        )
    )
    return packet, version


def decoded(sent: bytes, version: int) -> list[Packet]:
    return [decode(first, body, version) for first, body in Splitter(LARGEST).feed(sent)]


@given(packets())
def test_what_is_written_is_read_again(case: tuple[Packet, int]):
    packet, version = case

    assert decoded(encode(packet, version), version) == [packet]


@given(st.lists(packets(), min_size=1, max_size=5), st.integers(1, 40))
def test_packets_are_found_however_the_stream_is_cut(cases, size: int):
    sent = b"".join(encode(packet, version) for packet, version in cases)
    splitter = Splitter(LARGEST)

    found = [
        whole
        for start in range(0, len(sent), size)
        for whole in splitter.feed(sent[start : start + size])
    ]

    assert found == Splitter(LARGEST).feed(sent)
    assert [decode(*whole, version) for whole, (_, version) in zip(found, cases, strict=True)] == [
        packet for packet, _ in cases
    ]


@settings(max_examples=500)
@given(packets(), st.data())
def test_broken_packets_are_refused_and_never_crash(case, data: st.DataObject):
    packet, version = case
    sent = bytearray(encode(packet, version))
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(small)

    try:
        found = decoded(bytes(sent), version)
    except BadPacket:
        found = []

    assert len(found) <= len(sent)


@settings(max_examples=500)
@given(st.binary(max_size=200), st.sampled_from([V3, V5]))
def test_random_bytes_never_crash(sent: bytes, version: int):
    try:
        found = decoded(sent, version)
    except BadPacket:
        found = []

    assert len(found) <= len(sent)


def test_a_packet_over_the_limit_is_refused_before_it_has_arrived():
    splitter = Splitter(largest=1000)

    with pytest.raises(BadPacket, match="bytes") as refused:
        splitter.feed(b"\x30\xff\xff\x03")

    assert refused.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("sent", "version"),
    [
        ("00 00", V3),  # no such type
        ("f0 00", V3),  # AUTH
        ("36 05 00 01 61 00 01", V3),  # QoS 3
        ("32 05 00 01 61 00 00", V3),  # packet identifier 0
        ("32 03 00 01 61", V3),  # no packet identifier
        ("30 04 00 05 61 62", V3),  # topic longer than the packet
        ("30 03 00 01 ff", V3),  # not UTF-8
        ("30 03 00 01 00", V3),  # null character
        ("80 06 00 01 00 01 61 00", V3),  # flags of SUBSCRIBE
        ("82 02 00 01", V3),  # no filter
        ("82 06 00 01 00 01 61 03", V3),  # QoS 3
        ("c0 01 00", V3),  # PINGREQ with a body
        ("30 05 00 01 61 01 7f", V5),  # no such property
        ("30 07 00 01 61 04 01 00 01", V5),  # properties longer than the packet
        ("30 08 00 01 61 04 01 00 01 00", V5),  # the same property twice
        ("10 0c 00 04 4d 51 54 54 04 03 00 00 00 00", V3),  # reserved connect flag
        ("10 0c 00 04 4d 51 54 54 04 42 00 00 00 00", V3),  # password without user
        ("10 0c 00 04 4d 51 54 54 04 0a 00 00 00 00", V3),  # options of no will
        ("10 0c 00 04 4d 51 54 54 03 02 00 00 00 00", V3),  # protocol level 3
        ("10 0e 00 06 4d 51 49 73 64 70 03 02 00 00 00 00", V3),  # MQTT 3.1
        ("30 ff ff ff ff 01", V3),  # a length of five bytes
    ],
)
def test_what_the_standard_forbids_is_refused(sent: str, version: int):
    with pytest.raises(BadPacket):
        decoded(bytes.fromhex(sent), version)


@pytest.mark.parametrize(
    ("sent", "packet"),
    [
        (
            "10 18 00 04 4d 51 54 54 04 c2 00 3c 00 03 64 65 76 00 01 75 00 04 63 73 5f 6b",
            Connect("dev", V3, True, 60, "u", b"cs_k"),
        ),
        ("32 0a 00 03 61 2f 62 00 0a 35 2e 35", Publish("a/b", b"5.5", 1, 10)),
        ("62 02 00 0a", Answer(Kind.PUBREL, 10)),
        ("e0 00", Disconnect()),
    ],
)
def test_bytes_of_the_standard_are_read(sent: str, packet: Packet):
    assert decoded(bytes.fromhex(sent), V3) == [packet]


@pytest.mark.parametrize("version", [V3, V5])
def test_an_acknowledgement_is_written_as_by_the_long_way(version: int):
    assert acknowledgement(Kind.PUBACK, 300) == encode(Answer(Kind.PUBACK, 300), version)
