"""How much one client, and all of them, may ask of the process."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    connections: int = 10_000
    strangers: int = 2_000
    """Connections without a CONNECT yet; the oldest of them gives way to the next."""
    first_packet: int = 16 * 1024
    packet: int = 1024 * 1024
    in_flight: int = 1_000
    """Messages of one client that are not durable yet; further ones are not read."""
    waiting: int = 64 * 1024 * 1024
    """Payloads of all clients that are not durable yet; further ones are not read."""
    unread: int = 1024 * 1024
    """Bytes that a slow subscriber leaves unread before it misses messages."""
    slow_seconds: float = 60
    """How long a client may leave its answers unread."""
    filters: int = 100
    sessions: int = 20_000
    session_seconds: int = 3600
    connect_seconds: float = 10
    keep_alive: int = 3600
    """The longest silence that a client may ask for; those that ask for none get it too."""
    look_seconds: float = 1
    tell_seconds: float = 1
    """How often the lake is looked at for those who listen to what became durable."""
    rights_seconds: float = 60
    """How long a withdrawn right to listen still works."""
