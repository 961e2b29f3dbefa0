"""JT/T 808 over a real socket against a real ingest process."""

import json
from pathlib import Path

import pytest

from chengshu.hub.sensing.models import DeviceFrame
from chengshu.protocols.jt808 import Header, Item, Location, Message, Reader, decode, encode
from chengshu.protocols.jt808 import split as parted
from chengshu.protocols.jt808.bodies import (
    Authentication,
    Body,
    DriverIdentity,
    Empty,
    GeneralReply,
    LocationBatch,
    Raw,
    Register,
    RegisterReply,
    Resend,
)

from .lines import Line, Ports, device, eventually_true, stored

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = "013800138000"
STREAMS = ("lon", "lat", "speed", "direction", "altitude", "alarm", "status", "mileage")


def message(message_id: int, body: Body, serial: int = 1, phone: str = PHONE) -> Message:
    return Message(Header(message_id, phone, serial), body)


def location(clock: str = "260101080000", **facts: object) -> Location:
    given = {
        "alarm": 1,
        "status": 3,
        "latitude_raw": 31_230_400,
        "longitude_raw": 121_473_700,
        "altitude": 12,
        "speed": 605,
        "course": 90,
        "time_digits": clock,
        "items": (Item(1, (12345).to_bytes(4, "big")),),
    }
    return Location(**(given | facts))  # type: ignore[arg-type]


class Vehicle(Line):
    """A terminal that keeps what it hears."""

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports.of["jt808"])
        self._frames = Reader()
        self._heard: list[Message] = []

    def say(self, one: Message) -> None:
        self.send(encode(one))

    def next(self) -> Message:
        while not self._heard:
            octets = self.hear()
            assert octets, "nothing more was said"
            self._heard += [decode(f) for f in self._frames.feed(octets) if isinstance(f, bytes)]
        return self._heard.pop(0)

    def ask(self, one: Message) -> Body:
        self.say(one)
        return self.next().body

    def register(self, **facts: object) -> RegisterReply:
        given = {
            "province": 31,
            "city": 100,
            "maker": "MAKER",
            "model": "M1",
            "terminal_id": "T000001",
            "plate_color": 2,
            "plate": "沪A12345",
        }
        answer = self.ask(message(0x0100, Register(**(given | facts))))  # type: ignore[arg-type]
        assert isinstance(answer, RegisterReply)
        return answer

    def sign_on(self) -> None:
        code = self.register().auth_code
        answer = self.ask(message(0x0102, Authentication(code)))
        assert isinstance(answer, GeneralReply)
        assert answer.result == 0


@pytest.fixture
def vehicle():
    return device("jt808", PHONE.lstrip("0"), "BUS-1", STREAMS)


def test_a_terminal_registers_authenticates_and_is_located(ports: Ports, vehicle):
    with Vehicle(ports) as bus:
        bus.sign_on()

        answer = bus.ask(message(0x0200, location(), serial=7))

    assert answer == GeneralReply(7, 0x0200, 0)
    at = "2026-01-01T00:00:00"
    assert stored("BUS-1") == {
        "lon": [(at, 121.4737, 0)],
        "lat": [(at, 31.2304, 0)],
        "speed": [(at, 60.5, 0)],
        "direction": [(at, 90.0, 0)],
        "altitude": [(at, 12.0, 0)],
        "alarm": [(at, 1.0, 0)],
        "status": [(at, 3.0, 0)],
        "mileage": [(at, 1234.5, 0)],
    }


def test_coordinates_that_are_not_of_now_are_uncertain(ports: Ports, vehicle):
    with Vehicle(ports) as bus:
        bus.sign_on()
        bus.ask(message(0x0200, location(status=1)))

    assert [rows[0][2] for name, rows in stored("BUS-1").items() if name in ("lon", "speed")] == [
        1,
        0,
    ]


def test_each_location_of_a_batch_has_its_own_time(ports: Ports, vehicle):
    batch = LocationBatch(3, 1, tuple(location(f"26010108{n:02}00", speed=n) for n in range(3)))
    with Vehicle(ports) as bus:
        bus.sign_on()
        answer = bus.ask(message(0x0704, batch, serial=9))

    assert answer == GeneralReply(9, 0x0704, 0)
    assert [at[11:16] for at, _v, _q in stored("BUS-1")["speed"]] == ["00:00", "00:01", "00:02"]


def test_an_unknown_terminal_is_told_that_there_is_none(ports: Ports):
    stranger = Register(31, 100, "MAKER", "M1", "T000001", 2, "沪A12345")
    with Vehicle(ports) as bus:
        answer = bus.ask(message(0x0100, stranger, phone="013700000000"))

    assert answer == RegisterReply(1, 4, "")


@pytest.mark.parametrize(
    ("settings", "result"), [({"terminal_id": "OTHER"}, 3), ({"plate": "沪B00000"}, 2)]
)
def test_another_terminal_or_vehicle_on_the_same_number_is_refused(ports: Ports, settings, result):
    device("jt808", PHONE.lstrip("0"), "BUS-1", STREAMS, settings=settings)
    with Vehicle(ports) as bus:
        assert bus.register().result == result


def test_a_wrong_code_and_a_location_before_authentication_fail(ports: Ports, vehicle):
    with Vehicle(ports) as bus:
        early = bus.ask(message(0x0200, location(), serial=2))
        wrong = bus.ask(message(0x0102, Authentication("guess"), serial=3))
        still = bus.ask(message(0x0200, location(), serial=4))

    assert [answer.result for answer in (early, wrong, still)] == [1, 1, 1]  # type: ignore[union-attr]
    assert stored("BUS-1") == {}


def test_a_code_that_an_operator_entered_is_taken_without_registration(ports: Ports):
    device("jt808", PHONE.lstrip("0"), "BUS-1", STREAMS, secret="OPERATOR1")
    with Vehicle(ports) as bus:
        assert bus.ask(message(0x0102, Authentication("OPERATOR1"))) == GeneralReply(1, 0x0102, 0)


def test_a_terminal_that_pretends_to_be_another_is_refused(ports: Ports, vehicle):
    device("jt808", "13900139000", "BUS-2", ("speed",))
    with Vehicle(ports) as bus:
        bus.sign_on()
        answer = bus.ask(message(0x0200, location(), serial=5, phone="013900139000"))

    assert answer == GeneralReply(5, 0x0200, 1)
    assert stored("BUS-2") == {}


def test_parts_of_a_message_make_one_that_is_answered_after_the_commit(ports: Ports, vehicle):
    batch = LocationBatch(60, 0, tuple(location(f"26010108{n:02}00") for n in range(60)))
    parts = parted(message(0x0704, batch, serial=20))
    with Vehicle(ports) as bus:
        bus.sign_on()
        answers = [bus.ask(part) for part in parts]

    assert len(parts) > 1
    assert {answer.result for answer in answers} == {0}  # type: ignore[union-attr]
    assert len(stored("BUS-1")["speed"]) == 60


def test_a_part_that_did_not_come_is_asked_for(ports: Ports, vehicle):
    batch = LocationBatch(60, 0, tuple(location(f"26010108{n:02}00") for n in range(60)))
    first, *others = parted(message(0x0704, batch, serial=20))
    with Vehicle(ports) as bus:
        bus.sign_on()
        for part in others:
            bus.ask(part)

        asked = bus.next().body
        bus.ask(first)

    assert isinstance(asked, Resend)
    assert (asked.original_serial, asked.missing) == (20, (1,))
    assert len(stored("BUS-1")["speed"]) == 60


def test_a_terminal_set_to_2013_is_answered_in_that_layout(ports: Ports):
    device("jt808", PHONE.lstrip("0"), "BUS-1", STREAMS, settings={"force_2013": True})
    header = Header(0x0002, PHONE.zfill(20), 1, version_flag=True, protocol_version=1)
    with Vehicle(ports) as bus:
        bus.say(Message(header, Empty()))
        answer = bus.next()

    assert answer.header.protocol_version is None
    assert answer.header.phone == PHONE


def test_pictures_are_refused_and_a_log_out_ends_the_connection(ports: Ports, vehicle):
    with Vehicle(ports) as bus:
        bus.sign_on()
        picture = bus.ask(message(0x0801, Raw(bytes(8 + 28) + b"JPEG"), serial=3))
        bus.ask(message(0x0003, Empty(), serial=4))

        assert bus.is_closed()
    assert picture == GeneralReply(3, 0x0801, 3)


def test_codes_and_drivers_do_not_stand_in_the_log(ports: Ports, vehicle):
    driver = DriverIdentity(1, "260101080000", 0, "张三", "CERT123456", "运管处", "20300101")
    with Vehicle(ports) as bus:
        bus.sign_on()
        code = bus.register().auth_code
        bus.ask(message(0x0702, driver, serial=8))

    assert eventually_true(lambda: DeviceFrame.objects.filter(device=vehicle).count() >= 8)
    for frame in DeviceFrame.objects.filter(device=vehicle):
        text = json.dumps(frame.decoded, ensure_ascii=False)
        assert code not in text
        assert "CERT123456" not in text
        assert "张三" not in text
        assert code.encode() not in bytes(frame.octets)
        assert b"CERT123456" not in bytes(frame.octets)


def test_public_frames_as_one_broken_stream_leave_the_line_alive(
    ports: Ports, vehicle, shared: Path
):
    vectors = json.loads((shared / "protocols/vectors/public/jt808.json").read_text())
    frames = [bytes.fromhex(v["frame_hex"]) for v in vectors if "frame_hex" in v]
    with Vehicle(ports) as bus:
        for frame in frames[:15]:
            bus.send(frame[: len(frame) // 2])
            bus.send(frame[len(frame) // 2 :] + b"\x00\xff")
        bus.say(message(0x0100, Register(31, 100, "M", "M1", "T1", 2, "A")))

        answer = bus.next()
        while answer.header.phone != PHONE or not isinstance(answer.body, RegisterReply):
            answer = bus.next()

    assert answer.body.result == 0
