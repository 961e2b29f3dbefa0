"""What the embedded broker promises a client that connects."""

from typing import Any

from chengshu.protocols.mqtt.packets import V3, V5, Connect, Properties

from .limits import Limits

PATIENCE = 1.5
"""Keep-alive periods of silence before a client counts as gone, clause 3.1.2.10."""


def silence_seconds(packet: Connect, limits: Limits) -> float:
    return PATIENCE * (packet.keep_alive if _is_kept(packet, limits) else limits.keep_alive)


def keep_seconds(packet: Connect, limits: Limits) -> int:
    """How long the session outlives its connection."""
    if packet.version == V3:
        return 0 if packet.clean else limits.session_seconds
    asked = packet.properties.get("session_expiry", 0)
    assert isinstance(asked, int)
    return min(asked, limits.session_seconds)


def promises(packet: Connect, client_id: str, limits: Limits) -> Properties:
    """The properties of CONNACK; 3.1.1 has none."""
    if packet.version != V5:
        return {}
    said: dict[str, Any] = {
        "receive_maximum": limits.in_flight,
        "maximum_packet": limits.packet,
        "retain_available": 0,
        "subscription_available": 0,
        "shared_available": 0,
        "session_expiry": keep_seconds(packet, limits),
    }
    if not _is_kept(packet, limits):
        said["server_keep_alive"] = limits.keep_alive
    if not packet.client_id:
        said["assigned_client_id"] = client_id
    return said


def _is_kept(packet: Connect, limits: Limits) -> bool:
    """Whether the keep-alive that the client asks for is good for us."""
    return 0 < packet.keep_alive <= limits.keep_alive
