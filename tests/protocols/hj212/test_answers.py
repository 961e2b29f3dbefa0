from datetime import UTC, datetime

import pytest

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import (
    Data,
    ExecutionReturn,
    Message,
    RequestReturn,
    answer_to,
    encode,
    following_number,
    operation_result,
    request_answer,
    request_number,
    split,
)

QN = "20160801085857223"


def upload(cn: str, flag: int | None, data: Data | None = None) -> Message:
    return Message(qn=QN, st="32", cn=cn, pw="123456", mn="1", flag=flag, data=data or Data())


@pytest.mark.parametrize(
    ("cn", "flag", "answer"),
    [
        ("2011", 5, "9014"),
        ("2011", 4, None),
        ("1013", 5, "9013"),
        ("2000", 9, "9014"),
        ("9015", 9, "9014"),
        ("9011", 5, None),
        ("9014", 5, None),
    ],
)
def test_the_centre_answers_what_wants_it(cn: str, flag: int, answer: str | None) -> None:
    answered = answer_to(upload(cn, flag))

    assert (answered.cn if answered else None) == answer


def test_an_answer_keeps_the_version_and_wants_none_itself() -> None:
    answer = answer_to(upload("2061", 9))

    assert answer is not None
    assert (answer.flag, answer.st, answer.qn, answer.data) == (8, "91", QN, Data())


def test_a_data_answer_of_2005_names_the_request_in_its_data() -> None:
    answer = answer_to(upload("2051", 1))

    assert answer is not None
    assert encode(answer)[6:-6] == (
        b"ST=91;CN=9014;PW=123456;MN=1;Flag=0;CP=&&QN=20160801085857223;CN=2051&&"
    )


def test_returns_of_requests_and_operations_carry_their_code() -> None:
    request = upload("1062", 5)

    taken = request_answer(request, RequestReturn.WRONG_PASSWORD)
    done = operation_result(request, ExecutionReturn.NO_DATA)

    assert (taken.cn, taken.data) == ("9011", Data("QnRtn=3"))
    assert (done.cn, done.data) == ("9012", Data("ExeRtn=100"))


def test_request_numbers_are_beijing_time_to_the_millisecond() -> None:
    number = request_number(datetime(2016, 8, 1, 0, 58, 57, 223_000, tzinfo=UTC))

    assert number == QN
    assert following_number("20160801085959999", 1) == "20160801090000000"


def test_what_is_no_request_number_has_no_following() -> None:
    with pytest.raises(ValueError, match="not a request number"):
        following_number("2016", 1)


def test_a_long_message_is_split_between_groups_and_repeats_its_time() -> None:
    groups = [{f"w{n:05d}-Rtd": "1.5", f"w{n:05d}-Flag": "N"} for n in range(80)]
    message = upload("2011", 5, data=Data.of({"DataTime": "20160801085857"}, *groups))

    parts = split(message)

    assert [(part.flag, part.pnum, part.pno) for part in parts] == [(7, 3, 1), (7, 3, 2), (7, 3, 3)]
    assert [part.qn for part in parts] == [QN, following_number(QN, 1), following_number(QN, 2)]
    assert all(len(encode(part)) <= 1024 + 12 for part in parts)
    assert all(part.data and part.data.text.startswith("DataTime=") for part in parts)
    assert sum(len(part.data.factors) for part in parts if part.data) == 80


def test_a_message_that_fits_is_not_split() -> None:
    message = upload("2011", 5)

    assert split(message) == [message]


def test_a_group_too_long_for_a_frame_cannot_be_split() -> None:
    message = upload("3020", 4, data=Data.of({"i11001-Info": "x" * 1000}))

    with pytest.raises(BadFrame, match="too long for a frame"):
        split(message)
