"""HJ 212 over a real socket against a real ingest process."""

import json
from pathlib import Path

import httpx
import pytest

from chengshu.hub.sensing.models import DeviceFrame, Rejection, UnknownDevice
from chengshu.protocols.hj212 import Data, Message, decode, encode, flag_of, split

from .lines import Line, Ports, device, eventually_true, stored

pytestmark = pytest.mark.django_db(transaction=True)
MN, PW = "A110000_0001", "123456"
AT = "20260101080000"
STREAMS = ("a34004", "a34002")


def said(
    cn: str = "2011", values: str = "a34004-Rtd=35.5,a34004-Flag=N", **facts: object
) -> Message:
    given = {
        "qn": "20260101080000001",
        "st": "22",
        "cn": cn,
        "pw": PW,
        "mn": MN,
        "flag": flag_of(1, answer=True),
        "data": Data(f"DataTime={AT};{values}"),
    }
    return Message(**(given | facts))  # type: ignore[arg-type]


@pytest.fixture
def logger():
    return device("hj212", MN, "AIR-1", STREAMS, secret=PW)


def test_a_value_is_in_the_lake_when_its_acknowledgement_arrives(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said()))

        answer = decode(line.hear())

    assert (answer.cn, answer.qn, answer.mn) == ("9014", "20260101080000001", MN)
    assert stored("AIR-1") == {"a34004": [("2026-01-01T00:00:00", 35.5, 0)]}


def test_frames_in_halves_glued_and_between_garbage_are_all_taken(ports: Ports, logger):
    frames = [
        encode(said(data=Data(f"DataTime=2026010108{n:02}00;a34004-Rtd={n}"))) for n in range(6)
    ]
    stream = b"\x00noise" + frames[0] + frames[1] + b"##0010garb" + b"".join(frames[2:])
    with Line(ports.of["hj212"]) as line:
        for at in range(0, len(stream), 37):
            line.send(stream[at : at + 37])

        answers = line.hear_until(6, b"\r\n")

    assert answers.count(b"CN=9014") == 6
    assert [value for _at, value, _q in stored("AIR-1")["a34004"]] == [0, 1, 2, 3, 4, 5]


def test_a_repeat_is_acknowledged_again_and_stored_once(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said()) * 3)

        answers = line.hear_until(3, b"\r\n")

    assert answers.count(b"CN=9014") == 3
    assert len(stored("AIR-1")["a34004"]) == 1


def test_nothing_is_said_to_a_frame_that_asks_for_no_answer(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(flag=flag_of(1))))

        assert line.hear(1.5) == b""
    assert len(stored("AIR-1")["a34004"]) == 1


@pytest.mark.parametrize(
    ("cn", "part"), [("2051", "Avg"), ("2061", "Avg"), ("2031", "Avg"), ("2061", "Cou")]
)
def test_the_value_of_a_period_has_the_time_of_its_start(ports: Ports, logger, cn, part):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(cn, f"a34004-Min=1,a34004-{part}=2,a34004-Max=3,a34004-Flag=N")))

        line.hear()

    assert stored("AIR-1") == {"a34004": [("2026-01-01T00:00:00", 2.0, 0)]}


def test_settings_name_the_streams_turn_units_and_read_the_flags(ports: Ports):
    settings = {
        "streams": {"a34004-Max": "a34002", "w1": "a34004"},
        "factors": {"w1": 1000},
        "flags": {"Q": "maintenance"},
    }
    device("hj212", MN, "AIR-1", STREAMS, secret=PW, settings=settings)
    values = "w1-Avg=0.035,w1-Flag=Q;a34004-Max=7,a34004-Flag=D"
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said("2061", values)))

        line.hear()

    assert stored("AIR-1") == {
        "a34004": [("2026-01-01T00:00:00", 35.0, 5)],
        "a34002": [("2026-01-01T00:00:00", 7.0, 2)],
    }


def test_a_wrong_password_stores_nothing_and_is_told_so(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(pw="654321")))

        answer = decode(line.hear())

    assert answer.cn == "9011"
    assert answer.data is not None
    assert answer.data.fields["QnRtn"] == "3"
    assert stored("AIR-1") == {}
    assert eventually_true(
        lambda: DeviceFrame.objects.filter(device=logger, verdict="wrong-secret").exists()
    )


def test_an_unknown_device_is_counted_and_listed_and_stores_nothing(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(mn="STRANGER-1")) * 2)

        answers = line.hear_until(2, b"\r\n")

    assert answers.count(b"QnRtn=4") == 2
    assert b"9014" not in answers
    assert eventually_true(lambda: UnknownDevice.objects.filter(address="STRANGER-1").exists())
    stranger = UnknownDevice.objects.get(address="STRANGER-1")
    assert (stranger.protocol, stranger.peer, stranger.frames) == ("hj212", "127.0.0.1", 2)
    assert stranger.secret == ""


def test_a_disabled_device_is_refused(ports: Ports):
    device("hj212", MN, "AIR-1", STREAMS, secret=PW, enabled=False)
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said()))

        assert b"QnRtn=2" in line.hear()
    assert stored("AIR-1") == {}


def test_parts_of_a_split_message_are_kept_one_by_one(ports: Ports):
    names = tuple(f"a{n:05}" for n in range(60))
    device("hj212", MN, "AIR-1", names, secret=PW)
    values = ";".join(f"{name}-Avg={n}.125,{name}-Flag=N" for n, name in enumerate(names))
    parts = split(said("2061", values))
    with Line(ports.of["hj212"]) as line:
        for part in parts:
            line.send(encode(part))

        answers = line.hear_until(len(parts), b"\r\n")

    assert len(parts) > 1
    assert answers.count(b"CN=9014") == len(parts)
    assert len(stored("AIR-1")) == 60


def test_every_value_is_stored_duplicate_or_kept_with_its_reason(ports: Ports, logger):
    before = rows(ports)
    values = "a34004-Rtd=1;a34002-Rtd=x;zzz-Rtd=2"
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(values=values)) + encode(said(values=values)))
        line.hear_until(2, b"\r\n")

    after = rows(ports)

    assert {fate: after[fate] - before.get(fate, 0) for fate in after} == {
        "stored": 1,
        "duplicate": 1,
        "rejected": 4,
    }
    kept = Rejection.objects.filter(entrance="hj212").values_list("code", flat=True)
    assert sorted(kept) == ["not-a-number", "not-a-number", "unknown-property", "unknown-property"]


def rows(ports: Ports) -> dict[str, int]:
    """Rows of this protocol by what became of them, since the process began."""
    text = httpx.get(f"{ports.http}/metrics", trust_env=False).text
    found = {}
    for line in text.splitlines():
        if line.startswith('chengshu_ingest_rows_total{entrance="hj212"'):
            name, value = line.rsplit(" ", 1)
            found[name.split('fate="')[1].rstrip('"}')] = int(float(value))
    return found


def test_a_frame_of_the_far_future_is_kept_as_rejected(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said(data=Data("DataTime=20990101000000;a34004-Rtd=1"))))

        assert b"CN=9014" in line.hear()
    assert Rejection.objects.get(entrance="hj212").code == "far-future"


def test_the_log_has_both_directions_without_the_password(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        line.send(encode(said()))
        line.hear()

    assert eventually_true(lambda: DeviceFrame.objects.filter(device=logger).count() == 2)
    up, down = DeviceFrame.objects.filter(device=logger).order_by("direction")[::-1]
    assert (up.verdict, down.verdict) == ("taken", "sent")
    assert up.decoded["fields"]["MN"] == MN
    for frame in (up, down):
        assert PW.encode() not in bytes(frame.octets)
        assert PW not in json.dumps(frame.decoded)


def test_the_log_of_a_device_is_bounded(ports: Ports, logger):
    with Line(ports.of["hj212"]) as line:
        for _ in range(5):
            line.send(encode(said()) * 60)
            line.hear_until(60, b"\r\n")

    assert eventually_true(lambda: 150 <= DeviceFrame.objects.filter(device=logger).count() <= 250)


def test_public_frames_as_one_broken_stream_leave_the_line_alive(
    ports: Ports, logger, shared: Path
):
    vectors = json.loads((shared / "protocols/vectors/public/hj212.json").read_text())
    frames = [v["frame_ascii"].encode() for v in vectors if "frame_ascii" in v]
    with Line(ports.of["hj212"]) as line:
        for frame in frames[:15]:
            line.send(frame[: len(frame) // 2])
            line.send(frame[len(frame) // 2 :] + b"\x00\xff")

        line.send(encode(said()))

        assert b"CN=9014" in line.hear_until(1, b"CN=9014")
    assert len(stored("AIR-1")["a34004"]) == 1
