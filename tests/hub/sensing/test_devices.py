"""The ledger of devices: registering, changing, secrets, adopting, its pages."""

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.policy import Actor, System
from chengshu.core.audit.models import AuditLine
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.writing import Clash, WrongValues
from chengshu.hub.sensing.actions.devices import (
    NoTerminal,
    adopt_device,
    change_device,
    disable_device,
    register_device,
    rotate_secret,
)
from chengshu.hub.sensing.models import Device, DeviceFrame, UnknownDevice
from chengshu.hub.sensing.models.secrets import is_secret
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import make_grant, make_user

from .factories import terminal

pytestmark = pytest.mark.django_db
VERBS = ("add", "change", "adopt", "disable")
BY = System(
    "engineer",
    frozenset(
        {
            *(f"sensing.{verb}_device" for verb in VERBS),
            "sensing.rotate_device_secret",
            "sensing.view_terminal",
        }
    ),
)


def registered(by: Actor = BY, **facts: object) -> Device:
    given = {"protocol": "hj212", "address": "MN1", "secret": "123456", "terminal": terminal()}
    made = register_device(by=by, **(given | facts))  # type: ignore[arg-type]
    return Device.objects.get(pk=made.pk)


def test_a_secret_can_be_compared_and_not_be_seen():
    device = registered()

    assert str(device.secret) == ""
    assert is_secret("123456", device.secret.kept)
    assert "123456" not in device.secret.kept
    assert "123456" not in str(AuditLine.objects.values_list("details", flat=True))


def test_changing_without_a_secret_keeps_it():
    device = change_device(registered(), by=BY, secret="", enabled=False)

    assert is_secret("123456", Device.objects.get(pk=device.pk).secret.kept)


def test_a_rotated_secret_is_no_longer_known():
    device = rotate_secret(registered(), by=BY)

    assert not is_secret("123456", Device.objects.get(pk=device.pk).secret.kept)


def test_a_disabled_device_stays_in_the_ledger():
    disable_device(registered(), by=BY)

    assert not Device.objects.get().enabled


def test_two_devices_cannot_have_one_address():
    registered()

    with pytest.raises((Clash, WrongValues)):
        register_device(
            by=BY, protocol="hj212", address="MN1", secret="1", terminal=None, code="other"
        )


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"secret": ""}, "secret"),
        ({"address": "a b"}, "address"),
        ({"settings": {"unknown": 1}}, "settings"),
        ({"settings": {"factors": {"a": "x"}}}, "settings"),
        ({"settings": {"zone": "Nowhere"}}, "settings"),
        ({"settings": {"flags": {"N": "fine"}}}, "settings"),
        ({"settings": []}, "settings"),
        ({"protocol": "gb26875", "address": "1", "settings": {"terminals": {"1.1": "X"}}}, ""),
    ],
)
def test_what_cannot_be_registered_is_refused_by_field(facts, field):
    with pytest.raises(WrongValues) as refusal:
        registered(**facts)

    assert set(refusal.value.problems) == {field or "settings"}


def test_a_vehicle_is_known_by_its_number_without_leading_zeros():
    assert registered(protocol="jt808", address="013800138000", secret="").address == "13800138000"


def test_who_may_not_register_does_not():
    with pytest.raises(NotAllowed):
        registered(by=System("nobody", frozenset()))


def unknown(address: str) -> UnknownDevice:
    now = timezone.now()
    made = UnknownDevice.objects.create(
        code=f"hj212-{address}", protocol="hj212", address=address, peer="10.0.0.9",
        secret="654321", first_at=now, last_at=now, frames=3,
    )  # fmt: skip
    return UnknownDevice.objects.get(pk=made.pk)


def test_an_unknown_device_is_registered_as_it_speaks():
    terminal("T9")

    device = adopt_device(unknown("T9"), by=BY)

    assert is_secret("654321", Device.objects.get(pk=device.pk).secret.kept)
    assert not UnknownDevice.objects.exists()


def test_an_unknown_device_without_a_terminal_is_not_registered():
    with pytest.raises(NoTerminal) as refusal:
        adopt_device(unknown("T9"), by=BY)

    assert isinstance(refusal.value, Conflict)
    assert UnknownDevice.objects.exists()


def test_the_page_of_a_device_shows_its_log_and_never_its_secret(client: Client):
    device = registered()
    DeviceFrame.objects.create(
        device=device,
        at=timezone.now(),
        direction="up",
        octets=b"##0101QN=1;PW=******&&1C80\r\n",
        decoded={"message": "2011 real-time data"},
        verdict="taken",
    )
    user = make_user("viewer")
    make_grant(user, "sensing.*")
    client.force_login(user)

    page = client.get(ledgers["sensing.devices"].address_of(device)).content.decode()
    form = client.get(f"{ledgers['sensing.devices'].address_of(device)}change/").content.decode()

    assert "2011 real-time data" in page
    assert device.secret.kept not in page + form
