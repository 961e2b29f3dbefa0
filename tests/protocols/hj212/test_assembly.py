from dataclasses import replace

import pytest

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import Assembly, Data, Message

PART = Message(
    qn="20160801085857534",
    st="32",
    cn="2061",
    mn="1",
    flag=6,
    pnum=3,
    pno=1,
    data=Data("DataTime=20160801080000;a-Avg=1"),
)


def part(number: int, **changes: object) -> Message:
    data = Data(f"DataTime=20160801080000;a{number}-Avg={number}")
    return replace(PART, pno=number, **{"data": data, **changes})


def test_parts_in_any_order_make_the_whole_in_their_order() -> None:
    assembly = Assembly()

    made = [whole for n in (3, 1, 2) for whole in assembly.add(part(n), now=0)]

    assert [whole.message.data for whole in made] == [
        Data("DataTime=20160801080000;a1-Avg=1;a2-Avg=2;a3-Avg=3")
    ]
    assert (made[0].message.flag, made[0].message.pnum, len(assembly)) == (4, None, 0)


def test_a_message_that_is_not_split_passes_through() -> None:
    message = replace(PART, flag=4, pnum=None, pno=None)

    (whole,) = Assembly().add(message, now=0)

    assert whole.message == message


def test_what_came_in_time_is_delivered_as_incomplete() -> None:
    assembly = Assembly(timeout=10)
    assembly.add(part(1), now=0)
    assembly.add(part(3), now=5)

    early, late = assembly.expire(now=9.9), assembly.expire(now=10)

    assert early == []
    assert [(whole.missing, whole.is_complete) for whole in late] == [((2,), False)]


def test_a_part_that_comes_again_counts_once_even_after_delivery() -> None:
    assembly = Assembly()
    made = [w for n in (1, 1, 2, 2, 3, 3, 1) for w in assembly.add(part(n), now=0)]

    assert len(made) == 1
    assert len(assembly) == 0


def test_the_oldest_set_gives_way_when_there_are_too_many() -> None:
    assembly = Assembly(most_sets=2)

    made = [w for mn in "abc" for w in assembly.add(part(1, mn=mn), now=0)]

    assert [whole.message.mn for whole in made] == ["a"]
    assert len(assembly) == 2


@pytest.mark.parametrize(("pnum", "pno"), [(0, 0), (2, 3), (2, 0), (999, 1)])
def test_numbers_that_cannot_be_are_refused(pnum: int, pno: int) -> None:
    with pytest.raises(BadFrame) as refusal:
        Assembly().add(replace(PART, pnum=pnum, pno=pno), now=0)

    assert refusal.value.reason == "package"
