"""Where the city's broker is and how to speak to it."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from chengshu.kit.errors import Terminal
from chengshu.protocols.mqtt.packets import V3, V5, Connect, Subscribe

PORTS = {"mqtt": 1883, "mqtts": 8883}
VERSIONS = {"3": V3, "5": V5}
GROUP = "chengshu"
TOPICS = ("chengshu/+", "chengshu/+/+", "v1.1/Observations", "v1.1/+/Observations")
QOS = 1
SESSION_SECONDS = 7 * 86_400
AT_ONCE = 20_000
"""Messages that the broker may send before one of them is acknowledged (5.0 only)."""
KEEP_ALIVE = 60


class BadBroker(Terminal):
    """The settings of the city's broker cannot be used; the message says which and why."""

    code = "bad-mqtt-broker"


@dataclass(frozen=True)
class Address:
    """Where the broker is and how to speak to it."""

    host: str
    port: int
    is_secure: bool
    user: str | None
    password: str | None
    version: int
    group: str

    @classmethod
    def read(cls, url: str) -> Self:
        """From ``mqtt://user:password@host:port?version=3&share=group``; raises BadBroker.

        An empty ``share`` is for brokers without shared subscriptions.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadBroker(f"CHENGSHU_MQTT_URL cannot be read: {error}") from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadBroker("CHENGSHU_MQTT_URL is not mqtt://host or mqtts://host")
        options = parse_qs(parts.query, keep_blank_values=True)
        version = VERSIONS.get(options.get("version", ["5"])[0])
        if version is None:
            raise BadBroker("CHENGSHU_MQTT_URL: version is 3 or 5")
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            is_secure=parts.scheme == "mqtts",
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            version=version,
            group=options.get("share", [GROUP])[0],
        )

    def subscribe(self) -> Subscribe:
        prefix = f"$share/{self.group}/" if self.group else ""
        return Subscribe(1, tuple((prefix + topic, QOS) for topic in TOPICS))

    def connect(self, client_id: str, largest: int) -> Connect:
        properties = {
            "session_expiry": SESSION_SECONDS,
            "receive_maximum": AT_ONCE,
            "maximum_packet": largest,
        }
        return Connect(
            client_id,
            self.version,
            clean=False,
            keep_alive=KEEP_ALIVE,
            user=self.user,
            password=None if self.password is None else self.password.encode(),
            properties=properties if self.version == V5 else {},
        )
