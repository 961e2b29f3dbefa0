from dataclasses import replace

import pytest

from chengshu.kit.codec import BadFrame
from chengshu.protocols.jt808 import Assembly, Header, Incomplete, Message, Package, split
from chengshu.protocols.jt808.bodies import MediaData, Raw, Transparent
from chengshu.protocols.jt808.location import Location

PHOTO = MediaData(1, 0, 0, 1, 2, Location(0, 0, 0, 0, 0, 0, 0, "260102030405"), bytes(5000))
HEADER = Header(0x0801, "012345678901", 65534)


def test_a_split_message_comes_back_whole_in_any_order() -> None:
    parts = split(Message(HEADER, PHOTO))
    assembly = Assembly()

    made = [whole for part in reversed(parts) for whole in assembly.add(part, now=0)]

    assert [part.header.serial for part in parts] == [65534, 65535, 0, 1, 2]
    assert made == [Message(HEADER, PHOTO)]
    assert len(assembly) == 0


def test_a_message_that_fits_is_not_split() -> None:
    message = Message(Header(0x0900, "1", 1), Transparent(0xF0, b"x"))

    assert split(message) == [message]
    assert Assembly().add(message, now=0) == [message]


def test_missing_parts_are_named_after_a_quiet_while_and_dropped_after_the_timeout() -> None:
    parts = split(Message(HEADER, PHOTO))
    assembly = Assembly(timeout=60)
    assembly.add(parts[0], now=0)
    assembly.add(parts[3], now=1)

    early, asked, dropped = assembly.gaps(5, 5), assembly.gaps(6, 5), assembly.expire(60)

    assert early == []
    assert [(gap.first_serial, gap.missing) for gap in asked] == [(65534, (2, 3, 5))]
    assert dropped == asked
    assert len(assembly) == 0


def test_a_part_that_comes_again_counts_once_even_after_completion() -> None:
    parts = split(Message(HEADER, PHOTO))
    assembly = Assembly()

    made = [whole for part in [*parts[:2], *parts, *parts] for whole in assembly.add(part, now=0)]

    assert made == [Message(HEADER, PHOTO)]
    assert len(assembly) == 0


def test_the_oldest_set_gives_way_when_there_are_too_many() -> None:
    assembly = Assembly(most_sets=2)
    parts = [
        Message(replace(HEADER, serial=10 * n, package=Package(2, 1)), Raw(b"x")) for n in range(3)
    ]

    made = [item for part in parts for item in assembly.add(part, now=0)]

    assert made == [Incomplete(parts[0].header, 0, (2,))]
    assert len(assembly) == 2


@pytest.mark.parametrize("package", [Package(0, 0), Package(2, 3), Package(2, 0), Package(9999, 1)])
def test_numbers_that_cannot_be_are_refused(package: Package) -> None:
    with pytest.raises(BadFrame) as refusal:
        Assembly().add(Message(replace(HEADER, package=package), Raw(b"x")), now=0)

    assert refusal.value.reason == "package"
