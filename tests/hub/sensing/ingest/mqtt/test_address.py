import pytest

from chengshu.hub.sensing.ingest.mqtt.address import Address, BadBroker
from chengshu.protocols.mqtt.packets import V3, V5


def test_an_address_names_host_and_login():
    address = Address.read("mqtt://city:p%40ss@broker.example:11883")

    assert (address.host, address.port, address.is_secure) == ("broker.example", 11883, False)
    assert (address.user, address.password) == ("city", "p@ss")


@pytest.mark.parametrize(("url", "port"), [("mqtt://b", 1883), ("mqtts://b", 8883)])
def test_the_port_follows_from_the_scheme(url: str, port: int):
    assert Address.read(url).port == port


def test_subscriptions_are_shared_by_several_processes():
    wanted = Address.read("mqtt://b").subscribe()

    assert wanted.filters[0] == ("$share/chengshu/chengshu/+", 1)


def test_a_broker_without_shared_subscriptions_is_asked_for_plain_ones():
    wanted = Address.read("mqtt://b?share=").subscribe()

    assert wanted.filters[0] == ("chengshu/+", 1)


@pytest.mark.parametrize(("options", "version"), [("", V5), ("?version=5", V5), ("?version=3", V3)])
def test_the_session_outlives_the_process_in_either_version(options: str, version: int):
    connect = Address.read(f"mqtt://b{options}").connect("me", 1000)

    assert connect.version == version
    assert not connect.clean
    assert ("session_expiry" in connect.properties) is (version == V5)


@pytest.mark.parametrize(
    "url",
    ["http://b", "mqtt://", "b:1883", "mqtt://b:port", "mqtt://b:99999", "mqtt://b?version=4"],
)
def test_other_addresses_are_refused(url: str):
    with pytest.raises(BadBroker):
        Address.read(url)
